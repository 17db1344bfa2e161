//! A sample from its pixels to its gradients; twin of `shaders/fused_sample.wgsl`.

use super::loss::{self, Target};
use super::{Activations, Real, ReferenceNetwork, metrics};
use crate::model::Loss;

/// The forward and the backward pass of the sample whose field is in `activations` and whose class is
/// `label` and should be taken for `target`, with the parameters in `arena`: adds the gradient of the mean loss over `count` samples to
/// `gradient`, an arena, and leaves everything else in `activations`. Returns the sample's loss, and 1
/// if it is answered wrongly.
pub fn forward_backward<T: Real>(
    network: &ReferenceNetwork<T>,
    arena: &[T],
    criterion: &Loss,
    (label, target): (u8, &Target<T>),
    count: usize,
    activations: &mut Activations<T>,
    gradient: &mut [T],
) -> (T, usize) {
    network.forward(arena, activations);
    let (y, dy) = activations.penalties_and_gradient();
    let loss = loss::taught(criterion, y, target, count, dy);
    let rubbish_distance = T::of(criterion.rubbish_distance().into());
    let measured = metrics::gather(y, &[loss], &[label], rubbish_distance);
    network.backward(arena, activations, gradient);
    measured
}
