//! What sub-sampling and the poolings have in common: they make one unit of 2×2 units.
//!
//! A vector holds the samples of a unit. With a single sample the loops over a row are plain: the
//! compiler makes vectors of them that take every other unit.

use super::memory::Planes;
use super::simd::Simd;

/// Where the values of a layer that halves its maps lie.
pub struct Geometry<const SAMPLES: usize> {
    /// The layout of the input.
    pub input: Planes<SAMPLES>,
    /// The layout of ∂E/∂input.
    pub input_gradient: Planes<SAMPLES>,
    /// The layout of the output and of ∂E/∂output.
    pub output: Planes<SAMPLES>,
}

impl<const SAMPLES: usize> Geometry<SAMPLES> {
    /// Maps of the output, and of the input.
    pub(super) fn maps(&self) -> usize {
        self.output.shape.maps
    }

    /// Rows of a map of the output.
    pub(super) fn height(&self) -> usize {
        self.output.shape.height
    }

    /// Numbers in a row of the output.
    #[inline(always)]
    fn width(&self) -> usize {
        self.output.shape.width * SAMPLES
    }

    /// Row `y` of map `map` of the output.
    #[inline(always)]
    pub(super) fn output_row<'a>(&self, map: usize, y: usize, output: &'a [f32]) -> &'a [f32] {
        &output[self.output.at(map, y)..][..self.width()]
    }

    /// As [`Geometry::output_row`], mutable.
    #[inline(always)]
    pub(super) fn output_row_mut<'a>(
        &self,
        map: usize,
        y: usize,
        output: &'a mut [f32],
    ) -> &'a mut [f32] {
        &mut output[self.output.at(map, y)..][..self.width()]
    }

    /// The two rows of the input that row `y` of map `map` of the output is made from.
    #[inline(always)]
    pub(super) fn input_rows<'a>(&self, map: usize, y: usize, input: &'a [f32]) -> Rows<'a> {
        let row = |y| &input[self.input.at(map, y)..][..2 * self.width()];
        Rows {
            upper: row(2 * y),
            lower: row(2 * y + 1),
        }
    }

    /// Where the gradients of the rows of [`Geometry::input_rows`] start.
    #[inline(always)]
    pub(super) fn gradient_rows(&self, map: usize, y: usize) -> [usize; 2] {
        [
            self.input_gradient.at(map, 2 * y),
            self.input_gradient.at(map, 2 * y + 1),
        ]
    }
}

/// Two rows of units, of which each 2×2 become one.
pub(super) struct Rows<'a> {
    /// The upper row.
    pub upper: &'a [f32],
    /// The lower row.
    pub lower: &'a [f32],
}

/// Place of the left one of the two units in a row that the vector at `place` of the halved row is
/// made from.
#[inline(always)]
pub(super) fn left_of<const SAMPLES: usize>(place: usize) -> usize {
    place + place / SAMPLES * SAMPLES
}

impl Rows<'_> {
    /// The sum of each 2×2, for the vector at `place` of the halved row.
    #[inline(always)]
    pub(super) fn sum<S: Simd, const SAMPLES: usize>(&self, simd: S, place: usize) -> S::Vector {
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
    pub(super) fn single_sums(&self) -> impl Iterator<Item = f32> {
        let (upper, lower) = (self.upper.as_chunks().0, self.lower.as_chunks().0);
        upper
            .iter()
            .zip(lower)
            .map(|([a, b], [c, d])| (a + b) + (c + d))
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

/// Writes `factor` times each unit of `row` to the two units in `target` that it was made from.
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

/// One map: output = factor · (sum of the 2×2 inputs) + constant.
#[inline(always)]
pub(super) fn map_forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    map: usize,
    input: &[f32],
    (factor, constant): (f32, f32),
    output: &mut [f32],
) {
    for y in 0..geometry.height() {
        let row = geometry.output_row_mut(map, y, output);
        let rows = geometry.input_rows(map, y, input);
        scaled_sums::<S, SAMPLES>(simd, &rows, factor, constant, row);
    }
}

/// One map: each of the four inputs gets factor · ∂E/∂output.
#[inline(always)]
pub(super) fn map_backward_input<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    map: usize,
    output_gradient: &[f32],
    factor: f32,
    input_gradient: &mut [f32],
) {
    for y in 0..geometry.height() {
        let row = geometry.output_row(map, y, output_gradient);
        for from in geometry.gradient_rows(map, y) {
            let target = &mut input_gradient[from..][..2 * row.len()];
            spread::<S, SAMPLES>(simd, row, factor, target);
        }
    }
}
