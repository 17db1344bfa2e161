//! Full connection, in vectors. C5, whose kernels cover all of S4, is one too.
//!
//! a[o] = b[o] + Σ_i w[o,i] · input[i]   (section II.B, F6)

use super::memory::{LINE, Planes};
use super::operation::{Computed, LayerOperation};
use super::simd::Simd;
use crate::model::Layer;

/// The layer's operation, on a block. Its weights' gradient is formed from the records of the whole
/// batch, by [`backward_weight`].
pub struct Dense<const SAMPLES: usize> {
    inputs: usize,
    outputs: usize,
}

impl<const SAMPLES: usize> Dense<SAMPLES> {
    /// The operation of `layer`.
    pub fn new(layer: &Layer) -> Self {
        Self {
            inputs: layer.input.units(),
            outputs: layer.output.units(),
        }
    }
}

impl<const SAMPLES: usize> LayerOperation<SAMPLES> for Dense<SAMPLES> {
    fn output(&self) -> Planes<SAMPLES> {
        Planes::units(self.outputs)
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
        let input = &input[..self.inputs * SAMPLES];
        forward::<S, SAMPLES>(simd, input, weight, bias, sums);
    }

    #[inline(always)]
    fn backward_input<S: Simd>(&self, simd: S, computed: &Computed, input_gradient: &mut [f32]) {
        let sum_gradient = &computed.sum_gradient[..self.outputs * SAMPLES];
        let input_gradient = &mut input_gradient[..self.inputs * SAMPLES];
        backward_input::<S, SAMPLES>(simd, sum_gradient, computed.weight, input_gradient);
    }
}

/// `input` [i][sample], `weight` [o,i], `bias` [o] → `sums` [o][sample].
#[inline(always)]
pub fn forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    sums: &mut [f32],
) {
    if SAMPLES == 1 {
        for ((sum, row), &b) in sums
            .iter_mut()
            .zip(weight.chunks_exact(input.len()))
            .zip(bias)
        {
            *sum = b + dot(simd, row, input);
        }
        return;
    }
    let inputs = input.len() / SAMPLES;
    let mut first = 0;
    macro_rules! outputs_in_groups_of {
        ($($count:literal x $vectors:literal)+) => {
            $(while bias.len() - first >= $count {
                let weight = &weight[first * inputs..][..$count * inputs];
                let sums = &mut sums[first * SAMPLES..][..$count * SAMPLES];
                forward_outputs::<S, SAMPLES, $count, $vectors>(
                    simd, input, weight, &bias[first..], sums,
                );
                first += $count;
            })+
        };
    }
    if SAMPLES >= 2 * S::LANES {
        outputs_in_groups_of!(6 x 2 4 x 2 1 x 2);
    } else {
        outputs_in_groups_of!(12 x 1 4 x 1 1 x 1);
    }
}

/// `COUNT` outputs for `VECTORS` vectors of samples at a time: each input vector, once loaded, serves all
/// the outputs, and each weight all the vectors.
#[inline(always)]
fn forward_outputs<S: Simd, const SAMPLES: usize, const COUNT: usize, const VECTORS: usize>(
    simd: S,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    sums: &mut [f32],
) {
    /// Inputs between two looks at the places of the rows of weights, which are too many for registers.
    const AT_ONCE: usize = 4;
    let inputs = input.len() / SAMPLES;
    let count = inputs / AT_ONCE;
    // All of the same length, so that an index below it needs no comparison.
    let rows: [&[[f32; AT_ONCE]]; COUNT] =
        std::array::from_fn(|o| &weight[o * inputs..][..inputs].as_chunks().0[..count]);
    let units = &input.as_chunks::<SAMPLES>().0.as_chunks::<AT_ONCE>().0[..count];
    for lanes in (0..SAMPLES).step_by(VECTORS * S::LANES) {
        let mut totals = [[simd.splat(0.0); VECTORS]; COUNT];
        for (totals, &b) in totals.iter_mut().zip(bias) {
            *totals = [simd.splat(b); VECTORS];
        }
        for at in 0..count {
            for i in 0..AT_ONCE {
                let x = vectors::<S, VECTORS>(simd, &units[at][i][lanes..]);
                for o in 0..COUNT {
                    let w = simd.splat(rows[o][at][i]);
                    for v in 0..VECTORS {
                        totals[o][v] = simd.mul_add(w, x[v], totals[o][v]);
                    }
                }
            }
        }
        for i in count * AT_ONCE..inputs {
            let x = vectors::<S, VECTORS>(simd, &input[i * SAMPLES + lanes..]);
            for o in 0..COUNT {
                let w = simd.splat(weight[o * inputs + i]);
                for v in 0..VECTORS {
                    totals[o][v] = simd.mul_add(w, x[v], totals[o][v]);
                }
            }
        }
        for (o, totals) in totals.iter().enumerate() {
            for (v, total) in totals.iter().enumerate() {
                simd.store(*total, &mut sums[o * SAMPLES + lanes + v * S::LANES..]);
            }
        }
    }
}

