//! Training and evaluation on the processor, on all its cores.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use super::{
    Activations, Presentations, backward, batch, forward, loss, metrics, optimiser, penalties,
    reduce, second_derivatives,
};
use crate::data::Dataset;
use crate::model::{
    Network, Optimiser, Parameters, Recipe, StepMetrics, StepRates, TrainingState, rbf_codes,
};

/// Samples that one task works through in order. Each task has its own gradient and these are
/// summed in order, so that the result does not depend on the number of threads.
const SAMPLES_PER_TASK: usize = 8;

/// Trains one network on the processor.
pub struct Trainer<'a> {
    network: &'a Network,
    recipe: &'a Recipe,
    rates: &'a [StepRates],
    data: &'a Dataset,
    seed: u32,
    parameters: Parameters,
    codes: Vec<f32>,
    state: TrainingState,
    tasks: Vec<Task>,
    partial_gradients: Vec<f32>,
    gradient: Vec<f32>,
}

/// The private memory of one task.
struct Task {
    activations: Activations<f32>,
    metrics: StepMetrics,
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
        let arena_len = parameters.arena_len();
        let tasks = recipe.batch.div_ceil(SAMPLES_PER_TASK);
        Self {
            network,
            recipe,
            rates,
            data,
            seed,
            codes: rbf_codes(),
            state,
            tasks: (0..tasks)
                .map(|_| Task {
                    activations: Activations::new(network),
                    metrics: StepMetrics::default(),
                })
                .collect(),
            partial_gradients: vec![0.0; tasks * arena_len],
            gradient: vec![0.0; arena_len],
            parameters,
        }
    }

    /// Makes the next `steps` updates and calls `report` with what each measured, until it breaks.
    pub fn run(&mut self, steps: usize, mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>) {
        for _ in 0..steps {
            let metrics = self.step();
            if report(&[metrics]).is_break() {
                return;
            }
        }
    }

    /// The state after the updates so far.
    pub fn state(&self) -> TrainingState {
        self.state.clone()
    }

    fn step(&mut self) -> StepMetrics {
        self.measure_gradients();
        reduce::sum(&self.partial_gradients, &mut self.gradient);
        self.update();
        self.tasks
            .iter()
            .fold(StepMetrics::default(), |sum, task| StepMetrics {
                loss: sum.loss + task.metrics.loss,
                errors: sum.errors + task.metrics.errors,
                count: sum.count + task.metrics.count,
            })
    }

    /// How the digits of the pass under way are presented, and the places in it of the next step.
    fn presentations(&self) -> (Presentations<'a>, Range<usize>) {
        let (pass, positions) =
            batch::positions(self.state.step, self.recipe.batch, self.data.len());
        let presentations = Presentations::of(self.recipe, self.data, self.seed, pass);
        (presentations, positions)
    }

    fn measure_gradients(&mut self) {
        let (network, parameters) = (self.network, &self.parameters);
        let (presentations, positions) = self.presentations();
        let (arena, codes, loss) = (&self.state.parameter, &self.codes, &self.recipe.loss);
        self.tasks
            .par_iter_mut()
            .zip(
                self.partial_gradients
                    .par_chunks_mut(parameters.arena_len()),
            )
            .enumerate()
            .for_each(|(index, (task, gradient))| {
                gradient.fill(0.0);
                task.metrics = StepMetrics::default();
                let first = positions.start + index * SAMPLES_PER_TASK;
                for position in first..positions.end.min(first + SAMPLES_PER_TASK) {
                    let activations = &mut task.activations;
                    let label = presentations.assemble(position, activations.input_mut());
                    forward(network, parameters, arena, codes, activations);
                    let (y, dy) = activations.penalties_and_gradient();
                    let sample_loss = loss::forward(loss, y, label.into(), positions.len(), dy);
                    let (sum, errors) = metrics::gather(y, &[sample_loss], &[label]);
                    task.metrics.loss += f64::from(sum);
                    task.metrics.errors += errors;
                    task.metrics.count += 1;
                    backward(network, parameters, arena, codes, activations, gradient);
                }
            });
    }

    fn update(&mut self) {
        let rates = &self.rates[self.state.step];
        let constants = optimiser::Constants::of(self.recipe);
        let state = &mut self.state;
        match self.recipe.optimiser {
            Optimiser::Adam => optimiser::adam(
                &constants,
                rates,
                &self.gradient,
                &mut state.first_moment,
                &mut state.second_moment,
                &mut state.parameter,
            ),
            Optimiser::Sgd => optimiser::sgd(
                &constants,
                rates,
                &self.gradient,
                &mut state.first_moment,
                &mut state.parameter,
            ),
            Optimiser::Sdlm => optimiser::sdlm(
                &constants,
                rates,
                &self.gradient,
                &state.second_moment,
                &mut state.first_moment,
                &mut state.parameter,
            ),
        }
        if self.recipe.average > 0.0 {
            optimiser::average(rates, &state.parameter, &mut state.averaged);
        }
        state.step += 1;
    }
}

impl Trainer<'_> {
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
}

/// The penalties [n,class] of every picture in `data` under the parameters in `arena`. A task works
/// through `batch` samples, but through no more than keep all cores busy.
pub fn evaluate(network: &Network, arena: &[f32], data: &Dataset, batch: usize) -> Vec<f32> {
    const MOST_SAMPLES_PER_TASK: usize = 64;
    let (parameters, codes) = (Parameters::of(network), rbf_codes());
    let samples: Vec<usize> = (0..data.len()).collect();
    samples
        .par_chunks(batch.min(MOST_SAMPLES_PER_TASK))
        .flat_map_iter(|samples| {
            let mut activations = Activations::new(network);
            let mut all = Vec::with_capacity(samples.len() * crate::model::DIGITS);
            for &sample in samples {
                batch::assemble(data.image(sample), activations.input_mut());
                forward(network, &parameters, arena, &codes, &mut activations);
                all.extend_from_slice(penalties(&activations));
            }
            all
        })
        .collect()
}
