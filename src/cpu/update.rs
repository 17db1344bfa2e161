//! The second phase of a step: gradients are summed over the batch and the parameters updated.

use rayon::prelude::*;

use super::dense;
use super::first_phase::Results;
use super::memory::Aligned;
use super::preconditioner::{self, Preconditioner};
use super::records::DenseLayer;
use super::simd::{Level, Simd, Task};
use super::threads::PerThread;
use crate::model::{Recipe, StepRates};
use crate::reference::optimiser::{self, Arrays};

/// Outputs of a dense layer in one task: as many as are preconditioned at once.
pub const ROWS_PER_TASK: usize = preconditioner::UNITS_AT_ONCE;

/// What an update of any part of the parameters needs.
pub struct Update<'a> {
    /// Whether threads share the work.
    pub is_parallel: bool,
    /// The recipe of the run.
    pub recipe: &'a Recipe,
    /// The rates of the step.
    pub rates: StepRates,
    /// The vectors to compute with.
    pub level: Level,
    /// Scratch memory for the gradient of one task's outputs.
    pub gradients: &'a PerThread<Aligned>,
    /// The same for what is preconditioned.
    pub scratch: &'a PerThread<Aligned>,
    /// What gradients are multiplied by first.
    pub preconditioner: Option<&'a Preconditioner>,
}

impl Update<'_> {
    /// Updates the parameters in `arena`, all of them. The first dense layer starts at place
    /// `shared`.
    pub fn all(&self, layers: &[DenseLayer], results: &Results, shared: usize, arena: Arrays) {
        let (before, rest) = arena.split_at(shared);
        self.join(
            || self.dense_layers(layers, results, shared, rest),
            || self.shared(results.shared_gradients, before),
        );
    }

    /// Does both, in parallel if threads share the work.
    fn join(&self, first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
        if self.is_parallel {
            rayon::join(first, second);
        } else {
            first();
            second();
        }
    }

    /// Updates the parameters before the first dense layer.
    fn shared(&self, block_gradients: &[f32], arrays: Arrays) {
        self.level.dispatch(UpdateShared {
            update: self,
            block_gradients,
            arrays,
        });
    }

    /// Updates dense layers, whose parameters are in `arrays`, which start at place `start` of the
    /// arena.
    fn dense_layers(&self, layers: &[DenseLayer], results: &Results, start: usize, arrays: Arrays) {
        let Some((layer, others)) = layers.split_first() else {
            return;
        };
        let (_, arrays) = arrays.split_at(layer.weight - start);
        let (weight, arrays) = arrays.split_at(layer.bias - layer.weight);
        let (weight, _) = weight.split_at(layer.inputs * layer.outputs);
        let (bias, rest) = arrays.split_at(layer.outputs);
        let end = layer.bias + layer.outputs;
        self.join(
            || self.dense_layer(layer, results, weight, bias),
            || self.dense_layers(others, results, end, rest),
        );
    }

    /// Updates a dense layer, some outputs per task.
    fn dense_layer(&self, layer: &DenseLayer, results: &Results, weight: Arrays, bias: Arrays) {
        let fewest_tasks = if self.is_parallel { 1 } else { usize::MAX };
        par_chunks(weight, ROWS_PER_TASK * layer.inputs)
            .zip(par_chunks(bias, ROWS_PER_TASK))
            .enumerate()
            .with_min_len(fewest_tasks)
            .for_each(|(task, (weight, bias))| {
                self.level.dispatch(UpdateRows {
                    update: self,
                    layer,
                    results,
                    first: task * ROWS_PER_TASK,
                    weight,
                    bias,
                });
            });
    }

    /// The inverse of the second moments of what the dense layer `layer` reads, where gradients are
    /// preconditioned.
    fn inverse_of(&self, layer: &DenseLayer) -> Option<&[f32]> {
        let (_, inverses) = self.preconditioner?.of_layer(layer.layer)?;
        Some(&inverses[..layer.inputs * layer.inputs])
    }

    /// Updates a part of the parameters by its gradient.
    #[inline(always)]
    fn apply(&self, gradient: &[f32], arrays: Arrays) {
        optimiser::update(self.recipe, &self.rates, gradient, arrays);
    }
}

/// `arrays` in parts of `len` parameters.
fn par_chunks(arrays: Arrays, len: usize) -> impl IndexedParallelIterator<Item = Arrays> {
    let moments = arrays.first_moment.par_chunks_mut(len);
    let moments = moments.zip(arrays.second_moment.par_chunks_mut(len));
    let parameters = arrays.parameter.par_chunks_mut(len);
    let parameters = parameters.zip(arrays.averaged.par_chunks_mut(len));
    parameters.zip(moments).map(
        |((parameter, averaged), (first_moment, second_moment))| Arrays {
            parameter,
            first_moment,
            second_moment,
            averaged,
        },
    )
}

/// Sums the blocks' gradients in order and updates the parameters before the first dense layer.
struct UpdateShared<'a> {
    update: &'a Update<'a>,
    /// [block][parameter]
    block_gradients: &'a [f32],
    arrays: Arrays<'a>,
}

impl Task for UpdateShared<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        const PIECE: usize = 256;
        if self.update.preconditioner.is_some() {
            return self.run_preconditioned(simd);
        }
        let mut arrays = self.arrays;
        let len = arrays.parameter.len();
        let mut first = 0;
        while first < len {
            let piece = PIECE.min(len - first);
            let mut gradient = [0.0; PIECE];
            for block in self.block_gradients.chunks_exact(len) {
                for (sum, &value) in gradient.iter_mut().zip(&block[first..][..piece]) {
                    *sum += value;
                }
            }
            let (head, rest) = arrays.split_at(piece);
            self.update.apply(&gradient[..piece], head);
            arrays = rest;
            first += piece;
        }
    }
}

impl UpdateShared<'_> {
    /// The same with gradients that are preconditioned in between, which takes them as a whole.
    #[inline(always)]
    fn run_preconditioned<S: Simd>(self, simd: S) {
        let len = self.arrays.parameter.len();
        let mut gradient = vec![0.0; len];
        for block in self.block_gradients.chunks_exact(len) {
            for (sum, &value) in gradient.iter_mut().zip(block) {
                *sum += value;
            }
        }
        if let Some(preconditioner) = self.update.preconditioner {
            preconditioner.apply_to_shared(simd, &mut gradient, &mut self.update.scratch.own());
        }
        self.update.apply(&gradient, self.arrays);
    }
}

/// Forms the gradient of some outputs of a dense layer from the records, in the order of the samples,
/// and updates their weights and biases.
struct UpdateRows<'a> {
    update: &'a Update<'a>,
    layer: &'a DenseLayer,
    results: &'a Results<'a>,
    /// The first of the outputs; as many as biases.
    first: usize,
    weight: Arrays<'a>,
    bias: Arrays<'a>,
}

impl Task for UpdateRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            update,
            layer,
            results,
            first,
            mut weight,
            bias,
        } = self;
        let inputs = layer.input_rows(results.records, results.record_len);
        let gradients = layer.gradient_rows(results.records, results.record_len);
        let rows = bias.parameter.len();
        let mut scratch = update.gradients.own();
        let gradient = &mut scratch[..rows * inputs.units];
        dense::backward_weight(simd, inputs, gradients, first, gradient);
        if let Some(inverse) = update.inverse_of(layer) {
            let mut scratch = update.scratch.own();
            let (n, stride) = (layer.inputs, inputs.units);
            preconditioner::apply(simd, inverse, n, gradient, stride, &mut scratch);
        }
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
