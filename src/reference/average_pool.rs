//! Average pooling; twin of `shaders/average_pool.wgsl`.
//!
//! a[c,y,x] = mean of the 2×2 inputs   (the slide deck's pooling)

use super::Real;
use super::subsample::for_each_quad;
use crate::model::MapShape;

/// `input` of `shape` [c,y,x] → `output` [c, y/2, x/2].
pub fn forward<T: Real>(shape: MapShape, input: &[T], output: &mut [T]) {
    for_each_quad(shape, |_, unit, quad| {
        let sum: T = quad.iter().map(|&i| input[i]).sum();
        output[unit] = T::of(0.25) * sum;
    });
}

/// ∂E/∂input: each of the four inputs gets a quarter; inputs outside every 2×2 field get 0.
pub fn backward_input<T: Real>(shape: MapShape, output_gradient: &[T], input_gradient: &mut [T]) {
    input_gradient.fill(T::zero());
    for_each_quad(shape, |_, unit, quad| {
        for i in quad {
            input_gradient[i] = T::of(0.25) * output_gradient[unit];
        }
    });
}

/// ∂²E/∂input²: each of the four inputs gets a sixteenth, the square of its quarter; inputs outside
/// every 2×2 field get 0.
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
