//! Convolution with a connection table; twin of `shaders/conv.wgsl`.
//!
//! a[o,y,x] = b[o] + Σ_{c read by o} Σ_{ky,kx} w[o,c,ky,kx] · input[c, y+ky, x+kx]   (section II.A)

use super::Real;
use super::operation::{Computed, LayerOperation};
use crate::model::{ConnectionTable, KERNEL, MapShape, Pair};

/// The sizes and connections of one convolution; the layer's operation.
pub struct Shape<'a> {
    /// Which input maps each output map reads.
    pub table: &'a ConnectionTable,
    /// Size of the input.
    pub input: MapShape,
    /// Size of the output.
    pub output: MapShape,
}

impl Shape<'_> {
    /// Calls `visit(weight, input row, output row)` for every kernel element and output row of
    /// `pair`: positions of the weight, of the first input of the row and of the first output.
    fn for_each_row(&self, pair: Pair, mut visit: impl FnMut(usize, usize, usize)) {
        for ky in 0..KERNEL {
            for kx in 0..KERNEL {
                let weight = (pair.kernel * KERNEL + ky) * KERNEL + kx;
                for y in 0..self.output.height {
                    let input_row = pair.input * self.input.height + y + ky;
                    let output_row = pair.output * self.output.height + y;
                    visit(
                        weight,
                        input_row * self.input.width + kx,
                        output_row * self.output.width,
                    );
                }
            }
        }
    }
}

/// `input` [c,y,x], `weight` [pair,ky,kx], `bias` [o] → `output` [o,y,x].
pub fn forward<T: Real>(shape: &Shape, input: &[T], weight: &[T], bias: &[T], output: &mut [T]) {
    for (map, &bias) in output.chunks_mut(shape.output.area()).zip(bias) {
        map.fill(bias);
    }
    let width = shape.output.width;
    for pair in shape.table.pairs() {
        shape.for_each_row(pair, |k, from, to| {
            let w = weight[k];
            for (a, &value) in output[to..to + width]
                .iter_mut()
                .zip(&input[from..from + width])
            {
                *a += w * value;
            }
        });
    }
}

/// ∂E/∂input from ∂E/∂output: every output passes its gradient back along its connections.
pub fn backward_input<T: Real>(
    shape: &Shape,
    output_gradient: &[T],
    weight: &[T],
    input_gradient: &mut [T],
) {
    input_gradient.fill(T::zero());
    let width = shape.output.width;
    for pair in shape.table.pairs() {
        shape.for_each_row(pair, |k, to, from| {
            let w = weight[k];
            let gradients = &output_gradient[from..from + width];
            for (dx, &dy) in input_gradient[to..to + width].iter_mut().zip(gradients) {
                *dx += w * dy;
            }
        });
    }
}

/// Adds this sample's ∂E/∂weight and ∂E/∂bias.
pub fn backward_weight<T: Real>(
    shape: &Shape,
    input: &[T],
    output_gradient: &[T],
    weight_gradient: &mut [T],
    bias_gradient: &mut [T],
) {
    let width = shape.output.width;
    for pair in shape.table.pairs() {
        shape.for_each_row(pair, |k, x_row, dy_row| {
            let inputs = &input[x_row..x_row + width];
            let gradients = &output_gradient[dy_row..dy_row + width];
            weight_gradient[k] += inputs.iter().zip(gradients).map(|(&x, &dy)| x * dy).sum();
        });
    }
    for (db, map) in bias_gradient
        .iter_mut()
        .zip(output_gradient.chunks(shape.output.area()))
    {
        *db += map.iter().copied().sum();
    }
}

/// ∂²E/∂input² from ∂²E/∂a²: along every connection the square of its weight (Appendix C).
pub fn second_backward_input<T: Real>(
    shape: &Shape,
    output_curvature: &[T],
    weight: &[T],
    input_curvature: &mut [T],
) {
    input_curvature.fill(T::zero());
    let width = shape.output.width;
    for pair in shape.table.pairs() {
        shape.for_each_row(pair, |k, to, from| {
            let squared = weight[k] * weight[k];
            let curvatures = &output_curvature[from..from + width];
            for (hx, &ha) in input_curvature[to..to + width].iter_mut().zip(curvatures) {
                *hx += squared * ha;
            }
        });
    }
}

/// Adds this sample's ∂²E/∂weight² and ∂²E/∂bias²: over all connections (i, j) that share a
/// weight, Σ ∂²E/∂a_i² · x_j² (Appendix C).
pub fn second_backward_weight<T: Real>(
    shape: &Shape,
    input: &[T],
    output_curvature: &[T],
    weight_curvature: &mut [T],
    bias_curvature: &mut [T],
) {
    let width = shape.output.width;
    for pair in shape.table.pairs() {
        shape.for_each_row(pair, |k, x_row, ha_row| {
            let inputs = &input[x_row..x_row + width];
            let curvatures = &output_curvature[ha_row..ha_row + width];
            weight_curvature[k] += inputs
                .iter()
                .zip(curvatures)
                .map(|(&x, &ha)| x * x * ha)
                .sum();
        });
    }
    for (hb, map) in bias_curvature
        .iter_mut()
        .zip(output_curvature.chunks(shape.output.area()))
    {
        *hb += map.iter().copied().sum();
    }
}

impl<T: Real> LayerOperation<T> for Shape<'_> {
    fn forward(&self, input: &[T], weight: &[T], bias: &[T], sums: &mut [T]) {
        forward(self, input, weight, bias, sums);
    }

    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]) {
        backward_input(self, computed.sum_gradient, computed.weight, input_gradient);
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
        backward_weight(self, input, sum_gradient, weight_gradient, bias_gradient);
    }

    fn second_backward_input(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    ) {
        second_backward_input(self, sum_curvature, computed.weight, input_curvature);
    }

    fn second_backward_weight(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        weight_curvature: &mut [T],
        bias_curvature: &mut [T],
    ) {
        let input = computed.input;
        second_backward_weight(self, input, sum_curvature, weight_curvature, bias_curvature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_3_by_3_kernel_worked_by_hand() {
        // The 3×3 kernel sits in the middle of the 5×5 one; the 3×3 picture in a 7×7 field of 0.
        let table = ConnectionTable::full(1, 1);
        let shape = Shape {
            table: &table,
            input: MapShape::new(1, 7, 7),
            output: MapShape::new(1, 3, 3),
        };
        let picture = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
        let kernel = [[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]];
        let (mut input, mut weight) = ([0.0; 49], [0.0; 25]);
        for y in 0..3 {
            for x in 0..3 {
                input[(y + 2) * 7 + x + 2] = picture[y][x];
                weight[(y + 1) * 5 + x + 1] = kernel[y][x];
            }
        }
        let mut output = [0.0; 9];
        forward(&shape, &input, &weight, &[0.5], &mut output);
        // By hand, the columns left and right of each pixel weighted 1 2 1; for the first:
        // −(2·2 + 5) + bias = −8.5.
        let expected = [-8.5, -5.5, 9.5, -19.5, -7.5, 20.5, -20.5, -5.5, 21.5];
        assert_eq!(output, expected);
    }
}
