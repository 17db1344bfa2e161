//! The first phase of a step: the forward and the backward pass of a batch, block by block.

use std::ops::Range;

use rayon::prelude::*;

use super::batch::{Assembler, FIELD};
use super::block::{BlockSize, expect_size_of};
use super::memory::Aligned;
use super::network::{Activations, BlockNetwork};
use super::simd::{Level, Simd, Task};
use super::teachers::Teachers;
use super::threads::PerThread;
use crate::data::Dataset;
use crate::model::preconditioning::{Preconditioning, SAMPLES_LOOKED_AT};
use crate::model::{DIGITS, Model, Network, Recipe, StepMetrics};
use crate::reference::{Presentation, Presentations, loss, metrics};

/// The batch of one step.
pub struct Batch<'a> {
    /// The digits it is taken from.
    pub data: &'a Dataset,
    /// The recipe of the run.
    pub recipe: &'a Recipe,
    /// The seed of the run.
    pub seed: u32,
    /// The pass it belongs to.
    pub presentations: Presentations<'a>,
    /// Its places in the pass.
    pub positions: Range<usize>,
    /// The vectors to compute with.
    pub level: Level,
    /// What turns pictures into input.
    pub assembler: &'a Assembler,
    /// The parameters, an arena.
    pub arena: &'a [f32],
}

impl Batch<'_> {
    /// Samples in the batch: fewer at the end of a pass.
    pub fn count(&self) -> usize {
        self.positions.len()
    }

    /// What is presented at place `place` of the batch.
    fn presentation(&self, place: usize) -> Presentation {
        self.presentations.at(self.positions.start + place)
    }
}

/// What the blocks of a batch are made from.
pub struct Parts<'a> {
    /// The network.
    pub network: &'a Network,
    /// The recipe it is trained by.
    pub recipe: &'a Recipe,
    /// Whom it learns from.
    pub teachers: &'a [Model],
    /// Length of an arena before the first dense layer.
    pub shared: usize,
    /// Length of a sample's record.
    pub record_len: usize,
}

/// The first phase of every step, in blocks whose size suits the batch and the vectors.
pub enum FirstPhase {
    /// Sample by sample.
    OneByOne(Blocks<1>),
    /// In blocks of eight.
    InEights(Blocks<8>),
    /// In blocks of sixteen.
    InSixteens(Blocks<16>),
}

/// Calls a method of the blocks in `$phase`, whatever their size.
macro_rules! of_blocks {
    ($phase:expr, $blocks:ident => $call:expr) => {
        match $phase {
            FirstPhase::OneByOne($blocks) => $call,
            FirstPhase::InEights($blocks) => $call,
            FirstPhase::InSixteens($blocks) => $call,
        }
    };
}

impl FirstPhase {
    /// For batches of at most `batch` samples at `level`, as `parts` say.
    pub fn new(level: Level, batch: usize, parts: &Parts) -> Self {
        match BlockSize::of(level, batch) {
            BlockSize::One => Self::OneByOne(Blocks::new(batch, parts)),
            BlockSize::Eight => Self::InEights(Blocks::new(batch, parts)),
            BlockSize::Sixteen => Self::InSixteens(Blocks::new(batch, parts)),
        }
    }

    /// Computes the gradients and records of `batch`; see [`FirstPhase::results`].
    pub fn run(&mut self, batch: &Batch) -> StepMetrics {
        of_blocks!(self, blocks => blocks.run(batch))
    }

    /// What the layers whose gradients are preconditioned read of the first samples of the batch of `count`
    /// samples that was computed last: for each sample the inputs of all layers, one after another.
    pub fn inputs(&self, count: usize) -> Vec<&[f32]> {
        of_blocks!(self, blocks => blocks.inputs(count))
    }

    /// What the batch of `count` samples that was computed last has left.
    pub fn results(&self, count: usize) -> Results<'_> {
        of_blocks!(self, blocks => blocks.results(count))
    }
}

