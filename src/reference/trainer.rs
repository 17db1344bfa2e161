//! Training in plain loops: what other trainers are compared with.

use std::convert::Infallible;
use std::future::ready;
use std::ops::Range;

use super::preconditioner::Preconditioner;
use super::teachers::Teachers;
use super::{
    Activations, Presentations, ReferenceNetwork, batch, fused_sample, loss, optimiser,
    second_derivatives,
};
use crate::model::{Optimiser, Parameters, StepMetrics, TrainingState};
use crate::trainer::{Trainer, TrainingTask};

/// Trains every model by itself, one sample after another.
pub struct ReferenceTrainer<'a> {
    task: TrainingTask<'a>,
    network: ReferenceNetwork<'a, f32>,
    /// Those of each model.
    teachers: Vec<Teachers<'a, f32>>,
    activations: Activations<f32>,
    gradient: Vec<f32>,
    preconditioner: Option<Preconditioner>,
    /// What the step begun has measured, until somebody waits for it.
    measured: Option<Vec<StepMetrics>>,
}

impl<'a> ReferenceTrainer<'a> {
    /// A trainer of `task`.
    ///
    /// # Panics
    /// As [`TrainingTask::step`].
    pub fn new(task: TrainingTask<'a>) -> Self {
        task.step();
        let models = 0..task.seeds.len();
        Self {
            teachers: models
                .map(|model| Teachers::new(task.teachers_of(model), task.recipe))
                .collect(),
            network: ReferenceNetwork::new(task.network),
            activations: Activations::new(task.network),
            gradient: vec![0.0; Parameters::of(task.network).arena_len()],
            preconditioner: Preconditioner::of(task.network, task.recipe),
            measured: None,
            task,
        }
    }

    /// How `model` is shown the digits of the current pass, and the places in it of its next step.
    fn presentations(&self, model: usize) -> (Presentations<'a>, Range<usize>) {
        let TrainingTask {
            recipe,
            data,
            ref seeds,
            ref states,
            ..
        } = self.task;
        let (pass, positions) = batch::positions(states[model].step, recipe.batch, data.len());
        let presentations = Presentations::of(recipe, data, seeds[model], pass);
        (presentations, positions)
    }

    /// Leaves the gradient of the next batch of `model` in `self.gradient`.
    fn measure_gradient(&mut self, model: usize) -> StepMetrics {
        let (presentations, positions) = self.presentations(model);
        let count = positions.len();
        let arena = &self.task.states[model].parameter;
        let (activations, teachers) = (&mut self.activations, &mut self.teachers[model]);
        let recipe = self.task.recipe;
        let own = 1.0 - recipe.teacher_share;
        let mut metrics = StepMetrics::default();
        self.gradient.fill(0.0);
        for (place, position) in positions.enumerate() {
            let label = presentations.assemble(position, activations.input_mut());
            let mut target = loss::by_label(label.into(), own);
            teachers.teach(&presentations, position, &mut target);
            let (loss, errors) = fused_sample::forward_backward(
                &self.network,
                arena,
                &recipe.loss,
                (label, &target),
                count,
                activations,
                &mut self.gradient,
            );
            if let Some(preconditioner) = &mut self.preconditioner {
                preconditioner.look_at(place, activations);
            }
            metrics.loss += f64::from(loss);
            metrics.errors += errors;
            metrics.count += 1;
        }
        metrics
    }

    /// Updates `model` by `self.gradient`.
    fn update(&mut self, model: usize) {
        let state = &mut self.task.states[model];
        let rates = self.task.rates.at(state.step);
        if let Some(preconditioner) = &mut self.preconditioner {
            preconditioner.precondition(state, &mut self.gradient);
        }
        let arrays = optimiser::Arrays::of(state);
        optimiser::update(self.task.recipe, &rates, &self.gradient, arrays);
        state.step += 1;
    }
}

impl<'a> Trainer for ReferenceTrainer<'a> {
    type Error = Infallible;

    async fn estimate_second_derivatives(&mut self) -> Result<(), Infallible> {
        let TrainingTask {
            network, recipe, ..
        } = self.task;
        if recipe.optimiser == Optimiser::Sdlm {
            for model in 0..self.task.seeds.len() {
                let (presentations, _) = self.presentations(model);
                let state = &mut self.task.states[model];
                state.second_moment =
                    second_derivatives(network, recipe, &presentations, &state.parameter);
            }
        }
        Ok(())
    }

    fn begin(&mut self, most: usize) -> usize {
        let made = self.task.states[0].step;
        let left = self.task.rates.steps().saturating_sub(made);
        if self.measured.is_some() || most.min(left) == 0 {
            return 0;
        }
        let mut measured = Vec::new();
        for model in 0..self.task.seeds.len() {
            measured.push(self.measure_gradient(model));
            self.update(model);
        }
        self.measured = Some(measured);
        1
    }

    async fn finish(&mut self) -> Result<Option<Vec<StepMetrics>>, Infallible> {
        Ok(self.measured.take())
    }

    fn states(&self) -> impl Future<Output = Result<Vec<TrainingState>, Infallible>> + use<'a> {
        ready(Ok(self.task.states.clone()))
    }
}
