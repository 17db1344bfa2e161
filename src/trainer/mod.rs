//! The interface that all trainers share.
//!
//! There are three: [`ReferenceTrainer`](crate::reference::ReferenceTrainer),
//! [`CpuTrainer`](crate::cpu::CpuTrainer) and [`GpuTrainer`](crate::gpu::GpuTrainer).
//! [`AnyTrainer`](crate::compute::AnyTrainer) is either of the last two.

use std::ops::ControlFlow;

use crate::data::Dataset;
use crate::model::{Network, Recipe, StepMetrics, StepRates, TrainingState};

/// What a trainer is made from: a network, and the models of it that are trained in parallel, each
/// with its own seed.
#[derive(Clone)]
pub struct TrainingTask<'a> {
    /// The network.
    pub network: &'a Network,
    /// The recipe it is trained by.
    pub recipe: &'a Recipe,
    /// The rates of every step, the first one of the training included where it is continued; see
    /// [`step_rates`](crate::train::step_rates).
    pub rates: &'a [StepRates],
    /// The digits it is trained on.
    pub data: &'a Dataset,
    /// One seed per model, which decides the order of its digits and their distortions.
    pub seeds: Vec<u32>,
    /// The state that each model continues from, in the order of the seeds, all after the same number
    /// of steps; a new model continues from [`TrainingState::start`].
    pub states: Vec<TrainingState>,
}

impl TrainingTask<'_> {
    /// The number of steps that every model has made.
    ///
    /// # Panics
    /// If there is no seed, if there is not one state per seed, or if the states differ in their
    /// number of steps.
    pub fn step(&self) -> usize {
        let (seeds, states) = (self.seeds.len(), self.states.len());
        assert!(seeds > 0, "a task has at least one seed");
        assert_eq!(states, seeds, "states of {seeds} models");
        let step = self.states[0].step;
        let together = self.states.iter().all(|state| state.step == step);
        assert!(together, "the models are not at the same step");
        step
    }
}

/// Trains the models of a [`TrainingTask`].
pub trait Trainer {
    /// What can go wrong while it computes; `Infallible` on the processor.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Renews the estimate of the second derivatives that SDLM divides its rates by. Due before the
    /// first step of each pass; does nothing for other optimisers.
    ///
    /// # Errors
    /// If the adapter fails.
    fn estimate_second_derivatives(&mut self) -> Result<(), Self::Error>;

    /// Makes the next `steps` updates of every model. `report` is given the metrics [step][model] of
    /// some steps at a time, as they arrive. After it breaks, no further steps are begun; those under
    /// way are completed and reported.
    ///
    /// # Errors
    /// If the adapter fails.
    ///
    /// # Panics
    /// If the task has no rates for so many steps.
    fn run(
        &mut self,
        steps: usize,
        report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>,
    ) -> Result<(), Self::Error>;

    /// The states after the updates so far, in the order of the seeds.
    ///
    /// # Errors
    /// If the adapter fails.
    fn states(&self) -> Result<Vec<TrainingState>, Self::Error>;
}
