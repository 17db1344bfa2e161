//! Convolution with a connection table, in vectors.
//!
//! a[o,y,x] = b[o] + Σ_{c read by o} Σ_{ky,kx} w[o,c,ky,kx] · input[c, y+ky, x+kx]   (section II.A)

use std::ops::Range;

use super::memory::Planes;
use super::operation::{Computed, LayerOperation};
use super::simd::Simd;
use crate::model::{ConnectionTable, KERNEL, Pair};

const KERNEL_AREA: usize = KERNEL * KERNEL;

/// The connections of a convolution, and where its values lie; the layer's operation.
pub struct Geometry<const SAMPLES: usize> {
    /// The pairs of each output map.
    into: Vec<Vec<Pair>>,
    /// The pairs of each input map.
    from: Vec<Vec<Pair>>,
    /// The layout of the input.
    pub input: Planes<SAMPLES>,
    /// The layout of the sums.
    pub output: Planes<SAMPLES>,
    /// The layout of ∂E/∂a: framed by 0, with rows as far apart as those of the input.
    pub gradient: Planes<SAMPLES>,
}

impl<const SAMPLES: usize> Geometry<SAMPLES> {
    /// The convolution of `table` between the given layouts.
    pub fn new(
        table: &ConnectionTable,
        input: Planes<SAMPLES>,
        output: Planes<SAMPLES>,
        gradient: Planes<SAMPLES>,
    ) -> Self {
        Self {
            into: (0..table.outputs())
                .map(|map| table.pairs_into(map).collect())
                .collect(),
            from: (0..table.inputs())
                .map(|map| table.pairs_from(map).collect())
                .collect(),
            input,
            output,
            gradient,
        }
    }
}

impl<const SAMPLES: usize> LayerOperation<SAMPLES> for Geometry<SAMPLES> {
    fn output(&self) -> Planes<SAMPLES> {
        self.output
    }

    fn output_gradient(&self) -> Planes<SAMPLES> {
        self.gradient
    }

    #[inline(always)]
    fn forward<S: Simd>(
        &self,
        simd: S,
        input: &[f32],
        weight: &[f32],
        bias: &[f32],
        sums: &mut [f32],
    ) {
        forward(simd, self, input, weight, bias, sums);
    }

    #[inline(always)]
    fn backward_input<S: Simd>(&self, simd: S, computed: &Computed, input_gradient: &mut [f32]) {
        let Computed {
            weight,
            sum_gradient,
            ..
        } = *computed;
        backward_input(simd, self, sum_gradient, weight, input_gradient);
    }

    #[inline(always)]
    fn backward_weight<S: Simd>(
        &self,
        simd: S,
        computed: &Computed,
        weight_gradient: &mut [f32],
        bias_gradient: &mut [f32],
    ) {
        let Computed {
            input,
            sum_gradient,
            ..
        } = *computed;
        backward_weight(
            simd,
            self,
            input,
            sum_gradient,
            weight_gradient,
            bias_gradient,
        );
    }
}

/// The runs that a map is computed in, and their length: all rows of the map in one run for a single
/// sample, whose rows lie equally far apart in input and output, otherwise row by row.
#[inline(always)]
fn runs<const SAMPLES: usize>(planes: &Planes<SAMPLES>) -> (usize, usize) {
    if SAMPLES == 1 {
        (1, planes.shape.height * planes.row)
    } else {
        (planes.shape.height, planes.width())
    }
}

/// One run of sums, and the windows of values that they are computed from.
struct OutputRun {
    /// Place of the first sum.
    target: usize,
    length: usize,
    /// What every sum starts from.
    start: f32,
    /// Distance of two rows of a window.
    window_row: usize,
    /// The rows of a window to be read; the others hold only 0.
    window_rows: Range<usize>,
}

/// `input` [c,y,x], `weight` [pair,ky,kx], `bias` [o] → `sums` [o,y,x].
#[inline(always)]
pub fn forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    sums: &mut [f32],
) {
    let planes = &geometry.input;
    let (rows, length) = runs(&geometry.output);
    for (map, pairs) in geometry.into.iter().enumerate() {
        for y in 0..rows {
            let run = OutputRun {
                target: geometry.output.at(map, y),
                length,
                start: bias[map],
                window_row: planes.row,
                window_rows: 0..KERNEL,
            };
            let windows = pairs
                .iter()
                .map(|pair| (planes.at(pair.input, y), pair.kernel));
            weighted_sum::<S, SAMPLES, false>(simd, &run, windows, input, weight, sums);
        }
    }
}

/// ∂E/∂input [c,y,x] from ∂E/∂a in its frame of 0: every input collects from the sums that it
/// contributed to. They lie in a window above and to the left of it, over which the kernel is laid
/// turned by 180°.
#[inline(always)]
pub fn backward_input<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    sum_gradient: &[f32],
    weight: &[f32],
    input_gradient: &mut [f32],
) {
    let planes = &geometry.gradient;
    let corner = (KERNEL - 1) * (planes.row + SAMPLES);
    let (rows, length) = runs(&geometry.input);
    let height = geometry.output.shape.height;
    for (map, pairs) in geometry.from.iter().enumerate() {
        for y in 0..rows {
            // The window begins four rows above; rows outside the map hold only 0.
            let inside = (KERNEL - 1).saturating_sub(y)..KERNEL.min(KERNEL - 1 + height - y);
            let run = OutputRun {
                target: geometry.input.at(map, y),
                length,
                start: 0.0,
                window_row: planes.row,
                window_rows: if rows == 1 { 0..KERNEL } else { inside },
            };
            let windows = pairs
                .iter()
                .map(|pair| (planes.at(pair.output, y) - corner, pair.kernel));
            weighted_sum::<S, SAMPLES, true>(
                simd,
                &run,
                windows,
                sum_gradient,
                weight,
                input_gradient,
            );
        }
    }
}

