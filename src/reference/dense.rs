//! Full connection; twin of `shaders/dense.wgsl`. C5, whose kernels cover all of S4, is one too.
//!
//! a[o] = b[o] + Σ_i w[o,i] · input[i]   (section II.B, F6)

use super::Real;
use super::operation::{Computed, LayerOperation};

/// `input` [i], `weight` [o,i], `bias` [o] → `output` [o].
pub fn forward<T: Real>(input: &[T], weight: &[T], bias: &[T], output: &mut [T]) {
    for ((a, row), &b) in output.iter_mut().zip(weight.chunks(input.len())).zip(bias) {
        *a = b + dot(row, input);
    }
}

/// ∂E/∂input[i] = Σ_o w[o,i] · ∂E/∂a[o].
pub fn backward_input<T: Real>(output_gradient: &[T], weight: &[T], input_gradient: &mut [T]) {
    input_gradient.fill(T::zero());
    for (&da, row) in output_gradient
        .iter()
        .zip(weight.chunks(input_gradient.len()))
    {
        for (dx, &w) in input_gradient.iter_mut().zip(row) {
            *dx += w * da;
        }
    }
}

/// Adds this sample's ∂E/∂w[o,i] = ∂E/∂a[o] · input[i] and ∂E/∂b[o] = ∂E/∂a[o].
pub fn backward_weight<T: Real>(
    input: &[T],
    output_gradient: &[T],
    weight_gradient: &mut [T],
    bias_gradient: &mut [T],
) {
    let rows = weight_gradient.chunks_mut(input.len());
    for ((row, db), &da) in rows.zip(bias_gradient).zip(output_gradient) {
        for (dw, &x) in row.iter_mut().zip(input) {
            *dw += da * x;
        }
        *db += da;
    }
}

/// ∂²E/∂input[i]² = Σ_o w[o,i]² · ∂²E/∂a[o]²   (Appendix C)
pub fn second_backward_input<T: Real>(
    output_curvature: &[T],
    weight: &[T],
    input_curvature: &mut [T],
) {
    input_curvature.fill(T::zero());
    for (&ha, row) in output_curvature
        .iter()
        .zip(weight.chunks(input_curvature.len()))
    {
        for (hx, &w) in input_curvature.iter_mut().zip(row) {
            *hx += w * w * ha;
        }
    }
}

/// Adds this sample's ∂²E/∂w[o,i]² = ∂²E/∂a[o]² · input[i]² and ∂²E/∂b[o]² = ∂²E/∂a[o]².
pub fn second_backward_weight<T: Real>(
    input: &[T],
    output_curvature: &[T],
    weight_curvature: &mut [T],
    bias_curvature: &mut [T],
) {
    let rows = weight_curvature.chunks_mut(input.len());
    for ((row, hb), &ha) in rows.zip(bias_curvature).zip(output_curvature) {
        for (hw, &x) in row.iter_mut().zip(input) {
            *hw += ha * x * x;
        }
        *hb += ha;
    }
}

/// Σ a·b in eight interleaved partial sums, which the compiler can keep in one vector register.
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let mut partial = [T::zero(); 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let (a_rest, b_rest) = (a_chunks.remainder(), b_chunks.remainder());
    for (a8, b8) in a_chunks.zip(b_chunks) {
        for ((p, &x), &y) in partial.iter_mut().zip(a8).zip(b8) {
            *p += x * y;
        }
    }
    let rest: T = a_rest.iter().zip(b_rest).map(|(&x, &y)| x * y).sum();
    partial.iter().copied().sum::<T>() + rest
}

/// The layer's operation.
pub(super) struct Dense;

impl<T: Real> LayerOperation<T> for Dense {
    fn forward(&self, input: &[T], weight: &[T], bias: &[T], sums: &mut [T]) {
        forward(input, weight, bias, sums);
    }

    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]) {
        backward_input(computed.sum_gradient, computed.weight, input_gradient);
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
        backward_weight(input, sum_gradient, weight_gradient, bias_gradient);
    }

    fn second_backward_input(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    ) {
        second_backward_input(sum_curvature, computed.weight, input_curvature);
    }

    fn second_backward_weight(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        weight_curvature: &mut [T],
        bias_curvature: &mut [T],
    ) {
        let input = computed.input;
        second_backward_weight(input, sum_curvature, weight_curvature, bias_curvature);
    }
}
