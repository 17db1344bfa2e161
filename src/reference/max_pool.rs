//! Max pooling; twin of `shaders/max_pool.wgsl`.
//!
//! a[c,y,x] = largest of the 2×2 inputs

use super::Real;
use super::operation::{Computed, LayerOperation};
use super::subsample::for_each_quad;
use crate::model::MapShape;

/// Position of the largest input of `quad`; the first of equals, row by row.
fn largest<T: Real>(input: &[T], quad: [usize; 4]) -> usize {
    quad.into_iter()
        .reduce(|best, i| if input[i] > input[best] { i } else { best })
        .expect("a quad has four inputs")
}

/// `input` of `shape` [c,y,x] → `output` [c, y/2, x/2].
pub fn forward<T: Real>(shape: MapShape, input: &[T], output: &mut [T]) {
    for_each_quad(shape, |_, unit, quad| {
        output[unit] = input[largest(input, quad)];
    });
}

/// ∂E/∂input: the largest of the four inputs gets all of it, the others and those outside every 2×2
/// field get 0.
pub fn backward_input<T: Real>(
    shape: MapShape,
    input: &[T],
    output_gradient: &[T],
    input_gradient: &mut [T],
) {
    input_gradient.fill(T::zero());
    for_each_quad(shape, |_, unit, quad| {
        input_gradient[largest(input, quad)] = output_gradient[unit];
    });
}

/// The layer's operation, on an input of this shape.
pub(super) struct MaxPooling(pub MapShape);

impl<T: Real> LayerOperation<T> for MaxPooling {
    fn forward(&self, input: &[T], _weight: &[T], _bias: &[T], sums: &mut [T]) {
        forward(self.0, input, sums);
    }

    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]) {
        backward_input(
            self.0,
            computed.input,
            computed.sum_gradient,
            input_gradient,
        );
    }

    /// As the first derivatives: a connection that is either 1 or 0 is its own square.
    fn second_backward_input(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    ) {
        backward_input(self.0, computed.input, sum_curvature, input_curvature);
    }
}
