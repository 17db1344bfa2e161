//! Training of one model, or of several that differ in their seed alone.
//!
//! The updates of several models are independent of one another, so the models are trained in
//! parallel: where one model's batch is too small to occupy all threads, as with one digit per
//! update, the other models do.

use std::convert::Infallible;
use std::future::ready;

use rayon::prelude::*;

use super::Level;
use super::model_trainer::ModelTrainer;
use crate::model::{StepMetrics, TrainingState};
use crate::trainer::{Trainer, TrainingTask};

/// Samples of a turn, between two reports. Not too many, as Ctrl-C is answered between turns.
const SAMPLES_PER_TURN: usize = 256;
/// The same for each of several models. They wait for one another at the end of a turn, so not too few.
const SAMPLES_PER_TURN_OF_SEVERAL: usize = 8192;
/// The same for all models together: many take their turns for longer than anybody would wait.
const SAMPLES_PER_TURN_OF_ALL: usize = 5 * SAMPLES_PER_TURN_OF_SEVERAL;

/// Trains one model, or several in parallel, on the processor.
pub struct CpuTrainer<'a> {
    models: Vec<ModelTrainer<'a>>,
    /// Steps of a turn.
    turn: usize,
    /// What the steps begun have measured, until somebody waits for it.
    measured: Option<Vec<StepMetrics>>,
    /// Steps that there are rates for after those begun.
    left: usize,
}

impl<'a> CpuTrainer<'a> {
    /// A trainer of `task` with the widest vectors that the processor has.
    ///
    /// # Panics
    /// As [`TrainingTask::step`].
    pub fn new(task: &TrainingTask<'a>) -> Self {
        Self::at_level(Level::best(), task)
    }

    /// As [`CpuTrainer::new`], with the vectors of `level`.
    ///
    /// # Panics
    /// As [`TrainingTask::step`].
    pub fn at_level(level: Level, task: &TrainingTask<'a>) -> Self {
        let (step, models) = (task.step(), task.seeds.len());
        let samples_per_turn = match models {
            1 => SAMPLES_PER_TURN,
            _ => SAMPLES_PER_TURN_OF_SEVERAL.min(SAMPLES_PER_TURN_OF_ALL / models),
        };
        let model = |model| ModelTrainer::new(level, task, model);
        Self {
            models: (0..models).map(model).collect(),
            turn: samples_per_turn.div_ceil(task.recipe.batch).max(1),
            measured: None,
            left: task.rates.steps().saturating_sub(step),
        }
    }
}

impl CpuTrainer<'_> {
    /// The weights, an arena, that the model at place `model` has after the updates so far.
    pub fn weights(&self, model: usize) -> Vec<f32> {
        self.models[model].weights()
    }
}

impl<'a> Trainer for CpuTrainer<'a> {
    type Error = Infallible;

    async fn estimate_second_derivatives(&mut self) -> Result<(), Infallible> {
        let models = self.models.par_iter_mut();
        models.for_each(ModelTrainer::estimate_second_derivatives);
        Ok(())
    }

    fn begin(&mut self, most: usize) -> usize {
        let steps = self.turn.min(most).min(self.left);
        if steps == 0 || self.measured.is_some() {
            return 0;
        }
        self.left -= steps;
        self.measured = Some(match &mut self.models[..] {
            [alone] => alone.run(steps),
            several => side_by_side(several, steps),
        });
        steps
    }

    async fn finish(&mut self) -> Result<Option<Vec<StepMetrics>>, Infallible> {
        Ok(self.measured.take())
    }

    fn states(&self) -> impl Future<Output = Result<Vec<TrainingState>, Infallible>> + use<'a> {
        ready(Ok(self.models.iter().map(ModelTrainer::state).collect()))
    }
}

/// Makes the next `steps` updates of every model and returns what each measured, [step][model].
fn side_by_side(models: &mut [ModelTrainer], steps: usize) -> Vec<StepMetrics> {
    let models = models.par_iter_mut();
    let measured: Vec<Vec<StepMetrics>> = models.map(|model| model.run(steps)).collect();
    let by_step = |step| measured.iter().map(move |metrics| metrics[step]);
    (0..steps).flat_map(by_step).collect()
}
