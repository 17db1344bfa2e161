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

/// The sum of the losses of a batch, and the number of its samples that were answered wrongly. In a field
/// without a digit, which has the label after the last class, that is each that is closer to a digit than
/// `rubbish_distance`, where the rubbish class of eq. 9 is as likely as the digit.
/// `penalties` [n,class], `losses` [n], `labels` [n].
pub fn gather<T: Real>(
    penalties: &[T],
    losses: &[T],
    labels: &[u8],
    rubbish_distance: T,
) -> (T, usize) {
    let classes = penalties.len() / labels.len();
    let is_wrong = |penalties: &[T], label: usize| {
        let answer = answer(penalties);
        match label < classes {
            true => answer != label,
            false => penalties[answer] < rubbish_distance,
        }
    };
    let errors = penalties
        .chunks(classes)
        .zip(labels)
        .filter(|(penalties, label)| is_wrong(penalties, usize::from(**label)))
        .count();
    (losses.iter().copied().sum(), errors)
}
