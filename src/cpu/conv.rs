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
        (planes.shape.height, planes.shape.width * SAMPLES)
    }
}

/// Runs of sums, and the windows of values that they are computed from.
struct OutputRuns {
    /// Place of the first sum.
    target: usize,
    /// Distance of two runs.
    target_row: usize,
    /// Sums of each run.
    length: usize,
    /// What every sum starts from.
    start: f32,
    /// Distance of two rows of a window, and of the windows of two runs.
    window_row: usize,
    /// The rows of a window to be read; the others hold only 0.
    window_rows: Range<usize>,
}

/// How a map is cut into tiles, the sums of which stay in registers.
#[derive(Clone, Copy)]
struct Tiling {
    /// Runs that are computed together: one or two.
    runs: usize,
    /// The most units of a run in a tile.
    units: usize,
}

impl Tiling {
    /// For runs of `units` units: pieces of about the same length. Where that leaves too few sums to hide
    /// the latency of a multiply-add, two runs are computed together.
    #[inline(always)]
    fn of<S: Simd>(units: usize) -> Self {
        const ENOUGH: usize = 8;
        let piece = |most: usize| units.div_ceil(units.div_ceil(most));
        match piece(S::CONVOLVED_UNITS) {
            few if few < ENOUGH && S::CONVOLVED_UNITS >= ENOUGH => Self {
                runs: 2,
                units: piece(S::CONVOLVED_UNITS / 2),
            },
            units => Self { runs: 1, units },
        }
    }

