//! Training in plain loops: what other trainers are compared with.

use std::convert::Infallible;
use std::ops::{ControlFlow, Range};

use super::{
    Activations, Presentations, backward, batch, forward, loss, metrics, optimiser,
    second_derivatives,
};
use crate::model::{Optimiser, Parameters, StepMetrics, StepRates, TrainingState, rbf_codes};
use crate::trainer::{Trainer, TrainingTask};

/// Trains every model by itself, one sample after the other.
pub struct ReferenceTrainer<'a> {
    task: TrainingTask<'a>,
    parameters: Parameters,
    codes: Vec<f32>,
    activations: Activations<f32>,
    gradient: Vec<f32>,
}

impl<'a> ReferenceTrainer<'a> {
    /// A trainer of `task`.
    ///
    /// # Panics
    /// As [`TrainingTask::step`].
    pub fn new(task: TrainingTask<'a>) -> Self {
        task.step();
        let parameters = Parameters::of(task.network);
        Self {
            codes: rbf_codes(),
            activations: Activations::new(task.network),
            gradient: vec![0.0; parameters.arena_len()],
            parameters,
            task,
        }
    }

    /// How `model` is shown the digits of the pass under way, and the places in it of its next step.
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

    fn measure_gradient(&mut self, model: usize) -> StepMetrics {
        let (presentations, positions) = self.presentations(model);
        let count = positions.len();
        let TrainingTask {
            network,
            recipe,
            ref states,
            ..
        } = self.task;
        let (parameters, arena) = (&self.parameters, &states[model].parameter);
        let mut metrics = StepMetrics::default();
        self.gradient.fill(0.0);
        for position in positions {
            let activations = &mut self.activations;
            let label = presentations.assemble(position, activations.input_mut());
            forward(network, parameters, arena, &self.codes, activations);
            let (y, dy) = activations.penalties_and_gradient();
            let loss = loss::forward(&recipe.loss, y, label.into(), count, dy);
            let (loss, errors) = metrics::gather(y, &[loss], &[label]);
            metrics.loss += f64::from(loss);
            metrics.errors += errors;
            metrics.count += 1;
            let gradient = &mut self.gradient;
            backward(
                network,
                parameters,
                arena,
                &self.codes,
                activations,
                gradient,
            );
        }
        metrics
    }

    fn update(&mut self, model: usize) {
        let state = &mut self.task.states[model];
        let rates: &StepRates = &self.task.rates[state.step];
        let arrays = optimiser::Arrays {
            parameter: &mut state.parameter,
            first_moment: &mut state.first_moment,
            second_moment: &mut state.second_moment,
            averaged: &mut state.averaged,
        };
        optimiser::update(self.task.recipe, rates, &self.gradient, arrays);
        state.step += 1;
    }
}

impl Trainer for ReferenceTrainer<'_> {
    type Error = Infallible;

    fn estimate_second_derivatives(&mut self) -> Result<(), Infallible> {
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

    fn run(
        &mut self,
        steps: usize,
        mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>,
    ) -> Result<(), Infallible> {
        for _ in 0..steps {
            let mut measured = Vec::new();
            for model in 0..self.task.seeds.len() {
                measured.push(self.measure_gradient(model));
                self.update(model);
            }
            if report(&measured).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn states(&self) -> Result<Vec<TrainingState>, Infallible> {
        Ok(self.task.states.clone())
    }
}
