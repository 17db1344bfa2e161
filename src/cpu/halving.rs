//! Sub-sampling and pooling: from 2×2 units to one, sample by sample.
//!
//! trainable: a[c,y,x] = coefficient[c] · (sum of the 2×2 inputs) + bias[c]   (section II.B);
//! average: their mean; max: the largest of them.
//!
//! Vectors go over the samples of a unit. With a single sample the loops over a row are plain: the
//! compiler makes vectors of them that take every other unit.

use super::memory::Planes;
use super::simd::Simd;

/// From which layout to which.
pub struct Geometry<const SAMPLES: usize> {
    /// What is read.
    pub input: Planes<SAMPLES>,
    /// ∂E/∂(what is read).
    pub input_gradient: Planes<SAMPLES>,
    /// What is written, and its gradient.
    pub output: Planes<SAMPLES>,
}

impl<const SAMPLES: usize> Geometry<SAMPLES> {
    fn maps(&self) -> usize {
        self.output.shape.maps
    }

    fn height(&self) -> usize {
        self.output.shape.height
    }

    /// Numbers in a row that is written.
    #[inline(always)]
    fn width(&self) -> usize {
        self.output.shape.width * SAMPLES
    }

    /// Row `y` of map `map` of what is written.
    #[inline(always)]
    fn output_row<'a>(&self, map: usize, y: usize, output: &'a [f32]) -> &'a [f32] {
        &output[self.output.at(map, y)..][..self.width()]
    }

    /// As [`Geometry::output_row`], to be written.
    #[inline(always)]
    fn output_row_mut<'a>(&self, map: usize, y: usize, output: &'a mut [f32]) -> &'a mut [f32] {
        &mut output[self.output.at(map, y)..][..self.width()]
    }

    /// The two rows that are read for row `y` of map `map`.
    #[inline(always)]
    fn input_rows<'a>(&self, map: usize, y: usize, input: &'a [f32]) -> Rows<'a> {
        let row = |y| &input[self.input.at(map, y)..][..2 * self.width()];
        Rows {
            upper: row(2 * y),
            lower: row(2 * y + 1),
        }
    }

    /// Where the gradients of the two rows that were read for row `y` of map `map` start.
    #[inline(always)]
    fn gradient_rows(&self, map: usize, y: usize) -> [usize; 2] {
        [
            self.input_gradient.at(map, 2 * y),
            self.input_gradient.at(map, 2 * y + 1),
        ]
    }
}

/// Two rows of units, of which each 2×2 are halved to one.
struct Rows<'a> {
    upper: &'a [f32],
    lower: &'a [f32],
}

/// Where the left of the two units lies that the vector at `place` of a halved row is made from.
#[inline(always)]
fn left_of<const SAMPLES: usize>(place: usize) -> usize {
    place + place / SAMPLES * SAMPLES
}

impl Rows<'_> {
    /// The sum of each 2×2, for the vector at `place` of the halved row.
    #[inline(always)]
    fn sum<S: Simd, const SAMPLES: usize>(&self, simd: S, place: usize) -> S::Vector {
        let left = left_of::<SAMPLES>(place);
        let right = left + SAMPLES;
        let upper = simd.add(
            simd.load(&self.upper[left..]),
            simd.load(&self.upper[right..]),
        );
        let lower = simd.add(
            simd.load(&self.lower[left..]),
            simd.load(&self.lower[right..]),
        );
        simd.add(upper, lower)
    }

    /// The sum of each 2×2 of a single sample.
    #[inline(always)]
    fn single_sums(&self) -> impl Iterator<Item = f32> {
        let (upper, lower) = (self.upper.as_chunks().0, self.lower.as_chunks().0);
        upper
            .iter()
            .zip(lower)
            .map(|([a, b], [c, d])| (a + b) + (c + d))
    }
}