/// What the first phase of a step leaves for the second.
pub struct Results<'a> {
    /// Gradients of the parameters before the first dense layer [block][parameter].
    pub shared_gradients: &'a [f32],
    /// Records of the samples [sample][record].
    pub records: &'a [f32],
    /// Numbers in a record.
    pub record_len: usize,
}

/// The blocks of a batch.
pub struct Blocks<const SAMPLES: usize> {
    network: BlockNetwork<SAMPLES>,
    teachers: Teachers<SAMPLES>,
    activations: PerThread<Activations>,
    /// [block][parameter]
    shared_gradients: Aligned,
    /// Length of a block's gradient.
    shared: usize,
    /// [sample][record]
    records: Aligned,
    record_len: usize,
    /// Layers whose inputs are looked at, and the number of these inputs.
    looked_at: Vec<usize>,
    inputs: usize,
    /// [block]
    outcomes: Vec<Outcome>,
}

/// What a block leaves besides gradients and records.
#[derive(Clone, Default)]
struct Outcome {
    metrics: StepMetrics,
    /// The inputs that are looked at [sample][input], in the first blocks.
    inputs: Vec<f32>,
}

impl<const SAMPLES: usize> Blocks<SAMPLES> {
    fn new(batch: usize, parts: &Parts) -> Self {
        let Parts {
            shared, record_len, ..
        } = *parts;
        let network = BlockNetwork::new(parts.network);
        let blocks = batch.div_ceil(SAMPLES);
        let (looked_at, inputs) = looked_at(parts);
        let mut outcomes = vec![Outcome::default(); blocks];
        let samples = SAMPLES.min(SAMPLES_LOOKED_AT);
        for outcome in &mut outcomes[..SAMPLES_LOOKED_AT.div_ceil(SAMPLES).min(blocks)] {
            outcome.inputs = vec![0.0; samples * inputs];
        }
        Self {
            looked_at,
            inputs,
            outcomes,
            teachers: Teachers::new(parts.teachers, parts.recipe),
            activations: PerThread::new(|| network.activations()),
            shared_gradients: Aligned::zeros(blocks * shared),
            shared,
            records: Aligned::zeros(blocks * SAMPLES * record_len),
            record_len,
            network,
        }
    }

    fn run(&mut self, batch: &Batch) -> StepMetrics {
        let count = batch.count();
        let blocks = count.div_ceil(SAMPLES);
        let (network, activations, stride) = (&self.network, &self.activations, self.record_len);
        let (teachers, looked_at) = (&self.teachers, &self.looked_at);
        self.shared_gradients
            .par_chunks_exact_mut(self.shared)
            .zip(self.records.par_chunks_mut(SAMPLES * stride))
            .zip(&mut self.outcomes)
            .take(blocks)
            .enumerate()
            .for_each(|(index, ((gradient, records), outcome))| {
                let first = index * SAMPLES;
                outcome.metrics = batch.level.dispatch(MeasureBlock {
                    batch,
                    places: first..count.min(first + SAMPLES),
                    network,
                    teachers,
                    activations: &mut activations.own(),
                    gradient,
                    records,
                    stride,
                    looked_at,
                    inputs: &mut outcome.inputs,
                });
            });
        let blocks = self.outcomes[..blocks].iter().map(|block| &block.metrics);
        blocks.fold(StepMetrics::default(), |sum, block| StepMetrics {
            loss: sum.loss + block.loss,
            errors: sum.errors + block.errors,
            count: sum.count + block.count,
        })
    }

    fn inputs(&self, count: usize) -> Vec<&[f32]> {
        let samples = self.outcomes.iter().flat_map(|block| {
            // None where nothing is looked at, and nothing to cut up.
            block.inputs.chunks_exact(self.inputs.max(1))
        });
        samples.take(count).collect()
    }

    fn results(&self, count: usize) -> Results<'_> {
        Results {
            shared_gradients: &self.shared_gradients[..count.div_ceil(SAMPLES) * self.shared],
            records: &self.records[..count * self.record_len],
            record_len: self.record_len,
        }
    }
}

