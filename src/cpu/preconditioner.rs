//! Gradients multiplied by the inverses of the inputs' second moments: what the
//! [`reference`](crate::reference::preconditioning) does, compiled for vectors and shared among threads.

use rayon::prelude::*;

use super::dense::padded;
use super::simd::{Level, Simd, Task};
use crate::model::preconditioning::{
    Block, PreconditionedLayer, Preconditioning, is_renewed_at, share_of_step,
};
use crate::model::{InputMoments, Network, Parameters, Recipe};
use crate::reference::preconditioning;

/// Rows of a mean in one task.
const ROWS: usize = 16;
/// Rows of a mean that are summed at once, in registers.
pub const ROWS_AT_ONCE: usize = 8;
/// Units whose gradients are multiplied at once.
pub const UNITS_AT_ONCE: usize = 8;

/// What a training step needs to precondition its gradients, and keeps from step to step.
pub struct Preconditioner {
    layout: Preconditioning,
    parameters: Parameters,
    damping: f32,
    level: Level,
    moments: InputMoments,
}

impl Preconditioner {
    /// That of `network` trained by `recipe`, if it has any, with what `moments` has kept.
    pub fn of(
        level: Level,
        network: &Network,
        recipe: &Recipe,
        moments: &InputMoments,
    ) -> Option<Self> {
        recipe.is_preconditioned().then(|| Self {
            layout: Preconditioning::of(network),
            parameters: Parameters::of(network),
            damping: recipe.preconditioning,
            level,
            moments: moments.clone(),
        })
    }

    /// Values of scratch memory that [`apply`] needs.
    pub fn scratch_len(&self) -> usize {
        let inputs = self
            .layout
            .layers
            .iter()
            .map(|layer| layer.windows.inputs());
        UNITS_AT_ONCE * inputs.max().unwrap_or(0)
    }

    /// What it keeps.
    pub fn moments(&self) -> &InputMoments {
        &self.moments
    }

    /// The layer at place `layer` of the network's table, and the inverses of its blocks.
    pub fn of_layer(&self, layer: usize) -> Option<(&PreconditionedLayer, &[f32])> {
        let mut layers = self.layout.layers.iter();
        let found = layers.find(|found| found.layer == layer)?;
        Some((found, &self.moments.inverses[found.inverses.span()]))
    }

    /// Multiplies the gradients of the convolutions in `gradient`, the beginning of an arena.
    #[inline(always)]
    pub fn apply_to_shared<S: Simd>(&self, simd: S, gradient: &mut [f32], scratch: &mut [f32]) {
        for layer in &self.layout.layers {
            let (weight, _) = self.parameters.of_layer(layer.layer).expect("weights");
            let Some(gradient) = gradient.get_mut(weight.span()) else {
                return;
            };
            let inverses = &self.moments.inverses[layer.inverses.span()];
            for block in &layer.blocks {
                let (n, inverse) = (block.inputs.len(), &inverses[block.span()]);
                for &first in &block.first_weights {
                    let of_unit = &mut gradient[first..first + n];
                    apply(simd, inverse, n, of_unit, n, scratch);
                }
            }
        }
    }

    /// Takes what step `step` looked at, the inputs of all layers one after another of each sample in
    /// `samples`, into the means, and renews the inverses if they are due.
    pub fn look_at(&mut self, step: usize, samples: &[&[f32]]) {
        let (level, damping) = (self.level, self.damping);
        let mut first = 0;
        for layer in &self.layout.layers {
            let (size, units) = (layer.windows.inputs(), layer.windows.input.units());
            let of_layer = samples.iter().map(|sample| &sample[first..first + units]);
            let inputs: Vec<f32> = of_layer.flatten().copied().collect();
            first += units;
            let seen = fill_lines(&preconditioning::look_at(&layer.windows, &inputs), size);
            let mean = &mut self.moments.means[layer.mean.span()];
            let rows = mean.par_chunks_mut(ROWS * size).enumerate();
            rows.for_each(|(task, mean)| {
                level.dispatch(Accumulate {
                    seen: &seen,
                    size,
                    share: share_of_step(step),
                    first: task * ROWS,
                    mean,
                });
            });
            if is_renewed_at(step) {
                let inverses = &mut self.moments.inverses[layer.inverses.span()];
                renew(level, &layer.blocks, damping, (mean, size), inverses);
            }
        }
    }
}

/// Renews the `inverses` of `blocks`, which are one after another, from the n×n matrix `mean`.
fn renew(
    level: Level,
    blocks: &[Block],
    damping: f32,
    (mean, size): (&[f32], usize),
    inverses: &mut [f32],
) {
    let Some((block, others)) = blocks.split_first() else {
        return;
    };
    let (inverse, rest) = inverses.split_at_mut(block.span().len());
    rayon::join(
        || {
            level.dispatch(Invert {
                mean,
                size,
                inputs: &block.inputs,
                damping,
                inverse,
            });
        },
        || renew(level, others, damping, (mean, size), rest),
    );
}

