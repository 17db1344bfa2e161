//! Softmax as a penalty; twin of `shaders/softmax.wgsl`.
//!
//! y[i] = −log( e^(x_i) / Σ_k e^(x_k) ), with the largest x subtracted from all exponents

use super::Real;
use super::operation::{Computed, LayerOperation};

/// `scores` [i] → `penalties` [i]: −log p, so that, as with distances, the smallest wins.
pub fn forward<T: Real>(scores: &[T], penalties: &mut [T]) {
    let largest = scores.iter().copied().fold(T::neg_infinity(), T::max);
    let total: T = scores.iter().map(|&x| (x - largest).exp()).sum();
    for (y, &x) in penalties.iter_mut().zip(scores) {
        *y = total.ln() - (x - largest);
    }
}

/// ∂E/∂x[i] = p_i · Σ_k ∂E/∂y[k] − ∂E/∂y[i], with p_i = e^(−y_i).
pub fn backward_input<T: Real>(penalties: &[T], penalty_gradient: &[T], score_gradient: &mut [T]) {
    let total: T = penalty_gradient.iter().copied().sum();
    for ((dx, &y), &dy) in score_gradient
        .iter_mut()
        .zip(penalties)
        .zip(penalty_gradient)
    {
        *dx = (-y).exp() * total - dy;
    }
}

/// ∂²E/∂x[i]² = Σ_k ∂²E/∂y[k]² · (p_i − δ_ik)² + p_i·(1 − p_i) · Σ_k ∂E/∂y[k], δ_ik = 1 where i = k.
///
/// ∂²y[k]/∂x[i]² = p_i·(1 − p_i) for all k; it is kept for the reason given at
/// [`rbf::second_backward_input`](super::rbf::second_backward_input): for the cross-entropy this is
/// exactly ∂²E/∂x[i]² = s·p_i·(1 − p_i).
pub fn second_backward_input<T: Real>(
    penalties: &[T],
    penalty_gradient: &[T],
    penalty_curvature: &[T],
    score_curvature: &mut [T],
) {
    let gradient: T = penalty_gradient.iter().copied().sum();
    let curvature: T = penalty_curvature.iter().copied().sum();
    for ((hx, &y), &hy) in score_curvature
        .iter_mut()
        .zip(penalties)
        .zip(penalty_curvature)
    {
        let p = (-y).exp();
        let own = (p - T::one()) * (p - T::one()) * hy;
        *hx = own + p * p * (curvature - hy) + p * (T::one() - p) * gradient.max(T::zero());
    }
}

/// The layer's operation.
pub(super) struct Softmax;

impl<T: Real> LayerOperation<T> for Softmax {
    fn forward(&self, input: &[T], _weight: &[T], _bias: &[T], sums: &mut [T]) {
        forward(input, sums);
    }

    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]) {
        backward_input(computed.output, computed.sum_gradient, input_gradient);
    }

    fn second_backward_input(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    ) {
        let Computed {
            output,
            sum_gradient,
            ..
        } = *computed;
        second_backward_input(output, sum_gradient, sum_curvature, input_curvature);
    }
}
