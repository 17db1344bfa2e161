//! The second phase of a step: gradients are summed up and weights updated.

use std::sync::Mutex;

use rayon::prelude::*;

use super::dense;
use super::first_phase::FirstPhase;
use super::memory::Aligned;
use super::network::DenseLayer;
use super::simd::{Level, Simd, Task};
use super::threads::own;
use crate::model::{Recipe, StepRates};
use crate::reference::optimiser::{self, Arrays};

/// Outputs of a dense layer in one task.
pub const ROWS_PER_TASK: usize = 8;

impl<'a> Arrays<'a> {
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

/// What an update of any part of the weights needs.
pub struct Update<'a> {
    /// Whether threads share the work.
    pub is_shared: bool,
    pub recipe: &'a Recipe,
    pub rates: &'a StepRates,
    pub level: Level,
    pub gradients: &'a [Mutex<Aligned>],
}

impl Update<'_> {
    /// Sums up the blocks' gradients in order and updates the shared weights.
    pub fn shared(&self, gradients: &[f32], part: Arrays) {
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
    pub fn both(&self, first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
        if self.is_shared {
            rayon::join(first, second);
        } else {
            first();
            second();
        }
    }

    /// Updates the dense layers, whose parameters are in `arena`; it starts at place `start`.
    pub fn dense_layers(
        &self,
        layers: &[DenseLayer],
        measured: &FirstPhase,
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
    fn dense(&self, layer: &DenseLayer, measured: &FirstPhase, weight: Arrays, bias: Arrays) {
        struct Rows<'a> {
            update: &'a Update<'a>,
            layer: &'a DenseLayer,
            measured: &'a FirstPhase<'a>,
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
