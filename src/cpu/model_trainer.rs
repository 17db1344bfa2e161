//! Training of one model on the processor: all its cores, all their lanes.
//!
//! A step has two phases. In the first, each block of samples goes forward and backward by itself
//! and leaves its gradient of the shared weights, which are few, and a record of what the dense
//! layers' gradients need ([`first_phase`](super::first_phase)). In the second, the many weights of
//! the dense layers are cut into tasks by output: each sums its gradient over all samples in order
//! and updates its weights at once; another task sums up the blocks' gradients and updates the rest
//! ([`update`](super::update)). Who does which task does not change what it computes, so the result
//! is the same for any number of threads.

use std::ops::{ControlFlow, Range};
use std::sync::Mutex;

use super::batch::Assembler;
use super::dense;
use super::first_phase::{Batch, BatchOf, LANES};
use super::memory::Aligned;
use super::network::{DenseLayer, dense_layers, record_len};
use super::simd::Level;
use super::threads::rooms;
use super::update::{ROWS_PER_TASK, Update};
use crate::data::Dataset;
use crate::model::{Network, Optimiser, Parameters, Recipe, StepMetrics, StepRates, TrainingState};
use crate::reference::optimiser::Arrays;
use crate::reference::{self, Presentations};
use crate::trainer::TrainingTask;

/// Batches up to this size go sample by sample: sixteen at once take as long as four to five
/// by themselves, which more than one thread can share.
pub(super) const SAMPLES_ONE_BY_ONE: usize = 6;
/// Batches below this size are updated by one thread: handing tasks over takes longer than they do.
const SAMPLES_WORTH_SHARING: usize = 4;
/// Samples between two reports.
const SAMPLES_PER_REPORT: usize = 256;

/// Trains one network on the processor.
pub struct ModelTrainer<'a> {
    network: Network,
    recipe: &'a Recipe,
    rates: &'a [StepRates],
    data: &'a Dataset,
    seed: u32,
    level: Level,
    assembler: Assembler,
    blocks: Blocks,
    dense: Vec<DenseLayer>,
    /// Length of the arena before the first dense layer.
    shared: usize,
    /// Room for the gradient of one task's outputs, one per thread.
    gradients: Vec<Mutex<Aligned>>,
    state: Arenas,
    step: usize,
    metrics: Vec<StepMetrics>,
}

/// The blocks of a batch, single samples or sixteen at a time.
enum Blocks {
    Single(BatchOf<1>),
    Lanes(BatchOf<LANES>),
}

/// The arrays of a training state, aligned.
struct Arenas {
    parameter: Aligned,
    first_moment: Aligned,
    second_moment: Aligned,
    averaged: Aligned,
}

impl<'a> ModelTrainer<'a> {
    /// A trainer of the model at place `model` of `task`, with the vectors of `level`.
    pub fn new(level: Level, task: &TrainingTask<'a>, model: usize) -> Self {
        let TrainingTask {
            network,
            recipe,
            rates,
            data,
            ..
        } = *task;
        let (seed, state) = (task.seeds[model], &task.states[model]);
        let parameters = Parameters::of(network);
        let dense = dense_layers(network, &parameters);
        let shared = dense
            .first()
            .map_or(parameters.arena_len(), |layer| layer.weight);
        let record_len = record_len(&dense);
        let blocks = if recipe.batch <= SAMPLES_ONE_BY_ONE {
            Blocks::Single(BatchOf::new(network, recipe.batch, shared, record_len))
        } else {
            Blocks::Lanes(BatchOf::new(network, recipe.batch, shared, record_len))
        };
        let most_inputs = dense.iter().map(|layer| dense::padded(layer.inputs)).max();
        Self {
            network: network.clone(),
            recipe,
            rates,
            data,
            seed,
            level,
            assembler: Assembler::new(),
            blocks,
            gradients: rooms(|| Aligned::zeros(ROWS_PER_TASK * most_inputs.unwrap_or(0))),
            dense,
            shared,
            step: state.step,
            state: Arenas {
                parameter: Aligned::of(&state.parameter),
                first_moment: Aligned::of(&state.first_moment),
                second_moment: Aligned::of(&state.second_moment),
                averaged: Aligned::of(&state.averaged),
            },
            metrics: Vec::new(),
        }
    }

    /// Renews SDLM's estimate of the second derivatives; due before the first step of each pass.
    /// Other optimisers have none, and nothing is done. Once a pass is seldom enough for the
    /// reference to do it.
    pub fn estimate_second_derivatives(&mut self) {
        if self.recipe.optimiser == Optimiser::Sdlm {
            let (presentations, _) = self.presentations();
            let arena: &[f32] = &self.state.parameter;
            let estimate =
                reference::second_derivatives(&self.network, self.recipe, &presentations, arena);
            self.state.second_moment = Aligned::of(&estimate);
        }
    }

    /// Makes the next `steps` updates and calls `report` with what each measured, some updates at a
    /// time, until it breaks.
    pub fn run(&mut self, steps: usize, mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>) {
        let at_once = SAMPLES_PER_REPORT.div_ceil(self.recipe.batch);
        let mut left = steps;
        while left > 0 {
            let count = left.min(at_once);
            left -= count;
            self.metrics.clear();
            // Inside the pool from step to step: entering it costs more than a small step.
            rayon::scope(|_| {
                for _ in 0..count {
                    let metrics = self.step();
                    self.metrics.push(metrics);
                }
            });
            if report(&self.metrics).is_break() {
                return;
            }
        }
    }

    /// The state after the updates so far.
    pub fn state(&self) -> TrainingState {
        TrainingState {
            step: self.step,
            parameter: self.state.parameter.to_vec(),
            first_moment: self.state.first_moment.to_vec(),
            second_moment: self.state.second_moment.to_vec(),
            averaged: self.state.averaged.to_vec(),
        }
    }

    /// How the digits of the pass under way are presented, and the places in it of the next step.
    fn presentations(&self) -> (Presentations<'a>, Range<usize>) {
        let (pass, positions) =
            reference::batch::positions(self.step, self.recipe.batch, self.data.len());
        let presentations = Presentations::of(self.recipe, self.data, self.seed, pass);
        (presentations, positions)
    }

    fn step(&mut self) -> StepMetrics {
        let (presentations, positions) = self.presentations();
        let batch = Batch {
            data: self.data,
            recipe: self.recipe,
            seed: self.seed,
            presentations,
            positions,
            level: self.level,
            assembler: &self.assembler,
            arena: &self.state.parameter,
        };
        let count = batch.count();
        let metrics = match &mut self.blocks {
            Blocks::Single(blocks) => blocks.measure(&batch),
            Blocks::Lanes(blocks) => blocks.measure(&batch),
        };
        self.update(count);
        self.step += 1;
        metrics
    }

    fn update(&mut self, count: usize) {
        let update = Update {
            is_shared: count >= SAMPLES_WORTH_SHARING,
            recipe: self.recipe,
            rates: &self.rates[self.step],
            level: self.level,
            gradients: &self.gradients,
        };
        let measured = match &self.blocks {
            Blocks::Single(blocks) => blocks.measured(count),
            Blocks::Lanes(blocks) => blocks.measured(count),
        };
        let arena = Arrays {
            parameter: &mut self.state.parameter,
            first_moment: &mut self.state.first_moment,
            second_moment: &mut self.state.second_moment,
            averaged: &mut self.state.averaged,
        };
        let (shared, rest) = arena.split_at(self.shared);
        update.both(
            || update.dense_layers(&self.dense, &measured, self.shared, rest),
            || update.shared(measured.shared_gradients, shared),
        );
    }
}
