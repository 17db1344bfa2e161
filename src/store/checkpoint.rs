//! `checkpoint.safetensors`: everything a run is resumed from.

use std::path::Path;

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::files::write_whole;
use super::model_file::read_bytes;
use super::{RunConfig, RunError};
use crate::model::{InputMoments, Network, Optimiser, Parameters, PassTotals, TrainingState};
use crate::model_file::{ModelError, parse, tensor_bytes, tensor_values};

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
/// Names of the arrays of preconditioning, which are not there if they hold nothing.
const INPUTS: [&str; 2] = ["input_means", "input_inverses"];

impl Checkpoint {
    /// What a run with the settings `config` starts from.
    pub fn first(network: &Network, config: &RunConfig) -> Self {
        Self {
            state: TrainingState::start(network, &config.recipe, config.seed),
            pass: PassTotals::default(),
        }
    }

    /// Writes the checkpoint to `path`, first under a temporary name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), RunError> {
        let InputMoments { means, inverses } = &self.state.inputs;
        let inputs = INPUTS.iter().zip([&means[..], &inverses[..]]);
        let tensors = ARENAS
            .iter()
            .zip(self.state.arenas())
            .chain(inputs.filter(|(_, values)| !values.is_empty()))
            .map(|(name, values)| ((*name).to_owned(), vec![values.len()], values));
        let metadata = Metadata {
            step: self.state.step,
            pass: self.pass,
        };
        write_whole(path, &tensor_bytes(&metadata, tensors))
    }

    /// Whether `bytes` are those of a checkpoint's file, of whatever run.
    pub fn is_in(bytes: &[u8]) -> bool {
        parse::<Metadata>(Path::new(""), bytes).is_ok()
    }

    /// Reads a checkpoint of a run with the settings `config` on `samples` digits.
    ///
    /// # Errors
    /// If the file cannot be read, and as [`Checkpoint::from_bytes`].
    pub fn load(path: &Path, config: &RunConfig, samples: usize) -> Result<Self, ModelError> {
        Self::from_bytes(path, &read_bytes(path)?, config, samples)
    }

    /// The checkpoint in the bytes of a file, which errors call `path`, of a run with the settings
    /// `config` on `samples` digits.
    ///
    /// # Errors
    /// If the file is cut off, belongs to another network or another training, or holds numbers that no
    /// training leads to.
    pub fn from_bytes(
        path: &Path,
        bytes: &[u8],
        config: &RunConfig,
        samples: usize,
    ) -> Result<Self, ModelError> {
        let (metadata, tensors): (Metadata, _) = parse(path, bytes)?;
        let foreign = |reason| ModelError::ForeignCheckpoint {
            path: path.to_owned(),
            reason,
        };
        let network = Network::of(config.recipe.choices);
        let arena_len = Parameters::of(&network).arena_len();
        let array = |name: &str, len| match len {
            0 => Ok(Vec::new()),
            _ => array_of(&tensors, name, len).map_err(foreign),
        };
        let arena = |name: &str| array(name, arena_len);
        let [means, inverses] = InputMoments::lens(&network, &config.recipe);
        let checkpoint = Self {
            state: TrainingState {
                step: metadata.step,
                parameter: arena(ARENAS[0])?,
                first_moment: arena(ARENAS[1])?,
                second_moment: arena(ARENAS[2])?,
                averaged: arena(ARENAS[3])?,
                inputs: InputMoments {
                    means: array(INPUTS[0], means)?,
                    inverses: array(INPUTS[1], inverses)?,
                },
            },
            pass: metadata.pass,
        };
        checkpoint.check(config, samples).map_err(foreign)?;
        Ok(checkpoint)
    }

    /// Checks that a training of `samples` digits with the settings `config` can have led to this.
    fn check(&self, config: &RunConfig, samples: usize) -> Result<(), String> {
        let recipe = &config.recipe;
        let steps_per_pass = samples.div_ceil(recipe.batch);
        let (step, pass) = (self.state.step, &self.pass);
        let steps = recipe.passes.saturating_mul(steps_per_pass);
        if step > steps {
            return Err(format!(
                "it is one after {step} steps, but {} passes over {samples} digits are {steps}",
                recipe.passes
            ));
        }
        let expected = (step % steps_per_pass) * recipe.batch;
        if pass.count != expected {
            return Err(format!(
                "its pass has seen {} digits, expected {expected} after {step} steps",
                pass.count
            ));
        }
        if pass.errors > pass.count || !pass.loss.is_finite() || !(0.0..).contains(&pass.seconds) {
            return Err("what its pass has measured makes no sense".to_owned());
        }
        let is_adam = recipe.optimiser == Optimiser::Adam;
        match self.state.second_moment.iter().find(|&&value| value < 0.0) {
            Some(negative) if is_adam => Err(format!(
                "its tensor '{}' holds {negative}, expected squares",
                ARENAS[2]
            )),
            _ => Ok(()),
        }
    }
}

/// The tensor `name`, `len` finite numbers.
fn array_of(tensors: &SafeTensors, name: &str, len: usize) -> Result<Vec<f32>, String> {
    let values = tensor_values(tensors, name, &[len])?;
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(format!(
            "tensor '{name}' holds {value}, expected finite numbers"
        )),
        None => Ok(values),
    }
}
