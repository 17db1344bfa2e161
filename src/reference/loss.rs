//! The losses on the ten penalties; twin of `shaders/loss.wgsl`.
//!
//! `map` (eq. 9):  E = s·y_D + log( e^(−j) + Σ_i e^(−s·y_i) )
//! `mse` (eq. 8):  E = s·y_D
//!
//! A [`Target`] that teachers have a share in stands for the label D: Σ_i target_i·y_i for y_D, and eq. 9 is
//! then the cross-entropy of its posteriors (Hinton, Vinyals and Dean 2015, arXiv:1503.02531).

use super::Real;
use crate::model::{DIGITS, Loss, LossKind};

/// What a sample should be taken for: the share of each class.
///
/// By its label alone it is 1 for the right class D, and nothing for a field without a digit, whose right answer
/// is the rubbish class. With teachers it is (1 − λ)·δ_iD + λ·q_i, where λ is their
/// share and q_i the mean of the probabilities that they give class i.
pub type Target<T> = [T; DIGITS];

/// The target by a sample's `label`, times `share`.
pub fn by_label<T: Real>(label: usize, share: T) -> Target<T> {
    std::array::from_fn(|class| if class == label { share } else { T::zero() })
}

/// Adds `share` of the probabilities that a teacher gives the classes by its `penalties` to `target`: its
/// posteriors under eq. 9 with the constants of `loss`, which is the student's, or with eq. 8 the same without
/// a rubbish class.
pub fn learn<T: Real>(loss: &Loss, penalties: &[T], share: T, target: &mut Target<T>) {
    let evidence = Evidence::of(loss, penalties);
    for (wanted, &y) in target.iter_mut().zip(penalties) {
        *wanted += share * evidence.posterior(y);
    }
}

/// The loss of one sample whose class is `label`, [`Dataset::NO_DIGIT`](crate::data::Dataset::NO_DIGIT) for a
/// field without a digit: with eq. 9 its E is j + log( e^(−j) + Σ_i e^(−s·y_i) ), with eq. 8 it is 0. Writes
/// ∂E/∂y, divided by the `count` of samples in the batch, to `gradient`: the gradient of their mean loss.
pub fn forward<T: Real>(
    loss: &Loss,
    penalties: &[T],
    label: usize,
    count: usize,
    gradient: &mut [T],
) -> T {
    taught(loss, penalties, &by_label(label, T::one()), count, gradient)
}

/// As [`forward`] with eq. 9.
pub fn map<T: Real>(
    loss: &Loss,
    penalties: &[T],
    label: usize,
    count: usize,
    gradient: &mut [T],
) -> T {
    map_taught(loss, penalties, &by_label(label, T::one()), count, gradient)
}

/// As [`forward`] with eq. 8.
pub fn mse<T: Real>(
    loss: &Loss,
    penalties: &[T],
    label: usize,
    count: usize,
    gradient: &mut [T],
) -> T {
    mse_taught(loss, penalties, &by_label(label, T::one()), count, gradient)
}

/// As [`forward`], of a sample that teachers have a share in the `target` of.
pub fn taught<T: Real>(
    loss: &Loss,
    penalties: &[T],
    target: &Target<T>,
    count: usize,
    gradient: &mut [T],
) -> T {
    match loss.kind {
        LossKind::Map => map_taught(loss, penalties, target, count, gradient),
        LossKind::Mse => mse_taught(loss, penalties, target, count, gradient),
    }
}

/// As [`taught`] with eq. 9: the cross-entropy of the posteriors with respect to the target, where what the
/// target leaves of 1 is the share of the rubbish class.
pub fn map_taught<T: Real>(
    loss: &Loss,
    penalties: &[T],
    target: &Target<T>,
    count: usize,
    gradient: &mut [T],
) -> T {
    let evidence = Evidence::of(loss, penalties);
    let share = evidence.scale / T::of(count as f64);
    let (mut wanted, mut rest) = (T::zero(), T::one());
    for ((dy, &y), &target) in gradient.iter_mut().zip(penalties).zip(target) {
        wanted += target * y;
        rest -= target;
        *dy = share * (target - evidence.posterior(y));
    }
    evidence.scale * wanted + rest * T::of(loss.rubbish.into()) + evidence.total.ln()
        - evidence.smallest
}

/// As [`taught`] with eq. 8.
pub fn mse_taught<T: Real>(
    loss: &Loss,
    penalties: &[T],
    target: &Target<T>,
    count: usize,
    gradient: &mut [T],
) -> T {
    let scale = T::of(loss.scale.into());
    let share = scale / T::of(count as f64);
    let mut wanted = T::zero();
    for ((dy, &y), &target) in gradient.iter_mut().zip(penalties).zip(target) {
        wanted += target * y;
        *dy = share * target;
    }
    scale * wanted
}

/// What posteriors are divided by: e^(−j) + Σ_i e^(−s·y_i) as total · e^(−smallest), with eq. 8 without e^(−j).
/// The smallest exponent is factored out of the sum: distances between codes reach 200, and e^(−200) is 0 in
/// f32.
struct Evidence<T> {
    /// s
    scale: T,
    smallest: T,
    total: T,
}

impl<T: Real> Evidence<T> {
    fn of(loss: &Loss, penalties: &[T]) -> Self {
        let scale = T::of(loss.scale.into());
        let rubbish = match loss.kind {
            LossKind::Map => T::of(loss.rubbish.into()),
            LossKind::Mse => T::infinity(),
        };
        let smallest = penalties
            .iter()
            .fold(rubbish, |least, &y| least.min(scale * y));
        let total = (smallest - rubbish).exp()
            + penalties
                .iter()
                .map(|&y| (smallest - scale * y).exp())
                .sum();
        Self {
            scale,
            smallest,
            total,
        }
    }

    /// e^(−s·y) / (e^(−j) + Σ_i e^(−s·y_i))
    fn posterior(&self, penalty: T) -> T {
        (self.smallest - self.scale * penalty).exp() / self.total
    }
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
    let evidence = Evidence::of(loss, penalties);
    let share = evidence.scale * evidence.scale / T::of(count as f64);
    for (hy, &y) in curvature.iter_mut().zip(penalties) {
        let posterior = evidence.posterior(y);
        *hy = share * posterior * (T::one() - posterior);
    }
}
