//! Max pooling, in vectors.
//!
//! a[c,y,x] = largest of the 2×2 inputs

use super::halving::{Geometry, Rows, left_of};
use super::memory::Planes;
use super::operation::{Computed, LayerOperation};
use super::simd::Simd;

/// The layer's operation.
pub struct MaxPooling<const SAMPLES: usize>(pub Geometry<SAMPLES>);

impl<const SAMPLES: usize> LayerOperation<SAMPLES> for MaxPooling<SAMPLES> {
    fn output(&self) -> Planes<SAMPLES> {
        self.0.output
    }

    #[inline(always)]
    fn forward<S: Simd>(
        &self,
        simd: S,
        input: &[f32],
        _weight: &[f32],
        _bias: &[f32],
        sums: &mut [f32],
    ) {
        forward(simd, &self.0, input, sums);
    }

    #[inline(always)]
    fn backward_input<S: Simd>(&self, _simd: S, computed: &Computed, input_gradient: &mut [f32]) {
        backward_input(
            &self.0,
            computed.input,
            computed.sum_gradient,
            input_gradient,
        );
    }
}

/// `input` [c,y,x] → `output` [c, y/2, x/2].
#[inline(always)]
pub fn forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    output: &mut [f32],
) {
    for map in 0..geometry.maps() {
        for y in 0..geometry.height() {
            let rows = geometry.input_rows(map, y, input);
            let output = geometry.output_row_mut(map, y, output);
            largest::<S, SAMPLES>(simd, &rows, output);
        }
    }
}

/// ∂E/∂input: the largest of the four, the first of equals, gets all of it.
#[inline(always)]
pub fn backward_input<const SAMPLES: usize>(
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

/// The largest of each 2×2, over one row.
#[inline(always)]
fn largest<S: Simd, const SAMPLES: usize>(simd: S, rows: &Rows, output: &mut [f32]) {
    if SAMPLES == 1 {
        let (upper, lower) = (rows.upper.as_chunks().0, rows.lower.as_chunks().0);
        for ((largest, [a, b]), [c, d]) in output.iter_mut().zip(upper).zip(lower) {
            *largest = a.max(*b).max(c.max(*d));
        }
        return;
    }
    for place in (0..output.len()).step_by(S::LANES) {
        let left = left_of::<SAMPLES>(place);
        let upper = (
            simd.load(&rows.upper[left..]),
            simd.load(&rows.upper[left + SAMPLES..]),
        );
        let lower = (
            simd.load(&rows.lower[left..]),
            simd.load(&rows.lower[left + SAMPLES..]),
        );
        let largest = simd.max(simd.max(upper.0, upper.1), simd.max(lower.0, lower.1));
        simd.store(largest, &mut output[place..]);
    }
}
