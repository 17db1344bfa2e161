//! `config.json`: everything a run was started with.

use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::TeacherSource;
use crate::gpu::Variant;
use crate::model::{DataRecord, InvalidValue, MOST_SEEDS, Recipe};

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
    /// The networks it learns from; `None` where its recipe leaves teachers no share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teachers: Option<TeacherSource>,
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
    /// The settings in the bytes of a `config.json`, checked.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let config: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let checked = config.check();
        checked.map_err(|invalid| invalid.to_string())?;
        Ok(config)
    }

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
        self.check_teachers()?;
        self.check_seeds()
    }

    /// Checks that there are teachers if the recipe leaves them a share, and only then.
    fn check_teachers(&self) -> Result<(), InvalidValue> {
        match (&self.teachers, self.recipe.has_teachers()) {
            (Some(teachers), true) => teachers.check(),
            (None, false) => Ok(()),
            (Some(_), false) => Err(InvalidValue::new(
                "teacher_share",
                0,
                "above 0, for teachers",
            )),
            (None, true) => {
                let share = self.recipe.teacher_share;
                let expected = "0, since there are no teachers";
                Err(InvalidValue::new("teacher_share", share, expected))
            }
        }
    }

    /// Checks that its seed is one of those started together, and that a machine can train as many.
    fn check_seeds(&self) -> Result<(), InvalidValue> {
        match &self.seeds {
            Some(seeds) if !seeds.contains(&self.seed) || seeds.len() > MOST_SEEDS as usize => {
                let expected = format!("at most {MOST_SEEDS} seeds, {} among them", self.seed);
                Err(InvalidValue::new("seeds", format!("{seeds:?}"), expected))
            }
            _ => Ok(()),
        }
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