/// The first `VECTORS` vectors of `values`.
#[inline(always)]
fn vectors<S: Simd, const VECTORS: usize>(simd: S, values: &[f32]) -> [S::Vector; VECTORS] {
    let values = &values[..VECTORS * S::LANES];
    let mut vectors = [simd.splat(0.0); VECTORS];
    for (v, vector) in vectors.iter_mut().enumerate() {
        *vector = simd.load(&values[v * S::LANES..]);
    }
    vectors
}

/// Σ a·b.
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    const CHAINS: usize = 4;
    let mut sums = [simd.splat(0.0); CHAINS];
    let mut a_pieces = a.chunks_exact(S::LANES * CHAINS);
    let mut b_pieces = b.chunks_exact(S::LANES * CHAINS);
    for (a, b) in (&mut a_pieces).zip(&mut b_pieces) {
        for (k, sum) in sums.iter_mut().enumerate() {
            let at = k * S::LANES;
            *sum = simd.mul_add(simd.load(&a[at..]), simd.load(&b[at..]), *sum);
        }
    }
    let rest = a_pieces
        .remainder()
        .chunks(S::LANES)
        .zip(b_pieces.remainder().chunks(S::LANES));
    for (k, (a, b)) in rest.enumerate() {
        sums[k] = simd.mul_add(simd.load_part(a), simd.load_part(b), sums[k]);
    }
    simd.sum(simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3])))
}

/// ∂E/∂input[i] = Σ_o w[o,i] · ∂E/∂a[o], [i][sample] from [o][sample].
#[inline(always)]
pub fn backward_input<S: Simd, const SAMPLES: usize>(
    simd: S,
    sum_gradient: &[f32],
    weight: &[f32],
    input_gradient: &mut [f32],
) {
    let inputs = input_gradient.len() / SAMPLES;
    if SAMPLES == 1 {
        input_gradient.fill(0.0);
        for (&da, row) in sum_gradient.iter().zip(weight.chunks_exact(inputs)) {
            for (dx, &w) in input_gradient.iter_mut().zip(row) {
                *dx += w * da;
            }
        }
        return;
    }
    let mut first = 0;
    macro_rules! inputs_in_groups_of {
        ($($count:literal x $vectors:literal)+) => {
            $(while inputs - first >= $count {
                let gradient = &mut input_gradient[first * SAMPLES..][..$count * SAMPLES];
                backward_inputs::<S, SAMPLES, $count, $vectors>(
                    simd, sum_gradient, &weight[first..], inputs, gradient,
                );
                first += $count;
            })+
        };
    }
    if SAMPLES >= 2 * S::LANES {
        inputs_in_groups_of!(6 x 2 4 x 2 1 x 2);
    } else {
        inputs_in_groups_of!(12 x 1 4 x 1 1 x 1);
    }
}

/// `COUNT` inputs for `VECTORS` vectors of samples at a time; `weight` starts at the first input and its
/// rows are `inputs` apart.
#[inline(always)]
fn backward_inputs<S: Simd, const SAMPLES: usize, const COUNT: usize, const VECTORS: usize>(
    simd: S,
    sum_gradient: &[f32],
    weight: &[f32],
    inputs: usize,
    input_gradient: &mut [f32],
) {
    for lanes in (0..SAMPLES).step_by(VECTORS * S::LANES) {
        let mut totals = [[simd.splat(0.0); VECTORS]; COUNT];
        for (o, da) in sum_gradient.chunks_exact(SAMPLES).enumerate() {
            let da = vectors::<S, VECTORS>(simd, &da[lanes..]);
            let row = &weight[o * inputs..][..COUNT];
            for i in 0..COUNT {
                let w = simd.splat(row[i]);
                for v in 0..VECTORS {
                    totals[i][v] = simd.mul_add(w, da[v], totals[i][v]);
                }
            }
        }
        for (i, totals) in totals.iter().enumerate() {
            for (v, total) in totals.iter().enumerate() {
                simd.store(
                    *total,
                    &mut input_gradient[i * SAMPLES + lanes + v * S::LANES..],
                );
            }
        }
    }
}

