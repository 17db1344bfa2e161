//! The first phase of a step: forward and backward of a batch, block by block.

use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;

use super::batch::{Assembler, FIELD};
use super::memory::Aligned;
use super::network::{Activations, Block};
use super::simd::{Level, Simd, Task};
use super::threads::{own, rooms};
use crate::data::Dataset;
use crate::model::{DIGITS, Network, Recipe, StepMetrics};
use crate::reference::{Presentation, Presentations, loss, metrics};

/// Samples in a block where there are many.
pub const LANES: usize = super::memory::LINE;

/// What the first phase of a step works on.
pub struct BatchOf<const SAMPLES: usize> {
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

/// A batch of one step.
pub struct Batch<'a> {
    pub data: &'a Dataset,
    pub recipe: &'a Recipe,
    pub seed: u32,
    pub presentations: Presentations<'a>,
    /// Its places in the pass.
    pub positions: Range<usize>,
    pub level: Level,
    pub assembler: &'a Assembler,
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

impl<const SAMPLES: usize> BatchOf<SAMPLES> {
    pub fn new(network: &Network, batch: usize, shared: usize, record_len: usize) -> Self {
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
    pub fn measure(&mut self, batch: &Batch) -> StepMetrics {
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
    pub fn measured(&self, count: usize) -> FirstPhase<'_> {
        let shared = self.shared_gradients.len() / self.metrics.len();
        FirstPhase {
            shared_gradients: &self.shared_gradients[..count.div_ceil(SAMPLES) * shared],
            records: &self.records[..count * self.record_len],
            record_len: self.record_len,
        }
    }
}

/// What the first phase of a step leaves for the second.
pub struct FirstPhase<'a> {
    /// Gradients of the shared weights [block][parameter].
    pub shared_gradients: &'a [f32],
    /// Records of the samples [sample][record].
    pub records: &'a [f32],
    pub record_len: usize,
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
