//! Training and evaluation on the processor: all its cores, all their lanes.
//!
//! A step has two phases. In the first, each block of samples goes forward and backward by itself
//! and leaves its gradient of the shared weights, which are few, and a record of what the dense
//! layers' gradients need. In the second, the many weights of the dense layers are cut into tasks
//! by output: each sums its gradient over all samples in order and updates its weights at once;
//! another task sums up the blocks' gradients and updates the rest. Who does which task does not
//! change what it computes, so the result is the same for any number of threads.

use std::ops::{ControlFlow, Range};
use std::sync::Mutex;

use rayon::prelude::*;

use super::batch::{Assembler, FIELD};
use super::dense;
use super::memory::Aligned;
use super::network::{Activations, Block, DenseLayer, dense_layers, record_len};
use super::simd::{Level, Simd, Task};
use crate::cpu::optimiser::Arrays;
use crate::cpu::{self, Presentation, Presentations, loss, metrics, optimiser};
use crate::data::Dataset;
use crate::model::{
    DIGITS, Network, Optimiser, Parameters, Recipe, StepMetrics, StepRates, TrainingState,
};

/// Samples side by side where there are many.
const LANES: usize = super::memory::LINE;
/// Batches up to this size go sample by sample: sixteen side by side take as long as four to five
/// by themselves, which more than one thread can share.
const SAMPLES_ONE_BY_ONE: usize = 6;
/// Outputs of a dense layer in one task of the second phase.
const ROWS_PER_TASK: usize = 8;
/// Batches below this size are updated by one thread: handing tasks over takes longer than they do.
const SAMPLES_WORTH_SHARING: usize = 4;
/// Samples between two reports.
const SAMPLES_PER_REPORT: usize = 256;

/// Trains one network on the processor.
pub struct Trainer<'a> {
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

/// What the first phase of a step works on.
struct BatchOf<const SAMPLES: usize> {
    block: Block<SAMPLES>,
    /// One per thread.
    rooms: Vec<Mutex<Activations>>,
    /// Gradients of the shared weights [block][parameter].
    shared_gradients: Aligned,
    /// Records of the samples [sample][record].
    records: Aligned,
    record_len: usize,
    metrics: Vec<StepMetrics>,
}

/// The arrays of a training state, aligned.
struct Arenas {
    parameter: Aligned,
    first_moment: Aligned,
    second_moment: Aligned,
    averaged: Aligned,
}

impl<'a> Arrays<'a> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (parameter, parameter_rest) = self.parameter.split_at_mut(middle);
        let (first_moment, first_rest) = self.first_moment.split_at_mut(middle);
        let (second_moment, second_rest) = self.second_moment.split_at_mut(middle);
        let (averaged, averaged_rest) = self.averaged.split_at_mut(middle);
        (
            Arrays {
                parameter,
                first_moment,
                second_moment,
                averaged,
            },
            Arrays {
                parameter: parameter_rest,
                first_moment: first_rest,
                second_moment: second_rest,
                averaged: averaged_rest,
            },
        )
    }

    fn par_chunks(self, len: usize) -> impl IndexedParallelIterator<Item = Arrays<'a>> {
        self.parameter
            .par_chunks_mut(len)
            .zip(self.first_moment.par_chunks_mut(len))
            .zip(self.second_moment.par_chunks_mut(len))
            .zip(self.averaged.par_chunks_mut(len))
            .map(
                |(((parameter, first_moment), second_moment), averaged)| Arrays {
                    parameter,
                    first_moment,
                    second_moment,
                    averaged,
                },
            )
    }
}

impl<'a> Trainer<'a> {
    /// A trainer that continues from `state`, with the widest vectors there are; `rates` has an
    /// entry for every step to come.
    pub fn new(
        network: &Network,
        recipe: &'a Recipe,
        rates: &'a [StepRates],
        data: &'a Dataset,
        seed: u32,
        state: TrainingState,
    ) -> Self {
        Self::at_level(Level::best(), network, recipe, rates, data, seed, state)
    }

