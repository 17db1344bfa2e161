//! What a measured trainer is given.

use anyhow::Result;

use crate::data::Mnist;
use crate::model::{Network, Recipe, TrainingState};
use crate::train::{Preset, Schedule, step_rates};
use crate::trainer::TrainingTask;

/// Steps that a measured trainer has rates for.
pub(super) const MOST_STEPS: usize = 1_000_000;

/// A recipe at some batch size, with the rates of enough steps to measure.
pub struct Workload<'a> {
    /// The network.
    pub network: Network,
    /// The recipe, with as many passes as make the steps.
    pub recipe: Recipe,
    /// The rates of all steps.
    pub rates: Schedule,
    /// The digits.
    pub data: &'a Mnist,
    /// Seed of initial weights and order.
    pub seed: u32,
}

impl<'a> Workload<'a> {
    /// `preset` with updates of `batch` samples, for at least `steps` steps.
    ///
    /// # Errors
    /// If `batch` is not a batch size.
    pub fn new(
        data: &'a Mnist,
        preset: Preset,
        batch: usize,
        steps: usize,
        seed: u32,
    ) -> Result<Self> {
        let mut recipe = recipe_of(preset, batch)?;
        recipe.passes = steps.div_ceil(data.train.len().div_ceil(batch));
        Ok(Self {
            network: Network::of(recipe.choices),
            rates: step_rates(&recipe, data.train.len()),
            recipe,
            data,
            seed,
        })
    }

    /// The default recipe with its own batch size, for one step.
    ///
    /// # Errors
    /// None: the recipe makes sense.
    pub fn first_step(data: &'a Mnist, seed: u32) -> Result<Self> {
        let preset = Preset::Default;
        Self::new(data, preset, preset.recipe().batch, 1, seed)
    }

    /// The state that training starts from.
    pub fn state(&self) -> TrainingState {
        TrainingState::start(&self.network, &self.recipe, self.seed)
    }

    /// Training of one model for each of `seeds`, from its start.
    pub fn task(&self, seeds: Vec<u32>) -> TrainingTask<'_> {
        let start = |&seed: &u32| TrainingState::start(&self.network, &self.recipe, seed);
        TrainingTask {
            network: &self.network,
            recipe: &self.recipe,
            rates: &self.rates,
            data: &self.data.train,
            states: seeds.iter().map(start).collect(),
            seeds,
            teachers: Vec::new(),
        }
    }

    /// Training of one model from the workload's seed.
    pub fn single_task(&self) -> TrainingTask<'_> {
        self.task(vec![self.seed])
    }
}

/// `preset` with updates of `batch` samples.
///
/// # Errors
/// If `batch` is not a batch size, or the recipe needs teachers.
pub fn recipe_of(preset: Preset, batch: usize) -> Result<Recipe> {
    let recipe = Recipe {
        batch,
        ..preset.recipe_alone()?
    };
    recipe.check()?;
    Ok(recipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::trainer::Rates;

    #[test]
    fn a_small_set_has_rates_for_as_many_steps_as_a_large_one() {
        for samples in [1, 64, 6_000] {
            let set = || Dataset::new(vec![0; samples * 784], vec![0; samples]).unwrap();
            let data = Mnist {
                train: set(),
                test: set(),
                source: String::new(),
                remarks: Vec::new(),
            };
            let workload = Workload::new(&data, Preset::Default, 64, 5_000, 0).unwrap();
            assert!(workload.rates.steps() >= 5_000, "{samples} samples");
        }
    }

    #[test]
    fn no_batch_of_0() {
        assert!(recipe_of(Preset::Default, 0).is_err());
        assert!(recipe_of(Preset::Default, 64).is_ok());
    }
}
