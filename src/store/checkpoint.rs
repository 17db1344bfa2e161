//! `checkpoint.safetensors`: everything a run is resumed from.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::model_file::read_bytes;
use super::run_folder::{RunError, write_whole};
use crate::model::{PassTotals, TrainingState};
use crate::model_file::{ModelError, floats, parse, tensor_bytes};

/// A training state, and what the pass under way has measured before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The state.
    pub state: TrainingState,
    /// What the unfinished pass has measured so far; all 0 between two passes.
    pub pass: PassTotals,
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    step: usize,
    pass: PassTotals,
}

/// Names of the arenas in the file.
const ARENAS: [&str; 4] = ["parameter", "first_moment", "second_moment", "averaged"];

impl Checkpoint {
    /// Writes the checkpoint to `path`, first under a temporary name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), RunError> {
        let state = &self.state;
        let arenas = [
            &state.parameter,
            &state.first_moment,
            &state.second_moment,
            &state.averaged,
        ];
        let tensors = ARENAS
            .iter()
            .zip(arenas)
            .map(|(name, arena)| ((*name).to_owned(), vec![arena.len()], &arena[..]));
        let metadata = Metadata {
            step: state.step,
            pass: self.pass,
        };
        write_whole(path, &tensor_bytes(&metadata, tensors))
    }

    /// Reads a checkpoint of a network whose arena has `arena_len` values.
    ///
    /// # Errors
    /// If the file cannot be read, is cut off, or belongs to another network.
    pub fn load(path: &Path, arena_len: usize) -> Result<Self, ModelError> {
        let bytes = read_bytes(path)?;
        let (metadata, tensors): (Metadata, _) = parse(path, &bytes)?;
        let arena = |name: &str| {
            let values = tensors.tensor(name).map(|tensor| floats(tensor.data()));
            match values {
                Ok(values) if values.len() == arena_len => Ok(values),
                _ => Err(ModelError::Foreign {
                    path: path.to_owned(),
                    reason: format!("it has no tensor '{name}' of {arena_len} values"),
                }),
            }
        };
        Ok(Self {
            state: TrainingState {
                step: metadata.step,
                parameter: arena(ARENAS[0])?,
                first_moment: arena(ARENAS[1])?,
                second_moment: arena(ARENAS[2])?,
                averaged: arena(ARENAS[3])?,
            },
            pass: metadata.pass,
        })
    }
}
