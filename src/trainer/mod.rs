//! What all trainers have in common: what they are made from, and what can be asked of them.
//!
//! There are three: [`ReferenceTrainer`](crate::reference::ReferenceTrainer),
//! [`CpuTrainer`](crate::cpu::CpuTrainer) and [`GpuTrainer`](crate::gpu::GpuTrainer); and
//! [`AnyTrainer`](crate::compute::AnyTrainer), which is one of the latter two.

use std::ops::ControlFlow;

use crate::data::Dataset;
use crate::model::{Network, Recipe, StepMetrics, StepRates, TrainingState};

/// What a trainer is made from: one network, to be trained from one seed or from several at once.
#[derive(Clone)]
pub struct TrainingTask<'a> {
    /// The network.
    pub network: &'a Network,
    /// How it is trained.
    pub recipe: &'a Recipe,
    /// The rates of every step from the very first on; see
    /// [`step_rates`](crate::train::step_rates).
    pub rates: &'a [StepRates],
    /// The digits it is trained on.
    pub data: &'a Dataset,
    /// One seed per model: of its order of the digits and of its distortions.
    pub seeds: Vec<u32>,
    /// The state that each model continues from, in the order of the seeds. All have made the same
    /// number of steps.
    pub states: Vec<TrainingState>,
}

impl TrainingTask<'_> {
    /// The number of steps that all models have made.
    ///
    /// # Panics
    /// If there is no seed, not one state per seed, or the states are not all of the same step.
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
    /// What can go wrong while it computes.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Renews SDLM's estimate of the second derivatives; due before the first step of each pass.
    /// Other optimisers have none, and nothing is done.
    ///
    /// # Errors
    /// If what computes fails.
    fn estimate_second_derivatives(&mut self) -> Result<(), Self::Error>;

    /// Makes the next `steps` updates of every model. `report` is called with the metrics
    /// [step][model] of some steps at a time, as they arrive; after it breaks, no further steps are
    /// begun, and those under way are still reported.
    ///
    /// # Errors
    /// If what computes fails.
    fn run(
        &mut self,
        steps: usize,
        report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>,
    ) -> Result<(), Self::Error>;

    /// The states after the updates so far, in the order of the seeds.
    ///
    /// # Errors
    /// If what computes fails.
    fn states(&self) -> Result<Vec<TrainingState>, Self::Error>;
}
