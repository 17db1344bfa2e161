//! Softmax as a penalty; twin of `shaders/softmax.wgsl`.
//!
//! y[i] = −log( e^(x_i) / Σ_k e^(x_k) ), with the largest x taken out of the exponents

use super::Real;

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