impl Rows<'_> {
    /// The largest of each 2×2.
    #[inline(always)]
    fn largest<S: Simd, const SAMPLES: usize>(&self, simd: S, output: &mut [f32]) {
        if SAMPLES == 1 {
            let (upper, lower) = (self.upper.as_chunks().0, self.lower.as_chunks().0);
            for ((largest, [a, b]), [c, d]) in output.iter_mut().zip(upper).zip(lower) {
                *largest = a.max(*b).max(c.max(*d));
            }
            return;
        }
        for place in (0..output.len()).step_by(S::LANES) {
            let left = left_of::<SAMPLES>(place);
            let upper = (
                simd.load(&self.upper[left..]),
                simd.load(&self.upper[left + SAMPLES..]),
            );
            let lower = (
                simd.load(&self.lower[left..]),
                simd.load(&self.lower[left + SAMPLES..]),
            );
            let largest = simd.max(simd.max(upper.0, upper.1), simd.max(lower.0, lower.1));
            simd.store(largest, &mut output[place..]);
        }
    }
}

/// output = factor · (sum of the 2×2 inputs) + constant, over one row.
#[inline(always)]
fn scaled_sums<S: Simd, const SAMPLES: usize>(
    simd: S,
    rows: &Rows,
    factor: f32,
    constant: f32,
    output: &mut [f32],
) {
    if SAMPLES == 1 {
        for (a, sum) in output.iter_mut().zip(rows.single_sums()) {
            *a = factor * sum + constant;
        }
        return;
    }
    let (factor, constant) = (simd.splat(factor), simd.splat(constant));
    for place in (0..output.len()).step_by(S::LANES) {
        let sum = rows.sum::<S, SAMPLES>(simd, place);
        simd.store(simd.mul_add(factor, sum, constant), &mut output[place..]);
    }
}

/// Gives each unit of `row` to the two units above it in `target`, `factor` times.
#[inline(always)]
fn spread<S: Simd, const SAMPLES: usize>(simd: S, row: &[f32], factor: f32, target: &mut [f32]) {
    if SAMPLES == 1 {
        for (&da, pair) in row.iter().zip(target.as_chunks_mut::<2>().0) {
            *pair = [factor * da; 2];
        }
        return;
    }
    let factor = simd.splat(factor);
    for place in (0..row.len()).step_by(S::LANES) {
        let share = simd.mul(factor, simd.load(&row[place..]));
        let left = left_of::<SAMPLES>(place);
        simd.store(share, &mut target[left..]);
        simd.store(share, &mut target[left + SAMPLES..]);
    }
}

/// What each of four values counts in their mean.
const QUARTER: f32 = 0.25;

/// One map: coefficient · (sum of the 2×2 inputs) + bias.
#[inline(always)]
fn map_forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    map: usize,
    input: &[f32],
    (coefficient, bias): (f32, f32),
    output: &mut [f32],
) {
    for y in 0..geometry.height() {
        let row = geometry.output_row_mut(map, y, output);
        let rows = geometry.input_rows(map, y, input);
        scaled_sums::<S, SAMPLES>(simd, &rows, coefficient, bias, row);
    }
}

/// One map: each of the four inputs gets coefficient · ∂E/∂output.
#[inline(always)]
fn map_backward_input<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    map: usize,
    output_gradient: &[f32],
    coefficient: f32,
    input_gradient: &mut [f32],
) {
    for y in 0..geometry.height() {
        let row = geometry.output_row(map, y, output_gradient);
        for from in geometry.gradient_rows(map, y) {
            let target = &mut input_gradient[from..][..2 * row.len()];
            spread::<S, SAMPLES>(simd, row, coefficient, target);
        }
    }
}

/// `coefficient` [c], `bias` [c]: the weighted sums of trainable sub-sampling.
#[inline(always)]
pub fn subsample_forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    coefficient: &[f32],
    bias: &[f32],
    sums: &mut [f32],
) {
    for (map, (&w, &b)) in coefficient.iter().zip(bias).enumerate() {
        map_forward(simd, geometry, map, input, (w, b), sums);
    }
}