    /// As [`Trainer::new`], with the vectors of `level`.
    pub fn at_level(
        level: Level,
        network: &Network,
        recipe: &'a Recipe,
        rates: &'a [StepRates],
        data: &'a Dataset,
        seed: u32,
        state: TrainingState,
    ) -> Self {
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
            let arena = &self.state.parameter;
            let estimate =
                cpu::second_derivatives(&self.network, self.recipe, &presentations, arena);
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
            cpu::batch::positions(self.step, self.recipe.batch, self.data.len());
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

/// A batch of one step.
struct Batch<'a> {
    data: &'a Dataset,
    recipe: &'a Recipe,
    seed: u32,
    presentations: Presentations<'a>,
    /// Its places in the pass.
    positions: Range<usize>,
    level: Level,
    assembler: &'a Assembler,
    arena: &'a [f32],
}

impl Batch<'_> {
    /// Samples in the batch: fewer at the end of a pass.
    fn count(&self) -> usize {
        self.positions.len()
    }

    /// What is presented at place `place` of the batch.
    fn presentation(&self, place: usize) -> Presentation {
        self.presentations.at(self.positions.start + place)
    }
}

impl<const SAMPLES: usize> BatchOf<SAMPLES> {
    fn new(network: &Network, batch: usize, shared: usize, record_len: usize) -> Self {
        let block = Block::new(network);
        let blocks = batch.div_ceil(SAMPLES);
        Self {
            rooms: rooms(|| block.activations()),
            shared_gradients: Aligned::zeros(blocks * shared),
            records: Aligned::zeros(blocks * SAMPLES * record_len),
            record_len,
            metrics: vec![StepMetrics::default(); blocks],
            block,
        }
    }

    /// The first phase: forward and backward, block by block.
    fn measure(&mut self, batch: &Batch) -> StepMetrics {
        let count = batch.count();
        let blocks = count.div_ceil(SAMPLES);
        let shared = self.shared_gradients.len() / self.metrics.len();
        let (block, rooms, stride) = (&self.block, &self.rooms, self.record_len);
        self.shared_gradients
            .par_chunks_exact_mut(shared)
            .zip(self.records.par_chunks_mut(SAMPLES * stride))
            .zip(&mut self.metrics)
            .take(blocks)
            .enumerate()
            .for_each(|(index, ((gradient, records), metrics))| {
                let first = index * SAMPLES;
                let mut activations = own(rooms).lock().expect("no task panics");
                *metrics = batch.level.dispatch(MeasureBlock {
                    batch,
                    places: first..count.min(first + SAMPLES),
                    block,
                    activations: &mut activations,
                    gradient,
                    records,
                    stride,
                });
            });
        self.metrics[..blocks]
            .iter()
            .fold(StepMetrics::default(), |sum, block| StepMetrics {
                loss: sum.loss + block.loss,
                errors: sum.errors + block.errors,
                count: sum.count + block.count,
            })
    }

    /// What the first phase left of a batch of `count` samples.
    fn measured(&self, count: usize) -> Measured<'_> {
        let shared = self.shared_gradients.len() / self.metrics.len();
        Measured {
            shared_gradients: &self.shared_gradients[..count.div_ceil(SAMPLES) * shared],
            records: &self.records[..count * self.record_len],
            record_len: self.record_len,
        }
    }
}

/// What the first phase of a step leaves for the second.
struct Measured<'a> {
    /// Gradients of the shared weights [block][parameter].
    shared_gradients: &'a [f32],
    /// Records of the samples [sample][record].
    records: &'a [f32],
    record_len: usize,
}

/// One for each thread of the pool.
fn rooms<T>(room: impl Fn() -> T) -> Vec<Mutex<T>> {
    (0..rayon::current_num_threads())
        .map(|_| Mutex::new(room()))
        .collect()
}

/// The one of the running thread.
fn own<T>(rooms: &[Mutex<T>]) -> &Mutex<T> {
    &rooms[rayon::current_thread_index().unwrap_or(0) % rooms.len()]
}

/// Forward and backward of one block.
struct MeasureBlock<'a, const SAMPLES: usize> {
    batch: &'a Batch<'a>,
    /// Places in the batch of the block's samples.
    places: Range<usize>,
    block: &'a Block<SAMPLES>,
    activations: &'a mut Activations,
    gradient: &'a mut [f32],
    records: &'a mut [f32],
    stride: usize,
}