/// The layers whose inputs are looked at as `parts` say, and the number of these inputs.
fn looked_at(parts: &Parts) -> (Vec<usize>, usize) {
    let layers = match parts.recipe.is_preconditioned() {
        true => Preconditioning::of(parts.network).layers,
        false => Vec::new(),
    };
    let inputs = layers.iter().map(|layer| layer.windows.input.units());
    (
        layers.iter().map(|layer| layer.layer).collect(),
        inputs.sum(),
    )
}

/// The forward and the backward pass of one block.
struct MeasureBlock<'a, const SAMPLES: usize> {
    batch: &'a Batch<'a>,
    /// Places in the batch of the block's samples.
    places: Range<usize>,
    network: &'a BlockNetwork<SAMPLES>,
    teachers: &'a Teachers<SAMPLES>,
    activations: &'a mut Activations,
    gradient: &'a mut [f32],
    records: &'a mut [f32],
    stride: usize,
    /// Layers whose inputs are looked at.
    looked_at: &'a [usize],
    /// These inputs of the first samples [sample][input]; none in most blocks.
    inputs: &'a mut [f32],
}

impl<const SAMPLES: usize> Task for MeasureBlock<'_, SAMPLES> {
    type Output = StepMetrics;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> StepMetrics {
        expect_size_of::<S, SAMPLES>();
        let Self {
            batch,
            network,
            teachers,
            activations,
            ..
        } = self;
        let mut labels = [0; SAMPLES];
        let mut field = [0.0; FIELD];
        let mut desks = teachers.desks();
        for (sample, place) in self.places.clone().enumerate() {
            let presentation = batch.presentation(place);
            labels[sample] = batch.data.labels()[presentation.sample];
            let (distortion, seed) = (&batch.recipe.distortion, batch.seed);
            let image = batch.data.image(presentation.sample);
            batch
                .assembler
                .assemble_distorted(image, distortion, seed, presentation, &mut field);
            network.put_input(sample, &field, activations);
            teachers.put_input(sample, &field, &mut desks);
        }
        let loss = &batch.recipe.loss;
        let own = 1.0 - batch.recipe.teacher_share;
        // No `map`: the compiler would not inline it here.
        let mut targets = [[0.0; DIGITS]; SAMPLES];
        for (target, &label) in targets.iter_mut().zip(&labels) {
            *target = loss::by_label(label.into(), own);
        }
        // The teachers go first, and the network itself last: one call, because the compiler copies the whole
        // forward pass to wherever it is called.
        for turn in 0..=teachers.count() {
            let teacher = teachers.at(turn);
            let (network, arena, values) = match teacher {
                Some((teacher, network)) => {
                    (network, &teacher.arena[..], &mut *desks[teacher.desk])
                }
                None => (network, batch.arena, &mut *activations),
            };
            network.forward(simd, arena, values);
            let Some((teacher, _)) = teacher else {
                break;
            };
            for (sample, target) in targets.iter_mut().enumerate() {
                let penalties = network.penalties(sample, values);
                loss::learn(&teacher.loss, &penalties, teachers.share, target);
            }
        }
        let mut metrics = StepMetrics::default();
        for (sample, &label) in labels.iter().enumerate() {
            let mut gradient = [0.0; DIGITS];
            // Samples of the block beyond the end of the batch get the gradient 0.
            if sample < self.places.len() {
                let y = network.penalties(sample, activations);
                let own = loss::taught(loss, &y, &targets[sample], batch.count(), &mut gradient);
                let (own, errors) = metrics::gather(&y, &[own], &[label], loss.rubbish_distance());
                metrics.loss += f64::from(own);
                metrics.errors += errors;
                metrics.count += 1;
            }
            network.put_penalty_gradient(sample, &gradient, activations);
        }
        if !self.inputs.is_empty() {
            let samples = SAMPLES.min(SAMPLES_LOOKED_AT);
            let of_sample = self.inputs.len() / samples;
            for (sample, inputs) in self.inputs.chunks_exact_mut(of_sample).enumerate() {
                network.get_inputs(self.looked_at, sample, activations, inputs);
            }
        }
        network.backward(simd, batch.arena, activations, self.gradient);
        network.record(activations, self.records, self.stride);
        metrics
    }
}
