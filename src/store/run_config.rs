//! `config.json`: everything a run was started with.

use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::gpu::Variant;
use crate::model::{DataRecord, InvalidValue, Recipe};

/// Everything a run was started with, as `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Version of the program that started it.
    pub version: String,
    /// The recipe, every value of it.
    pub recipe: Recipe,
    /// Seed of the initial weights, of the order of the digits and of their distortions.
    pub seed: u32,
    /// The seeds of all runs that were started together, each in a folder beside the others; `None` of a
    /// run by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<Range<u32>>,
    /// Folder of the IDX files, as an absolute path in UTF-8; none for the embedded set.
    pub data: Option<PathBuf>,
    /// The digits it was trained on; `None` in runs of version 0.1.0.
    #[serde(default)]
    pub trained_on: Option<DataRecord>,
    /// Number of training digits held out for validation, the last ones of the set.
    pub validation: usize,
    /// Number of training digits used, the first ones of the set; all of them if `None`.
    pub samples: Option<usize>,
    /// Passes between checkpoints.
    pub checkpoint_every: usize,
    /// The adapter as it was asked for.
    pub adapter_choice: String,
    /// The adapter it ran on.
    pub adapter: String,
    /// How the adapter's kernels divided their work; `None` on the CPU path.
    #[serde(default)]
    pub variant: Option<Variant>,
    /// How often the number of passes was raised while the run was resumed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raises: Vec<Raise>,
}

/// A change of the number of passes. From its step on the rates are those of the longer schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// Steps made before.
    pub step: usize,
    /// The number of passes before.
    pub passes: usize,
}

impl RunConfig {
    /// Checks that every number makes sense.
    ///
    /// # Errors
    /// The first value that does not.
    pub fn check(&self) -> Result<(), InvalidValue> {
        self.recipe.check()?;
        if self.checkpoint_every == 0 {
            return Err(InvalidValue::new("checkpoint_every", 0, "at least 1"));
        }
        if self.samples == Some(0) {
            return Err(InvalidValue::new("samples", 0, "at least 1"));
        }
        Ok(())
    }

    /// The settings of the run of `seed` that was started together with this one.
    pub fn of_seed(&self, seed: u32) -> Self {
        Self {
            seed,
            ..self.clone()
        }
    }

    /// `later`, settings that the run has from `step` on; where it is made longer, that is recorded.
    pub fn followed_by(&self, step: usize, later: &Self) -> Self {
        let passes = self.recipe.passes;
        let raise = (passes != later.recipe.passes).then_some(Raise { step, passes });
        Self {
            raises: self.raises.iter().copied().chain(raise).collect(),
            ..later.clone()
        }
    }
}