/// ∂E/∂input: each of the four inputs gets coefficient · ∂E/∂a.
#[inline(always)]
pub fn subsample_backward_input<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    sum_gradient: &[f32],
    coefficient: &[f32],
    input_gradient: &mut [f32],
) {
    for (map, &w) in coefficient.iter().enumerate() {
        map_backward_input(simd, geometry, map, sum_gradient, w, input_gradient);
    }
}

/// ∂E/∂coefficient and ∂E/∂bias, summed over the samples.
#[inline(always)]
pub fn subsample_backward_weight<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    sum_gradient: &[f32],
    coefficient_gradient: &mut [f32],
    bias_gradient: &mut [f32],
) {
    let gradients = coefficient_gradient.iter_mut().zip(bias_gradient);
    for (map, (dw, db)) in gradients.enumerate() {
        (*dw, *db) = (0.0, 0.0);
        let (mut products, mut sums) = (simd.splat(0.0), simd.splat(0.0));
        for y in 0..geometry.height() {
            let rows = geometry.input_rows(map, y, input);
            let gradients = geometry.output_row(map, y, sum_gradient);
            if SAMPLES == 1 {
                for (&da, input) in gradients.iter().zip(rows.single_sums()) {
                    *dw += input * da;
                    *db += da;
                }
                continue;
            }
            for place in (0..gradients.len()).step_by(S::LANES) {
                let da = simd.load(&gradients[place..]);
                products = simd.mul_add(rows.sum::<S, SAMPLES>(simd, place), da, products);
                sums = simd.add(sums, da);
            }
        }
        *dw += simd.sum(products);
        *db += simd.sum(sums);
    }
}

/// The mean of each four.
#[inline(always)]
pub fn average_forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    output: &mut [f32],
) {
    for map in 0..geometry.maps() {
        map_forward(simd, geometry, map, input, (QUARTER, 0.0), output);
    }
}

/// ∂E/∂input: each of the four inputs gets a quarter.
#[inline(always)]
pub fn average_backward_input<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    for map in 0..geometry.maps() {
        map_backward_input(
            simd,
            geometry,
            map,
            output_gradient,
            QUARTER,
            input_gradient,
        );
    }
}

/// The largest of each four.
#[inline(always)]
pub fn max_forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    output: &mut [f32],
) {
    for map in 0..geometry.maps() {
        for y in 0..geometry.height() {
            let rows = geometry.input_rows(map, y, input);
            let output = geometry.output_row_mut(map, y, output);
            rows.largest::<S, SAMPLES>(simd, output);
        }
    }
}

/// ∂E/∂input: the largest of the four, the first of equals, gets it all.
#[inline(always)]
pub fn max_backward_input<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    for map in 0..geometry.maps() {
        for y in 0..geometry.height() {
            let Rows { upper, lower } = geometry.input_rows(map, y, input);
            let rows = [upper, lower];
            let targets = geometry.gradient_rows(map, y);
            let gradients = geometry.output_row(map, y, output_gradient);
            for (place, &dy) in gradients.iter().enumerate() {
                let (unit, sample) = (place / SAMPLES, place % SAMPLES);
                let left = 2 * unit * SAMPLES + sample;
                let quad = [
                    (0, left),
                    (0, left + SAMPLES),
                    (1, left),
                    (1, left + SAMPLES),
                ];
                let mut largest = 0;
                for (i, &(row, column)) in quad.iter().enumerate() {
                    let (best_row, best_column) = quad[largest];
                    if rows[row][column] > rows[best_row][best_column] {
                        largest = i;
                    }
                }
                for (i, &(row, column)) in quad.iter().enumerate() {
                    let share = if i == largest { dy } else { 0.0 };
                    input_gradient[targets[row] + column] = share;
                }
            }
        }
    }
}
