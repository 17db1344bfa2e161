//! Average pooling, in vectors.
//!
//! a[c,y,x] = mean of the 2×2 inputs

use super::halving::{Geometry, map_backward_input, map_forward};
use super::memory::Planes;
use super::operation::{Computed, LayerOperation};
use super::simd::Simd;

/// The layer's operation.
pub struct AveragePooling<const SAMPLES: usize>(pub Geometry<SAMPLES>);

impl<const SAMPLES: usize> LayerOperation<SAMPLES> for AveragePooling<SAMPLES> {
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
    fn backward_input<S: Simd>(&self, simd: S, computed: &Computed, input_gradient: &mut [f32]) {
        backward_input(simd, &self.0, computed.sum_gradient, input_gradient);
    }
}

/// The weight of each of four values in their mean.
const QUARTER: f32 = 0.25;

/// `input` [c,y,x] → `output` [c, y/2, x/2].
#[inline(always)]
pub fn forward<S: Simd, const SAMPLES: usize>(
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
pub fn backward_input<S: Simd, const SAMPLES: usize>(
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