impl<const SAMPLES: usize> Task for MeasureBlock<'_, SAMPLES> {
    type Output = StepMetrics;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> StepMetrics {
        let Self {
            batch,
            block,
            activations,
            ..
        } = self;
        let mut labels = [0; SAMPLES];
        let mut field = [0.0; FIELD];
        for (lane, place) in self.places.clone().enumerate() {
            let presentation = batch.presentation(place);
            labels[lane] = batch.data.labels[presentation.sample];
            let (distortion, seed) = (&batch.recipe.distortion, batch.seed);
            let image = batch.data.image(presentation.sample);
            batch
                .assembler
                .assemble_distorted(image, distortion, seed, presentation, &mut field);
            block.put_input(lane, &field, activations);
        }
        block.forward(simd, batch.arena, activations);
        let mut metrics = StepMetrics::default();
        for (lane, &label) in labels.iter().enumerate() {
            let mut gradient = [0.0; DIGITS];
            // Lanes beyond the end of the batch keep the gradient 0.
            if lane < self.places.len() {
                let y = block.penalties(lane, activations);
                let loss = &batch.recipe.loss;
                let loss = loss::forward(loss, &y, label.into(), batch.count(), &mut gradient);
                let (loss, errors) = metrics::gather(&y, &[loss], &[label]);
                metrics.loss += f64::from(loss);
                metrics.errors += errors;
                metrics.count += 1;
            }
            block.put_penalty_gradient(lane, &gradient, activations);
        }
        block.backward(simd, batch.arena, activations, self.gradient);
        block.record(activations, self.records, self.stride);
        metrics
    }
}

/// What an update of any part of the weights needs.
struct Update<'a> {
    /// Whether threads share the work.
    is_shared: bool,
    recipe: &'a Recipe,
    rates: &'a StepRates,
    level: Level,
    gradients: &'a [Mutex<Aligned>],
}

impl Update<'_> {
    /// Sums up the blocks' gradients in order and updates the shared weights.
    fn shared(&self, gradients: &[f32], part: Arrays) {
        struct Shared<'a>(&'a Update<'a>, &'a [f32], Arrays<'a>);
        impl Task for Shared<'_> {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd>(self, _simd: S) {
                const PIECE: usize = 256;
                let Shared(update, gradients, mut part) = self;
                let len = part.parameter.len();
                let mut first = 0;
                while first < len {
                    let piece = PIECE.min(len - first);
                    let mut gradient = [0.0; PIECE];
                    for block in gradients.chunks_exact(len) {
                        for (sum, &value) in gradient.iter_mut().zip(&block[first..][..piece]) {
                            *sum += value;
                        }
                    }
                    let (head, rest) = part.split_at(piece);
                    update.apply(&gradient[..piece], head);
                    part = rest;
                    first += piece;
                }
            }
        }
        self.level.dispatch(Shared(self, gradients, part));
    }

    /// Does both, side by side if threads share the work.
    fn both(&self, first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
        if self.is_shared {
            rayon::join(first, second);
        } else {
            first();
            second();
        }
    }

    /// Updates the dense layers, whose parameters are in `arena`; it starts at place `start`.
    fn dense_layers(
        &self,
        layers: &[DenseLayer],
        measured: &Measured,
        start: usize,
        arena: Arrays,
    ) {
        let Some((layer, others)) = layers.split_first() else {
            return;
        };
        let (_, arena) = arena.split_at(layer.weight - start);
        let (weight, arena) = arena.split_at(layer.bias - layer.weight);
        let (weight, _) = weight.split_at(layer.inputs * layer.outputs);
        let (bias, rest) = arena.split_at(layer.outputs);
        let end = layer.bias + layer.outputs;
        self.both(
            || self.dense(layer, measured, weight, bias),
            || self.dense_layers(others, measured, end, rest),
        );
    }

    /// Forms the gradient of a dense layer, some outputs a task, and updates its weights.
    fn dense(&self, layer: &DenseLayer, measured: &Measured, weight: Arrays, bias: Arrays) {
        struct Rows<'a> {
            update: &'a Update<'a>,
            layer: &'a DenseLayer,
            measured: &'a Measured<'a>,
            first: usize,
            weight: Arrays<'a>,
            bias: Arrays<'a>,
        }
        impl Task for Rows<'_> {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd>(self, simd: S) {
                let Self {
                    update,
                    layer,
                    measured,
                    first,
                    mut weight,
                    bias,
                } = self;
                let inputs = layer.input_rows(measured.records, measured.record_len);
                let gradients = layer.gradient_rows(measured.records, measured.record_len);
                let rows = bias.parameter.len();
                let mut room = own(update.gradients).lock().expect("no task panics");
                let gradient = &mut room[..rows * inputs.units];
                dense::backward_weight(simd, inputs, gradients, first, gradient);
                for gradient in gradient.chunks_exact(inputs.units) {
                    let (row, rest) = weight.split_at(layer.inputs);
                    update.apply(&gradient[..layer.inputs], row);
                    weight = rest;
                }
                let mut sums = [0.0; ROWS_PER_TASK];
                for (row, sum) in sums[..rows].iter_mut().enumerate() {
                    *sum = gradients.sum(first + row);
                }
                update.apply(&sums[..rows], bias);
            }
        }
        let fewest_tasks = if self.is_shared { 1 } else { usize::MAX };
        weight
            .par_chunks(ROWS_PER_TASK * layer.inputs)
            .zip(bias.par_chunks(ROWS_PER_TASK))
            .enumerate()
            .with_min_len(fewest_tasks)
            .for_each(|(task, (weight, bias))| {
                let first = task * ROWS_PER_TASK;
                let update = self;
                self.level.dispatch(Rows {
                    update,
                    layer,
                    measured,
                    first,
                    weight,
                    bias,
                });
            });
    }

    /// Updates a part of the weights by its gradient.
    #[inline(always)]
    fn apply(&self, gradient: &[f32], part: Arrays) {
        optimiser::update(self.recipe, self.rates, gradient, part);
    }
}

