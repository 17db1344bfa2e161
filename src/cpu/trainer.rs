//! Training in plain loops: what trainers are held against.

use std::ops::{ControlFlow, Range};

use super::{
    Activations, Presentations, backward, batch, forward, loss, metrics, optimiser,
    second_derivatives,
};
use crate::data::Dataset;
use crate::model::{
    Network, Optimiser, Parameters, Recipe, StepMetrics, StepRates, TrainingState, rbf_codes,
};

/// Trains one network, one sample after the other.
pub struct Trainer<'a> {
    network: &'a Network,
    recipe: &'a Recipe,
    rates: &'a [StepRates],
    data: &'a Dataset,
    seed: u32,
    parameters: Parameters,
    codes: Vec<f32>,
    state: TrainingState,
    activations: Activations<f32>,
    gradient: Vec<f32>,
}

impl<'a> Trainer<'a> {
    /// A trainer that continues from `state`; `rates` has an entry for every step to come.
    pub fn new(
        network: &'a Network,
        recipe: &'a Recipe,
        rates: &'a [StepRates],
        data: &'a Dataset,
        seed: u32,
        state: TrainingState,
    ) -> Self {
        let parameters = Parameters::of(network);
        Self {
            network,
            recipe,
            rates,
            data,
            seed,
            codes: rbf_codes(),
            state,
            activations: Activations::new(network),
            gradient: vec![0.0; parameters.arena_len()],
            parameters,
        }
    }

    /// Makes the next `steps` updates and calls `report` with what each measured, until it breaks.
    pub fn run(&mut self, steps: usize, mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>) {
        for _ in 0..steps {
            let metrics = self.measure_gradient();
            self.update();
            if report(&[metrics]).is_break() {
                return;
            }
        }
    }

    /// The state after the updates so far.
    pub fn state(&self) -> TrainingState {
        self.state.clone()
    }

    /// Renews SDLM's estimate of the second derivatives; due before the first step of each pass.
    /// Other optimisers have none, and nothing is done.
    pub fn estimate_second_derivatives(&mut self) {
        if self.recipe.optimiser == Optimiser::Sdlm {
            let (presentations, _) = self.presentations();
            let arena = &self.state.parameter;
            self.state.second_moment =
                second_derivatives(self.network, self.recipe, &presentations, arena);
        }
    }

    /// How the digits of the pass under way are presented, and the places in it of the next step.
    fn presentations(&self) -> (Presentations<'a>, Range<usize>) {
        let (pass, positions) =
            batch::positions(self.state.step, self.recipe.batch, self.data.len());
        let presentations = Presentations::of(self.recipe, self.data, self.seed, pass);
        (presentations, positions)
    }

    fn measure_gradient(&mut self) -> StepMetrics {
        let (presentations, positions) = self.presentations();
        let count = positions.len();
        let mut metrics = StepMetrics::default();
        self.gradient.fill(0.0);
        for position in positions {
            let label = presentations.assemble(position, self.activations.input_mut());
            forward(
                self.network,
                &self.parameters,
                &self.state.parameter,
                &self.codes,
                &mut self.activations,
            );
            let (y, dy) = self.activations.penalties_and_gradient();
            let loss = loss::forward(&self.recipe.loss, y, label.into(), count, dy);
            let (loss, errors) = metrics::gather(y, &[loss], &[label]);
            metrics.loss += f64::from(loss);
            metrics.errors += errors;
            metrics.count += 1;
            backward(
                self.network,
                &self.parameters,
                &self.state.parameter,
                &self.codes,
                &mut self.activations,
                &mut self.gradient,
            );
        }
        metrics
    }

    fn update(&mut self) {
        let rates = &self.rates[self.state.step];
        let state = &mut self.state;
        let arrays = optimiser::Arrays {
            parameter: &mut state.parameter,
            first_moment: &mut state.first_moment,
            second_moment: &mut state.second_moment,
            averaged: &mut state.averaged,
        };
        optimiser::update(self.recipe, rates, &self.gradient, arrays);
        state.step += 1;
    }
}