/// start + Σ weight · value over the 5×5 windows of every unit of a run, in pieces of as many vectors
/// as can be summed in registers at once. `windows` are the first place of each window of the run's
/// first unit and the kernel that lies over it, turned by 180° if it is `TURNED`.
#[inline(always)]
fn weighted_sum<S: Simd, const SAMPLES: usize, const TURNED: bool>(
    simd: S,
    run: &OutputRun,
    windows: impl Iterator<Item = (usize, usize)> + Clone,
    values: &[f32],
    weight: &[f32],
    target: &mut [f32],
) {
    let vectors = run.length / S::LANES;
    macro_rules! in_pieces_of {
        ($($count:literal)+) => {
            $(if vectors.is_multiple_of($count) {
                return weighted_sum_piecewise::<S, SAMPLES, TURNED, $count>(
                    simd, run, windows, values, weight, target,
                );
            })+
        };
    }
    in_pieces_of!(14 10 4 2 1);
}

/// As [`weighted_sum`], in pieces of `VECTORS` vectors.
#[inline(always)]
fn weighted_sum_piecewise<
    S: Simd,
    const SAMPLES: usize,
    const TURNED: bool,
    const VECTORS: usize,
>(
    simd: S,
    run: &OutputRun,
    windows: impl Iterator<Item = (usize, usize)> + Clone,
    values: &[f32],
    weight: &[f32],
    target: &mut [f32],
) {
    let piece = VECTORS * S::LANES;
    for first in (0..run.length).step_by(piece) {
        let mut sums = [simd.splat(run.start); VECTORS];
        for (window, kernel) in windows.clone() {
            let kernel = &weight[kernel * KERNEL_AREA..][..KERNEL_AREA];
            for y in run.window_rows.clone() {
                let from = window + first + y * run.window_row;
                let values = &values[from..][..piece + (KERNEL - 1) * SAMPLES];
                for x in 0..KERNEL {
                    let tap = y * KERNEL + x;
                    let tap = if TURNED { KERNEL_AREA - 1 - tap } else { tap };
                    let w = simd.splat(kernel[tap]);
                    for (v, sum) in sums.iter_mut().enumerate() {
                        let value = simd.load(&values[v * S::LANES + x * SAMPLES..]);
                        *sum = simd.mul_add(w, value, *sum);
                    }
                }
            }
        }
        let target = &mut target[run.target + first..][..piece];
        for (v, sum) in sums.iter().enumerate() {
            simd.store(*sum, &mut target[v * S::LANES..]);
        }
    }
}

/// ∂E/∂weight [pair,ky,kx] and ∂E/∂bias [o], summed over the samples.
#[inline(always)]
pub fn backward_weight<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    sum_gradient: &[f32],
    weight_gradient: &mut [f32],
    bias_gradient: &mut [f32],
) {
    for pairs in &geometry.from {
        let (twos, single) = pairs.as_chunks::<2>();
        for two in twos {
            kernel_gradients(simd, geometry, two, input, sum_gradient, weight_gradient);
        }
        for pair in single {
            kernel_gradients(
                simd,
                geometry,
                &[*pair],
                input,
                sum_gradient,
                weight_gradient,
            );
        }
    }
    let (rows, length) = runs(&geometry.output);
    for (map, db) in bias_gradient.iter_mut().enumerate() {
        let mut sum = simd.splat(0.0);
        for y in 0..rows {
            let from = geometry.gradient.at(map, y);
            for part in sum_gradient[from..from + length].chunks_exact(S::LANES) {
                sum = simd.add(sum, simd.load(part));
            }
        }
        *db = simd.sum(sum);
    }
}

/// The gradients of `COUNT` kernels that read the same map, row by row of the kernels: each input
/// vector, once loaded, serves them all.
#[inline(always)]
fn kernel_gradients<S: Simd, const SAMPLES: usize, const COUNT: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    pairs: &[Pair; COUNT],
    input: &[f32],
    sum_gradient: &[f32],
    weight_gradient: &mut [f32],
) {
    let (rows, length) = runs(&geometry.output);
    for ky in 0..KERNEL {
        let mut sums = [[simd.splat(0.0); KERNEL]; COUNT];
        for y in 0..rows {
            let x_row = geometry.input.at(pairs[0].input, y + ky);
            let inputs = &input[x_row..][..length + (KERNEL - 1) * SAMPLES];
            let gradients: [&[f32]; COUNT] = std::array::from_fn(|k| {
                &sum_gradient[geometry.gradient.at(pairs[k].output, y)..][..length]
            });
            for at in (0..length).step_by(S::LANES) {
                let window = &inputs[at..][..S::LANES + (KERNEL - 1) * SAMPLES];
                let mut da = [simd.splat(0.0); COUNT];
                for (da, gradients) in da.iter_mut().zip(&gradients) {
                    *da = simd.load(&gradients[at..]);
                }
                for kx in 0..KERNEL {
                    let x = simd.load(&window[kx * SAMPLES..]);
                    for (sums, da) in sums.iter_mut().zip(&da) {
                        sums[kx] = simd.mul_add(*da, x, sums[kx]);
                    }
                }
            }
        }
        for (pair, sums) in pairs.iter().zip(&sums) {
            let first = (pair.kernel * KERNEL + ky) * KERNEL;
            for (dw, sum) in weight_gradient[first..][..KERNEL].iter_mut().zip(sums) {
                *dw = simd.sum(*sum);
            }
        }
    }
}