    /// The same for a map that has `rows` rows left.
    #[inline(always)]
    fn at_most(self, rows: usize) -> Self {
        Self {
            runs: self.runs.min(rows),
            ..self
        }
    }
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
    let tiling = Tiling::of::<S>(length / SAMPLES);
    for (map, pairs) in geometry.into.iter().enumerate() {
        for y in (0..rows).step_by(tiling.runs) {
            let runs = OutputRuns {
                target: geometry.output.at(map, y),
                target_row: geometry.output.row,
                length,
                start: bias[map],
                window_row: planes.row,
                window_rows: 0..KERNEL,
            };
            let windows = pairs
                .iter()
                .map(|pair| (planes.at(pair.input, y), pair.kernel));
            let tiling = tiling.at_most(rows - y);
            weighted_sums::<S, SAMPLES, false>(simd, tiling, &runs, windows, input, weight, sums);
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
    let tiling = Tiling::of::<S>(length / SAMPLES);
    let height = geometry.output.shape.height;
    for (map, pairs) in geometry.from.iter().enumerate() {
        for y in (0..rows).step_by(tiling.runs) {
            let tiling = tiling.at_most(rows - y);
            // The window begins four rows above; rows outside the map hold only 0.
            let last = y + tiling.runs - 1;
            let inside = (KERNEL - 1).saturating_sub(last)..KERNEL.min(KERNEL - 1 + height - y);
            let runs = OutputRuns {
                target: geometry.input.at(map, y),
                target_row: geometry.input.row,
                length,
                start: 0.0,
                window_row: planes.row,
                window_rows: if rows == 1 { 0..KERNEL } else { inside },
            };
            let windows = pairs
                .iter()
                .map(|pair| (planes.at(pair.output, y) - corner, pair.kernel));
            weighted_sums::<S, SAMPLES, true>(
                simd,
                tiling,
                &runs,
                windows,
                sum_gradient,
                weight,
                input_gradient,
            );
        }
    }
}

/// start + Σ weight · value over the 5×5 windows of every unit of as many runs as `tiling` has. `windows`
/// are the first place of each window of the first unit and the kernel that lies over it, turned by 180°
/// if it is `TURNED`.
#[inline(always)]
fn weighted_sums<S: Simd, const SAMPLES: usize, const TURNED: bool>(
    simd: S,
    tiling: Tiling,
    runs: &OutputRuns,
    windows: impl Iterator<Item = (usize, usize)> + Clone,
    values: &[f32],
    weight: &[f32],
    target: &mut [f32],
) {
    if SAMPLES == 1 {
        let vectors = runs.length / S::LANES;
        macro_rules! in_pieces_of {
            ($($count:literal)+) => {
                $(if vectors.is_multiple_of($count) {
                    return sums_of_single::<S, TURNED, $count>(
                        simd, runs, windows, values, weight, target,
                    );
                })+
            };
        }
        in_pieces_of!(14 10 4 2 1);
        return;
    }
    let units = runs.length / SAMPLES;
    let mut first = 0;
    macro_rules! in_tiles_of {
        ($($rows:literal x $count:literal)+) => {
            // No code is made for tiles that the registers do not hold.
            $(if $rows * $count <= S::CONVOLVED_UNITS && $rows == tiling.runs {
                while $count <= tiling.units && units - first >= $count {
                    sums_of_block::<S, SAMPLES, TURNED, $rows, $count>(
                        simd, runs, first, windows.clone(), values, weight, target,
                    );
                    first += $count;
                }
            })+
        };
    }
    in_tiles_of!(1 x 14 1 x 12 1 x 10 1 x 8 1 x 5 1 x 2 1 x 1 2 x 5 2 x 4 2 x 2 2 x 1);
}

/// As [`weighted_sums`] of a single sample, in pieces of `VECTORS` vectors.
#[inline(always)]
fn sums_of_single<S: Simd, const TURNED: bool, const VECTORS: usize>(
    simd: S,
    runs: &OutputRuns,
    windows: impl Iterator<Item = (usize, usize)> + Clone,
    values: &[f32],
    weight: &[f32],
    target: &mut [f32],
) {
    let piece = VECTORS * S::LANES;
    for first in (0..runs.length).step_by(piece) {
        let mut sums = [simd.splat(runs.start); VECTORS];
        for (window, kernel) in windows.clone() {
            let kernel = &weight[kernel * KERNEL_AREA..][..KERNEL_AREA];
            for y in runs.window_rows.clone() {
                let from = window + first + y * runs.window_row;
                let values = &values[from..][..piece + KERNEL - 1];
                for x in 0..KERNEL {
                    let w = simd.splat(kernel[tap::<TURNED>(x, y)]);
                    for (v, sum) in sums.iter_mut().enumerate() {
                        let value = simd.load(&values[v * S::LANES + x..]);
                        *sum = simd.mul_add(w, value, *sum);
                    }
                }
            }
        }
        let target = &mut target[runs.target + first..][..piece];
        for (v, sum) in sums.iter().enumerate() {
            simd.store(*sum, &mut target[v * S::LANES..]);
        }
    }
}

/// The place in a kernel of what lies over the value in column `x` and row `y` of a window.
#[inline(always)]
fn tap<const TURNED: bool>(x: usize, y: usize) -> usize {
    let tap = y * KERNEL + x;
    if TURNED { KERNEL_AREA - 1 - tap } else { tap }
}

/// As [`weighted_sums`] of a block, for a tile: `UNITS` units from `first` on of each of `ROWS` runs. Each
/// value, once loaded, is weighted for all the units of a run whose windows it lies in.
#[inline(always)]
fn sums_of_block<
    S: Simd,
    const SAMPLES: usize,
    const TURNED: bool,
    const ROWS: usize,
    const UNITS: usize,
>(
    simd: S,
    runs: &OutputRuns,
    first: usize,
    windows: impl Iterator<Item = (usize, usize)> + Clone,
    values: &[f32],
    weight: &[f32],
    target: &mut [f32],
) {
    for lanes in (0..SAMPLES).step_by(S::LANES) {
        let mut sums = [[simd.splat(runs.start); UNITS]; ROWS];
        for (window, kernel) in windows.clone() {
            let kernel = &weight[kernel * KERNEL_AREA..][..KERNEL_AREA];
            for y in runs.window_rows.clone() {
                let mut weights = [simd.splat(0.0); KERNEL];
                for (x, w) in weights.iter_mut().enumerate() {
                    *w = simd.splat(kernel[tap::<TURNED>(x, y)]);
                }
                // Written out: what is not unrolled has its sums in memory.
                macro_rules! row {
                    ($row:literal, $($column:literal)+) => {
                        let from = window + first * SAMPLES + (y + $row) * runs.window_row + lanes;
                        let values = &values[from..][..(UNITS + KERNEL - 2) * SAMPLES + S::LANES];
                        $(if $column < UNITS + KERNEL - 1 {
                            let value = simd.load(&values[$column * SAMPLES..]);
                            for x in 0..KERNEL {
                                let unit = usize::wrapping_sub($column, x);
                                if unit < UNITS {
                                    let sum = &mut sums[$row % ROWS][unit];
                                    *sum = simd.mul_add(weights[x], value, *sum);
                                }
                            }
                        })+
                    };
                }
                row!(0, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17);
                if ROWS == 2 {
                    row!(1, 0 1 2 3 4 5 6 7 8);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            let to = runs.target + row * runs.target_row + first * SAMPLES;
            let target = &mut target[to..][..UNITS * SAMPLES];
            for (unit, sum) in sums.iter().enumerate() {
                simd.store(*sum, &mut target[unit * SAMPLES + lanes..]);
            }
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
