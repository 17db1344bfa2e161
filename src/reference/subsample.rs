//! Trainable sub-sampling; twin of `shaders/subsample.wgsl`.
//!
//! a[c,y,x] = coefficient[c] · (sum of the 2×2 inputs) + bias[c]   (section II.B)

use super::Real;
use super::operation::{Computed, LayerOperation};
use crate::model::MapShape;

/// Calls `visit(map, output unit, its four inputs)` for every output unit of a 2×2 halving of
/// `input`; the inputs come row by row.
pub(super) fn for_each_quad(input: MapShape, mut visit: impl FnMut(usize, usize, [usize; 4])) {
    let output = input.halved();
    for c in 0..output.maps {
        for y in 0..output.height {
            for x in 0..output.width {
                let unit = (c * output.height + y) * output.width + x;
                let corner = (c * input.height + 2 * y) * input.width + 2 * x;
                let below = corner + input.width;
                visit(c, unit, [corner, corner + 1, below, below + 1]);
            }
        }
    }
}

/// `input` of `shape` [c,y,x], `coefficient` [c], `bias` [c] → `output` [c, y/2, x/2].
pub fn forward<T: Real>(
    shape: MapShape,
    input: &[T],
    coefficient: &[T],
    bias: &[T],
    output: &mut [T],
) {
    for_each_quad(shape, |c, unit, quad| {
        let sum: T = quad.iter().map(|&i| input[i]).sum();
        output[unit] = coefficient[c] * sum + bias[c];
    });
}

/// ∂E/∂input: each of the four inputs gets coefficient · ∂E/∂a; inputs outside every 2×2 field
/// (an odd last row or column) get 0.
pub fn backward_input<T: Real>(
    shape: MapShape,
    output_gradient: &[T],
    coefficient: &[T],
    input_gradient: &mut [T],
) {
    input_gradient.fill(T::zero());
    for_each_quad(shape, |c, unit, quad| {
        for i in quad {
            input_gradient[i] = coefficient[c] * output_gradient[unit];
        }
    });
}

/// Adds this sample's ∂E/∂coefficient and ∂E/∂bias.
pub fn backward_weight<T: Real>(
    shape: MapShape,
    input: &[T],
    output_gradient: &[T],
    coefficient_gradient: &mut [T],
    bias_gradient: &mut [T],
) {
    for_each_quad(shape, |c, unit, quad| {
        let sum: T = quad.iter().map(|&i| input[i]).sum();
        coefficient_gradient[c] += sum * output_gradient[unit];
        bias_gradient[c] += output_gradient[unit];
    });
}

/// ∂²E/∂input²: each of the four inputs gets coefficient² · ∂²E/∂a²; inputs outside every 2×2 field
/// get 0 (Appendix C).
pub fn second_backward_input<T: Real>(
    shape: MapShape,
    output_curvature: &[T],
    coefficient: &[T],
    input_curvature: &mut [T],
) {
    input_curvature.fill(T::zero());
    for_each_quad(shape, |c, unit, quad| {
        for i in quad {
            input_curvature[i] = coefficient[c] * coefficient[c] * output_curvature[unit];
        }
    });
}

/// Adds this sample's ∂²E/∂coefficient² = Σ ∂²E/∂a² · (sum of the 2×2 inputs)² and ∂²E/∂bias².
///
/// The coefficient multiplies the sum of the four, so the square is that of the sum, (∂a/∂w)²:
/// within one unit nothing has to be approximated. Between the units that share the coefficient the
/// cross terms are left out, as between the units of a convolution (Appendix C).
pub fn second_backward_weight<T: Real>(
    shape: MapShape,
    input: &[T],
    output_curvature: &[T],
    coefficient_curvature: &mut [T],
    bias_curvature: &mut [T],
) {
    for_each_quad(shape, |c, unit, quad| {
        let sum: T = quad.iter().map(|&i| input[i]).sum();
        coefficient_curvature[c] += sum * sum * output_curvature[unit];
        bias_curvature[c] += output_curvature[unit];
    });
}

/// The layer's operation, on an input of this shape.
pub(super) struct Subsampling(pub MapShape);

impl<T: Real> LayerOperation<T> for Subsampling {
    fn forward(&self, input: &[T], weight: &[T], bias: &[T], sums: &mut [T]) {
        forward(self.0, input, weight, bias, sums);
    }

    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]) {
        backward_input(
            self.0,
            computed.sum_gradient,
            computed.weight,
            input_gradient,
        );
    }

    fn backward_weight(
        &self,
        computed: &Computed<T>,
        weight_gradient: &mut [T],
        bias_gradient: &mut [T],
    ) {
        let Computed {
            input,
            sum_gradient,
            ..
        } = *computed;
        backward_weight(self.0, input, sum_gradient, weight_gradient, bias_gradient);
    }

    fn second_backward_input(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    ) {
        second_backward_input(self.0, sum_curvature, computed.weight, input_curvature);
    }

    fn second_backward_weight(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        weight_curvature: &mut [T],
        bias_curvature: &mut [T],
    ) {
        let input = computed.input;
        second_backward_weight(
            self.0,
            input,
            sum_curvature,
            weight_curvature,
            bias_curvature,
        );
    }
}
