//! Max pooling; twin of `shaders/max_pool.wgsl`.
//!
//! a[c,y,x] = largest of the 2×2 inputs   (the slide deck's pooling)

use super::Real;
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

/// ∂E/∂input: the largest of the four inputs gets it all, the others and those outside every 2×2
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
