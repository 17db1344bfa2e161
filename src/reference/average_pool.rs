//! Average pooling; twin of `shaders/average_pool.wgsl`.
//!
//! a[c,y,x] = mean of the 2×2 inputs

use super::Real;
use super::operation::{Computed, LayerOperation};
use super::subsample::for_each_quad;
use crate::model::MapShape;

/// `input` of `shape` [c,y,x] → `output` [c, y/2, x/2].
pub fn forward<T: Real>(shape: MapShape, input: &[T], output: &mut [T]) {
    for_each_quad(shape, |_, unit, quad| {
        let sum: T = quad.iter().map(|&i| input[i]).sum();
        output[unit] = T::of(0.25) * sum;
    });
}

/// ∂E/∂input: each of the four inputs gets a quarter of ∂E/∂output; inputs outside every 2×2 field
/// get 0.
pub fn backward_input<T: Real>(shape: MapShape, output_gradient: &[T], input_gradient: &mut [T]) {
    input_gradient.fill(T::zero());
    for_each_quad(shape, |_, unit, quad| {
        for i in quad {
            input_gradient[i] = T::of(0.25) * output_gradient[unit];
        }
    });
}

/// ∂²E/∂input²: each of the four inputs gets a sixteenth of ∂²E/∂output², the square of its quarter;
/// inputs outside every 2×2 field get 0.
pub fn second_backward_input<T: Real>(
    shape: MapShape,
    output_curvature: &[T],
    input_curvature: &mut [T],
) {
    input_curvature.fill(T::zero());
    for_each_quad(shape, |_, unit, quad| {
        for i in quad {
            input_curvature[i] = T::of(0.0625) * output_curvature[unit];
        }
    });
}

/// The layer's operation, on an input of this shape.
pub(super) struct AveragePooling(pub MapShape);

impl<T: Real> LayerOperation<T> for AveragePooling {
    fn forward(&self, input: &[T], _weight: &[T], _bias: &[T], sums: &mut [T]) {
        forward(self.0, input, sums);
    }

    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]) {
        backward_input(self.0, computed.sum_gradient, input_gradient);
    }

    fn second_backward_input(
        &self,
        _computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    ) {
        second_backward_input(self.0, sum_curvature, input_curvature);
    }
}
