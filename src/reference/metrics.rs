//! Statistics of one training step; twin of `shaders/metrics.wgsl`.

use super::Real;

/// The answer: the class with the smallest penalty, the first of equals.
pub fn answer<T: Real>(penalties: &[T]) -> usize {
    let mut best = 0;
    for (class, &penalty) in penalties.iter().enumerate() {
        if penalty < penalties[best] {
            best = class;
        }
    }
    best
}

/// The sum of the losses of a batch, and the number of its samples that were answered wrongly.
/// `penalties` [n,class], `losses` [n], `labels` [n].
pub fn gather<T: Real>(penalties: &[T], losses: &[T], labels: &[u8]) -> (T, usize) {
    let classes = penalties.len() / labels.len();
    let errors = penalties
        .chunks(classes)
        .zip(labels)
        .filter(|(penalties, label)| answer(penalties) != usize::from(**label))
        .count();
    (losses.iter().copied().sum(), errors)
}
