//! Radial basis function output units, for a block of samples.
//!
//! y[i] = Σ_j (x[j] − w[i,j])², no factor ½   (eq. 7)

use super::memory::Planes;
use super::operation::{Computed, LayerOperation};
use super::simd::Simd;
use crate::model::{DIGITS, Layer, rbf_codes};

/// The layer's operation, with the codes of the ten digits.
pub struct Rbf<const SAMPLES: usize> {
    inputs: usize,
    codes: Vec<f32>,
}

impl<const SAMPLES: usize> Rbf<SAMPLES> {
    /// The operation of `layer`.
    pub fn new(layer: &Layer) -> Self {
        Self {
            inputs: layer.input.units(),
            codes: rbf_codes(),
        }
    }
}

impl<const SAMPLES: usize> LayerOperation<SAMPLES> for Rbf<SAMPLES> {
    fn output(&self) -> Planes<SAMPLES> {
        Planes::units(DIGITS)
    }

    #[inline(always)]
    fn forward<S: Simd>(
        &self,
        _simd: S,
        input: &[f32],
        _weight: &[f32],
        _bias: &[f32],
        sums: &mut [f32],
    ) {
        let input = &input[..self.inputs * SAMPLES];
        forward::<SAMPLES>(input, &self.codes, &mut sums[..DIGITS * SAMPLES]);
    }

    #[inline(always)]
    fn backward_input<S: Simd>(&self, _simd: S, computed: &Computed, input_gradient: &mut [f32]) {
        backward_input::<SAMPLES>(
            &computed.input[..self.inputs * SAMPLES],
            &self.codes,
            &computed.sum_gradient[..DIGITS * SAMPLES],
            &mut input_gradient[..self.inputs * SAMPLES],
        );
    }
}

/// `input` [j][sample], `codes` [i,j] → `distances` [i][sample].
#[inline(always)]
pub fn forward<const SAMPLES: usize>(input: &[f32], codes: &[f32], distances: &mut [f32]) {
    let (units, _) = input.as_chunks::<SAMPLES>();
    let (distances, _) = distances.as_chunks_mut::<SAMPLES>();
    for (y, code) in distances.iter_mut().zip(codes.chunks_exact(units.len())) {
        let mut sums = [0.0; SAMPLES];
        for (x, &w) in units.iter().zip(code) {
            for (sum, &x) in sums.iter_mut().zip(x) {
                *sum += (x - w) * (x - w);
            }
        }
        *y = sums;
    }
}

/// ∂E/∂x[j] = Σ_i ∂E/∂y[i] · 2·(x[j] − w[i,j]), [j][sample] from [i][sample].
#[inline(always)]
pub fn backward_input<const SAMPLES: usize>(
    input: &[f32],
    codes: &[f32],
    distance_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let (units, _) = input.as_chunks::<SAMPLES>();
    let (gradients, _) = distance_gradient.as_chunks::<SAMPLES>();
    let (input_gradients, _) = input_gradient.as_chunks_mut::<SAMPLES>();
    for (j, (dx, x)) in input_gradients.iter_mut().zip(units).enumerate() {
        let mut sums = [0.0; SAMPLES];
        for (dy, code) in gradients.iter().zip(codes.chunks_exact(units.len())) {
            for i in 0..SAMPLES {
                sums[i] += dy[i] * 2.0 * (x[i] - code[j]);
            }
        }
        *dx = sums;
    }
}