/// The penalties [n,class] of every picture in `data` under the parameters in `arena`, `batch`
/// pictures at a time, with the widest vectors there are.
pub fn evaluate(network: &Network, arena: &[f32], data: &Dataset, batch: usize) -> Vec<f32> {
    evaluate_at_level(Level::best(), network, arena, data, batch)
}

/// As [`evaluate`], with the vectors of `level`.
pub fn evaluate_at_level(
    level: Level,
    network: &Network,
    arena: &[f32],
    data: &Dataset,
    batch: usize,
) -> Vec<f32> {
    if batch <= SAMPLES_ONE_BY_ONE {
        evaluate_blocks::<1>(level, network, arena, data, batch)
    } else {
        evaluate_blocks::<LANES>(level, network, arena, data, batch)
    }
}

fn evaluate_blocks<const SAMPLES: usize>(
    level: Level,
    network: &Network,
    arena: &[f32],
    data: &Dataset,
    batch: usize,
) -> Vec<f32> {
    let (block, assembler) = (Block::<SAMPLES>::new(network), Assembler::new());
    let rooms = rooms(|| block.activations());
    let arena = Aligned::of(arena);
    let mut penalties = vec![0.0; data.len() * DIGITS];
    let batches = penalties.chunks_mut(batch * DIGITS).enumerate();
    // Inside the pool from batch to batch: entering it costs more than a small batch.
    rayon::scope(|_| {
        for (index, penalties) in batches {
            penalties
                .par_chunks_mut(SAMPLES * DIGITS)
                .enumerate()
                .for_each(|(place, penalties)| {
                    let mut activations = own(&rooms).lock().expect("no task panics");
                    level.dispatch(EvaluateBlock {
                        block: &block,
                        assembler: &assembler,
                        arena: &arena,
                        data,
                        first: index * batch + place * SAMPLES,
                        activations: &mut activations,
                        penalties,
                    });
                });
        }
    });
    penalties
}

/// Forward of one block.
struct EvaluateBlock<'a, const SAMPLES: usize> {
    block: &'a Block<SAMPLES>,
    assembler: &'a Assembler,
    arena: &'a [f32],
    data: &'a Dataset,
    first: usize,
    activations: &'a mut Activations,
    penalties: &'a mut [f32],
}

impl<const SAMPLES: usize> Task for EvaluateBlock<'_, SAMPLES> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut field = [0.0; FIELD];
        let (penalties, _) = self.penalties.as_chunks_mut::<DIGITS>();
        for lane in 0..penalties.len() {
            self.assembler
                .assemble(self.data.image(self.first + lane), &mut field);
            self.block.put_input(lane, &field, self.activations);
        }
        self.block.forward(simd, self.arena, self.activations);
        for (lane, penalties) in penalties.iter_mut().enumerate() {
            *penalties = self.block.penalties(lane, self.activations);
        }
    }
}
