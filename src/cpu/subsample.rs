//! Trainable sub-sampling, in vectors.
//!
//! a[c,y,x] = coefficient[c] · (sum of the 2×2 inputs) + bias[c]   (section II.B)

use super::halving::{Geometry, map_backward_input, map_forward};
use super::memory::Planes;
use super::operation::{Computed, LayerOperation};
use super::simd::Simd;

/// The layer's operation.
pub struct Subsampling<const SAMPLES: usize>(pub Geometry<SAMPLES>);

impl<const SAMPLES: usize> LayerOperation<SAMPLES> for Subsampling<SAMPLES> {
    fn output(&self) -> Planes<SAMPLES> {
        self.0.output
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
        forward(simd, &self.0, input, weight, bias, sums);
    }

    #[inline(always)]
    fn backward_input<S: Simd>(&self, simd: S, computed: &Computed, input_gradient: &mut [f32]) {
        backward_input(
            simd,
            &self.0,
            computed.sum_gradient,
            computed.weight,
            input_gradient,
        );
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
            &self.0,
            input,
            sum_gradient,
            weight_gradient,
            bias_gradient,
        );
    }
}

/// `input` [c,y,x], `coefficient` [c], `bias` [c] → `sums` [c, y/2, x/2].
#[inline(always)]
pub fn forward<S: Simd, const SAMPLES: usize>(
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
pub fn backward_input<S: Simd, const SAMPLES: usize>(
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

/// ∂E/∂coefficient and ∂E/∂bias, summed over the samples of the block.
#[inline(always)]
pub fn backward_weight<S: Simd, const SAMPLES: usize>(
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
