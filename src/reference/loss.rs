//! The losses on the ten penalties; twin of `shaders/loss.wgsl`.
//!
//! `map` (eq. 9):  E = s·y_D + log( e^(−j) + Σ_i e^(−s·y_i) )
//! `mse` (eq. 8):  E = s·y_D

use super::Real;
use crate::model::{Loss, LossKind};

/// The loss of one sample whose class is `label`. Writes ∂E/∂y, divided by the `count` of samples in
/// the batch, to `gradient`: the gradient of their mean loss.
pub fn forward<T: Real>(
    loss: &Loss,
    penalties: &[T],
    label: usize,
    count: usize,
    gradient: &mut [T],
) -> T {
    match loss.kind {
        LossKind::Map => map(loss, penalties, label, count, gradient),
        LossKind::Mse => mse(loss, penalties, label, count, gradient),
    }
}

/// As [`forward`] with eq. 9. The smallest exponent is factored out of the sum: distances between
/// codes reach 200, and e^(−200) is 0 in f32.
pub fn map<T: Real>(
    loss: &Loss,
    penalties: &[T],
    label: usize,
    count: usize,
    gradient: &mut [T],
) -> T {
    let (scale, rubbish) = (T::of(loss.scale.into()), T::of(loss.rubbish.into()));
    let smallest = penalties
        .iter()
        .fold(rubbish, |least, &y| least.min(scale * y));
    let total = (smallest - rubbish).exp()
        + penalties
            .iter()
            .map(|&y| (smallest - scale * y).exp())
            .sum();
    let share = scale / T::of(count as f64);
    for (class, (dy, &y)) in gradient.iter_mut().zip(penalties).enumerate() {
        let target = if class == label { T::one() } else { T::zero() };
        *dy = share * (target - (smallest - scale * y).exp() / total);
    }
    scale * penalties[label] + total.ln() - smallest
}

/// As [`forward`] with eq. 8.
pub fn mse<T: Real>(
    loss: &Loss,
    penalties: &[T],
    label: usize,
    count: usize,
    gradient: &mut [T],
) -> T {
    let scale = T::of(loss.scale.into());
    gradient.fill(T::zero());
    gradient[label] = scale / T::of(count as f64);
    scale * penalties[label]
}

/// Writes ∂²E/∂y[i]² of one sample, divided by `count`, to `curvature`, for the diagonal second
/// derivatives of Appendix C.
///
/// Eq. 8 is linear in the penalties: 0. Its curvature comes from the distances themselves, see
/// [`rbf::second_backward_input`](super::rbf::second_backward_input), which also needs the sum of
/// ∂E/∂y: that is s for eq. 8, and s times the posterior of the rubbish class for eq. 9, so it is never
/// negative.
pub fn second<T: Real>(loss: &Loss, penalties: &[T], count: usize, curvature: &mut [T]) {
    match loss.kind {
        LossKind::Map => second_map(loss, penalties, count, curvature),
        LossKind::Mse => curvature.fill(T::zero()),
    }
}

/// As [`second`] with eq. 9: ∂²E/∂y[i]² = s²·p_i·(1 − p_i), with the posteriors p_i = e^(−s·y_i) / (e^(−j) + Σ e^(−s·y)).
/// It does not depend on which class is right.
pub fn second_map<T: Real>(loss: &Loss, penalties: &[T], count: usize, curvature: &mut [T]) {
    let (scale, rubbish) = (T::of(loss.scale.into()), T::of(loss.rubbish.into()));
    let smallest = penalties
        .iter()
        .fold(rubbish, |least, &y| least.min(scale * y));
    let total = (smallest - rubbish).exp()
        + penalties
            .iter()
            .map(|&y| (smallest - scale * y).exp())
            .sum();
    let share = scale * scale / T::of(count as f64);
    for (hy, &y) in curvature.iter_mut().zip(penalties) {
        let posterior = (smallest - scale * y).exp() / total;
        *hy = share * posterior * (T::one() - posterior);
    }
}
