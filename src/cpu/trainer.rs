//! Training of one model, or of several that differ in their seed alone.
//!
//! The updates of several models are independent of one another, so the models are trained in
//! parallel: where one model's batch is too small to occupy all threads, as with one digit per
//! update, the other models do.

use std::convert::Infallible;
use std::ops::ControlFlow;

use rayon::prelude::*;

use super::Level;
use super::model_trainer::{ModelTrainer, turns};
use crate::model::{StepMetrics, TrainingState};
use crate::trainer::{Trainer, TrainingTask};

/// Samples that each of several models is shown between two reports. The models wait for one another
/// at each report, so not too few; Ctrl-C is answered at each, so not too many.
const SAMPLES_PER_TURN: usize = 8192;

/// Trains one model, or several in parallel, on the processor.
pub struct CpuTrainer<'a> {
    models: Vec<ModelTrainer<'a>>,
    batch: usize,
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
        task.step();
        let model = |model| ModelTrainer::new(level, task, model);
        Self {
            models: (0..task.seeds.len()).map(model).collect(),
            batch: task.recipe.batch,
        }
    }
}

impl Trainer for CpuTrainer<'_> {
    type Error = Infallible;

    fn estimate_second_derivatives(&mut self) -> Result<(), Infallible> {
        let models = self.models.par_iter_mut();
        models.for_each(ModelTrainer::estimate_second_derivatives);
        Ok(())
    }

    fn run(
        &mut self,
        steps: usize,
        mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>,
    ) -> Result<(), Infallible> {
        if let [alone] = &mut self.models[..] {
            alone.run(steps, report);
            return Ok(());
        }
        for count in turns(steps, SAMPLES_PER_TURN.div_ceil(self.batch)) {
            let models = self.models.par_iter_mut();
            let measured: Vec<_> = models.map(|model| all_steps(model, count)).collect();
            let by_step = |step| measured.iter().map(move |metrics: &Vec<_>| metrics[step]);
            if report(&(0..count).flat_map(by_step).collect::<Vec<_>>()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn states(&self) -> Result<Vec<TrainingState>, Infallible> {
        Ok(self.models.iter().map(ModelTrainer::state).collect())
    }
}

/// Makes the next `steps` updates and returns what each measured.
fn all_steps(model: &mut ModelTrainer, steps: usize) -> Vec<StepMetrics> {
    let mut all = Vec::with_capacity(steps);
    model.run(steps, |metrics| {
        all.extend_from_slice(metrics);
        ControlFlow::Continue(())
    });
    all
}
