//! What whole networks are run on: an adapter, or the processor.

use std::ops::ControlFlow;

use crate::data::Dataset;
use crate::gpu::{Device, Evaluator, GpuError, Trainer};
use crate::model::{Network, Recipe, StepMetrics, StepRates, TrainingState};
use crate::native::{self, Level};

/// What a network is run on.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// An adapter.
    Adapter(&'a Device),
    /// The CPU path with the vectors of a level.
    Processor(Level),
}

/// A short training.
pub(super) struct Training<'a> {
    pub network: &'a Network,
    pub recipe: &'a Recipe,
    /// An entry for every step of a run.
    pub rates: &'a [StepRates],
    pub steps: usize,
    pub data: &'a Dataset,
    /// One of each model.
    pub seeds: &'a [u32],
    /// What each model starts from.
    pub starts: &'a [TrainingState],
}

/// The state of a model after a training, and what each step measured.
pub(super) type Trained = (TrainingState, Vec<StepMetrics>);

impl Subject<'_> {
    /// Estimates second derivatives if the optimiser wants them, and trains some steps from the
    /// start: the state then, and what each step measured, for every model. An adapter trains all
    /// models side by side.
    pub(super) fn train(self, training: &Training) -> Result<Vec<Trained>, GpuError> {
        let &Training {
            network,
            recipe,
            rates,
            steps,
            data,
            seeds,
            starts,
        } = training;
        match self {
            Self::Adapter(device) => {
                let mut trainer =
                    Trainer::new(device, network, recipe, rates, data, seeds, starts)?;
                trainer.estimate_second_derivatives()?;
                let mut measured = Vec::new();
                trainer.run(steps, |steps| {
                    measured.extend_from_slice(steps);
                    ControlFlow::Continue(())
                })?;
                let states = trainer.states()?.into_iter().enumerate();
                let of_model = |model| measured.iter().skip(model).step_by(seeds.len());
                Ok(states
                    .map(|(model, state)| (state, of_model(model).copied().collect()))
                    .collect())
            }
            Self::Processor(level) => {
                let train = |(&seed, start): (&u32, &TrainingState)| {
                    let start = start.clone();
                    let mut trainer =
                        native::Trainer::at_level(level, network, recipe, rates, data, seed, start);
                    trainer.estimate_second_derivatives();
                    let mut measured = Vec::new();
                    trainer.run(steps, |steps| {
                        measured.extend_from_slice(steps);
                        ControlFlow::Continue(())
                    });
                    (trainer.state(), measured)
                };
                Ok(seeds.iter().zip(starts).map(train).collect())
            }
        }
    }

    /// The penalties [n,class] of every picture of `data`, `batch` pictures at a time.
    pub(super) fn penalties(
        self,
        network: &Network,
        arena: &[f32],
        data: &Dataset,
        batch: usize,
    ) -> Result<Vec<f32>, GpuError> {
        match self {
            Self::Adapter(device) => {
                Evaluator::new(device, network, arena, data, batch)?.penalties(device)
            }
            Self::Processor(level) => Ok(native::evaluate_at_level(
                level, network, arena, data, batch,
            )),
        }
    }
}