/// [`preconditioning::accumulate`].
pub struct Accumulate<'a> {
    /// [window][input], each window filled up to whole cache lines.
    pub seen: &'a [f32],
    /// Inputs in a window.
    pub size: usize,
    /// The share of these windows in the mean.
    pub share: f32,
    /// The first of the rows.
    pub first: usize,
    /// Some rows.
    pub mean: &'a mut [f32],
}

impl Task for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            seen,
            size,
            share,
            first,
            mean,
        } = self;
        let stride = padded(size);
        let kept = simd.splat(1.0 - share);
        let part = simd.splat(share / (seen.len() / stride) as f32);
        for (chunk, rows) in mean.chunks_mut(ROWS_AT_ONCE * size).enumerate() {
            let first = first + chunk * ROWS_AT_ONCE;
            for column in (0..size).step_by(S::LANES) {
                let mut sums = [simd.splat(0.0); ROWS_AT_ONCE];
                for window in seen.chunks_exact(stride) {
                    let values = simd.load(&window[column..]);
                    // Beyond the last row are zeros, or other columns, whose sums are not stored.
                    for (row, sum) in sums.iter_mut().enumerate() {
                        let factor = window[(first + row).min(stride - 1)];
                        *sum = simd.mul_add(simd.splat(factor), values, *sum);
                    }
                }
                let end = size.min(column + S::LANES);
                for (&sum, row) in sums.iter().zip(rows.chunks_exact_mut(size)) {
                    let values = &mut row[column..end];
                    let mean = simd.mul_add(part, sum, simd.mul(kept, load(simd, values)));
                    store(simd, mean, values);
                }
            }
        }
    }
}

/// The windows `seen` [window][input], of `size` inputs, each filled up to whole cache lines by zeros.
pub fn fill_lines(seen: &[f32], size: usize) -> Vec<f32> {
    let mut filled = Vec::with_capacity(seen.len() / size * padded(size));
    for window in seen.chunks_exact(size) {
        filled.extend_from_slice(window);
        filled.resize(filled.len().next_multiple_of(padded(size)), 0.0);
    }
    filled
}

/// [`preconditioning::invert`].
pub struct Invert<'a> {
    /// The matrix.
    pub mean: &'a [f32],
    /// Its rows.
    pub size: usize,
    /// The rows and columns to be inverted.
    pub inputs: &'a [usize],
    /// d.
    pub damping: f32,
    /// The inverse.
    pub inverse: &'a mut [f32],
}

impl Task for Invert<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let Self {
            mean,
            size,
            inputs,
            damping,
            inverse,
        } = self;
        preconditioning::invert(mean, size, inputs, damping, inverse);
    }
}

/// [`preconditioning::apply`] for `gradients`, those of up to [`UNITS_AT_ONCE`] units, `stride` apart.
#[inline(always)]
pub fn apply<S: Simd>(
    simd: S,
    inverse: &[f32],
    n: usize,
    gradients: &mut [f32],
    stride: usize,
    scratch: &mut [f32],
) {
    // [input][unit], so that what is multiplied by a row of the inverse is together.
    let (before, _) = scratch.as_chunks_mut::<UNITS_AT_ONCE>();
    let before = &mut before[..n];
    before.fill([0.0; UNITS_AT_ONCE]);
    for (unit, gradient) in gradients.chunks_exact(stride).enumerate() {
        for (factors, &value) in before.iter_mut().zip(gradient) {
            factors[unit] = value;
        }
    }
    for column in (0..n).step_by(S::LANES) {
        let end = n.min(column + S::LANES);
        let mut sums = [simd.splat(0.0); UNITS_AT_ONCE];
        for (row, factors) in inverse.chunks_exact(n).zip(&*before) {
            let row = load(simd, &row[column..end]);
            for (sum, &factor) in sums.iter_mut().zip(factors) {
                *sum = simd.mul_add(simd.splat(factor), row, *sum);
            }
        }
        for (&sum, after) in sums.iter().zip(gradients.chunks_exact_mut(stride)) {
            store(simd, sum, &mut after[column..end]);
        }
    }
}

/// As many lanes of a register as `values` has.
#[inline(always)]
fn load<S: Simd>(simd: S, values: &[f32]) -> S::Vector {
    match values.len() == S::LANES {
        true => simd.load(values),
        false => simd.load_part(values),
    }
}

/// The first lanes of `vector` to `values`.
#[inline(always)]
fn store<S: Simd>(simd: S, vector: S::Vector, values: &mut [f32]) {
    match values.len() == S::LANES {
        true => simd.store(vector, values),
        false => {
            let mut whole = [0.0; super::memory::LINE];
            simd.store(vector, &mut whole);
            values.copy_from_slice(&whole[..values.len()]);
        }
    }
}
