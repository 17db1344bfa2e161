//! What a network case is run on: an adapter, or the CPU path.

use std::ops::ControlFlow;

use crate::cpu::{self, CpuTrainer, Level};
use crate::data::Dataset;
#[cfg(feature = "strings")]
use crate::data::strings::Strip;
#[cfg(feature = "strings")]
use crate::gpu::evaluate_strips;
use crate::gpu::{Device, Evaluator, GpuError, GpuTrainer};
#[cfg(feature = "strings")]
use crate::model::DIGITS;
use crate::model::{Network, StepMetrics, TrainingState};
use crate::trainer::{Trainer, TrainingTask};

/// What a network case is run on.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// An adapter.
    Adapter(&'a Device),
    /// The CPU path with the vectors of a level.
    Cpu(Level),
}

/// A model's state after a training, and what each step measured.
pub(super) type Trained = (TrainingState, Vec<StepMetrics>);

impl Subject<'_> {
    /// Estimates second derivatives if the optimiser wants them, and trains all models for `steps`
    /// steps, side by side.
    pub(super) async fn train(
        self,
        task: &TrainingTask<'_>,
        steps: usize,
    ) -> Result<Vec<Trained>, GpuError> {
        match self {
            Self::Adapter(device) => train(GpuTrainer::new(device, task)?, task, steps).await,
            Self::Cpu(level) => {
                let Ok(trained) = train(CpuTrainer::at_level(level, task), task, steps).await;
                Ok(trained)
            }
        }
    }

    /// The penalties [n,class] of every picture of `data`, `batch` pictures at a time.
    pub(super) async fn penalties(
        self,
        network: &Network,
        arena: &[f32],
        data: &Dataset,
        batch: usize,
    ) -> Result<Vec<f32>, GpuError> {
        match self {
            Self::Adapter(device) => {
                let evaluator = Evaluator::new(device, network, arena, data, batch)?;
                evaluator.penalties(device).await
            }
            Self::Cpu(level) => Ok(cpu::evaluate_at_level(level, network, arena, data, batch)),
        }
    }

    /// The penalties at every position of every strip of `strips`.
    #[cfg(feature = "strings")]
    pub(super) async fn penalties_along(
        self,
        network: &Network,
        arena: &[f32],
        strips: &[Strip],
    ) -> Result<Vec<Vec<[f32; DIGITS]>>, GpuError> {
        match self {
            Self::Adapter(device) => evaluate_strips(device, network, arena, strips).await,
            Self::Cpu(level) => {
                let of_strip = |strip| cpu::evaluate_strip_at_level(level, network, arena, strip);
                Ok(strips.iter().map(of_strip).collect())
            }
        }
    }
}

/// Estimates second derivatives if the optimiser wants them, and trains for `steps` steps.
pub(super) async fn train<T: Trainer>(
    mut trainer: T,
    task: &TrainingTask<'_>,
    steps: usize,
) -> Result<Vec<Trained>, T::Error> {
    trainer.estimate_second_derivatives().await?;
    let mut measured = Vec::new();
    let training = trainer.run(steps, |steps| {
        measured.extend_from_slice(steps);
        ControlFlow::Continue(())
    });
    training.await?;
    let states = trainer.states().await?.into_iter().enumerate();
    let of_model = |model| measured.iter().skip(model).step_by(task.seeds.len());
    Ok(states
        .map(|(model, state)| (state, of_model(model).copied().collect()))
        .collect())
}
