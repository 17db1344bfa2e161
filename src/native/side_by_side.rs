//! Several networks that differ in their seed alone, trained at the same time.
//!
//! Their updates have nothing to do with one another, so the threads share them out: where one
//! network's batch is too small for all threads, as with one digit an update, the others fill them.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::Trainer;
use crate::data::Dataset;
use crate::model::{Network, Recipe, StepMetrics, StepRates, TrainingState};

/// Samples that each of several networks is shown between two reports. They wait for one another
/// at each, so not too few; Ctrl-C is answered at each, so not too many.
const SAMPLES_A_TURN: usize = 8192;

/// Trains one network or several on the processor.
pub struct SideBySide<'a> {
    trainers: Vec<Trainer<'a>>,
    batch: usize,
}

impl<'a> SideBySide<'a> {
    /// A trainer for each seed, which continues from the state at the same place of `states`, with
    /// the widest vectors there are; `rates` has an entry for every step to come.
    pub fn new(
        network: &Network,
        recipe: &'a Recipe,
        rates: &'a [StepRates],
        data: &'a Dataset,
        seeds: &[u32],
        states: Vec<TrainingState>,
    ) -> Self {
        let trainer = |(&seed, state)| Trainer::new(network, recipe, rates, data, seed, state);
        Self {
            trainers: seeds.iter().zip(states).map(trainer).collect(),
            batch: recipe.batch,
        }
    }

    /// As [`Trainer::estimate_second_derivatives`], for each network.
    pub fn estimate_second_derivatives(&mut self) {
        let trainers = self.trainers.par_iter_mut();
        trainers.for_each(Trainer::estimate_second_derivatives);
    }

    /// Makes the next `steps` updates of each network and calls `report` with what they measured
    /// [step][network], some steps at a time, until it breaks.
    pub fn run(&mut self, steps: usize, mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>) {
        if let [alone] = &mut self.trainers[..] {
            return alone.run(steps, report);
        }
        let at_once = SAMPLES_A_TURN.div_ceil(self.batch);
        let mut left = steps;
        while left > 0 {
            let count = left.min(at_once);
            left -= count;
            let trainers = self.trainers.par_iter_mut();
            let measured: Vec<_> = trainers.map(|trainer| all_steps(trainer, count)).collect();
            let by_step = |step| measured.iter().map(move |metrics: &Vec<_>| metrics[step]);
            if report(&(0..count).flat_map(by_step).collect::<Vec<_>>()).is_break() {
                return;
            }
        }
    }

    /// The states after the updates so far, in the order of the seeds.
    pub fn states(&self) -> Vec<TrainingState> {
        self.trainers.iter().map(Trainer::state).collect()
    }
}

/// Makes the next `steps` updates and returns what they measured.
fn all_steps(trainer: &mut Trainer, steps: usize) -> Vec<StepMetrics> {
    let mut all = Vec::with_capacity(steps);
    trainer.run(steps, |metrics| {
        all.extend_from_slice(metrics);
        ControlFlow::Continue(())
    });
    all
}