/// The values of some units for a batch of samples [sample][unit], filled up with 0 to whole lines.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// One record per sample, of which the units are a part.
    pub records: &'a [f32],
    /// Numbers in a record.
    pub stride: usize,
    /// Place of the first unit in a record.
    pub first: usize,
    /// Number of units, including those that fill up the last line.
    pub units: usize,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    fn iter(self) -> impl Iterator<Item = &'a [f32]> {
        let (first, units) = (self.first, self.units);
        self.records
            .chunks_exact(self.stride)
            .map(move |record| &record[first..][..units])
    }

    /// The sum over the samples of unit `unit`.
    #[inline(always)]
    pub fn sum(self, unit: usize) -> f32 {
        self.iter().map(|row| row[unit]).sum()
    }
}

/// Numbers that `units` units take up in a record.
pub fn padded(units: usize) -> usize {
    units.next_multiple_of(LINE)
}

/// ∂E/∂w[o,i] = Σ_samples ∂E/∂a[o] · input[i] for the outputs from `first` on: as many as `gradient`
/// has rows of `inputs.units`.
#[inline(always)]
pub fn backward_weight<S: Simd>(
    simd: S,
    inputs: Rows,
    sum_gradients: Rows,
    first: usize,
    gradient: &mut [f32],
) {
    // Samples whose inputs and gradients stay in the first-level cache while they are used.
    const SAMPLES_AT_ONCE: usize = 64;
    gradient.fill(0.0);
    let records = SAMPLES_AT_ONCE * inputs.stride;
    for records in inputs.records.chunks(records) {
        let inputs = Rows { records, ..inputs };
        let sum_gradients = Rows {
            records,
            ..sum_gradients
        };
        let mut column = 0;
        macro_rules! columns_in_groups_of {
            ($($count:literal)+) => {
                $(while column + $count * S::LANES <= inputs.units {
                    add_columns::<S, $count>(simd, inputs, sum_gradients, first, column, gradient);
                    column += $count * S::LANES;
                })+
            };
        }
        columns_in_groups_of!(2 1);
    }
}

/// Adds the sums over the samples to `VECTORS` vectors of columns of all rows of `gradient`.
#[inline(always)]
fn add_columns<S: Simd, const VECTORS: usize>(
    simd: S,
    inputs: Rows,
    sum_gradients: Rows,
    first: usize,
    column: usize,
    gradient: &mut [f32],
) {
    let mut output = first;
    let mut rest = gradient;
    macro_rules! rows_in_groups_of {
        ($($count:literal)+) => {
            $(while rest.len() >= $count * inputs.units {
                let (rows, others) = rest.split_at_mut($count * inputs.units);
                add_rows::<S, $count, VECTORS>(simd, inputs, sum_gradients, output, column, rows);
                output += $count;
                rest = others;
            })+
        };
    }
    rows_in_groups_of!(4 1);
}

/// Adds the sums over the samples to `ROWS` outputs by `VECTORS` vectors of inputs, in registers.
#[inline(always)]
fn add_rows<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    inputs: Rows,
    sum_gradients: Rows,
    first: usize,
    column: usize,
    gradient: &mut [f32],
) {
    let at = |row: usize, v: usize| row * inputs.units + column + v * S::LANES;
    let mut totals = [[simd.splat(0.0); VECTORS]; ROWS];
    for (row, totals) in totals.iter_mut().enumerate() {
        for (v, total) in totals.iter_mut().enumerate() {
            *total = simd.load(&gradient[at(row, v)..]);
        }
    }
    for (x, da) in inputs.iter().zip(sum_gradients.iter()) {
        let inputs = vectors::<S, VECTORS>(simd, &x[column..]);
        let da = &da[first..][..ROWS];
        for row in 0..ROWS {
            let da = simd.splat(da[row]);
            for v in 0..VECTORS {
                totals[row][v] = simd.mul_add(da, inputs[v], totals[row][v]);
            }
        }
    }
    for (row, totals) in totals.iter().enumerate() {
        for (v, total) in totals.iter().enumerate() {
            simd.store(*total, &mut gradient[at(row, v)..]);
        }
    }
}
