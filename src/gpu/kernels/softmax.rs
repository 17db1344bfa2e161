//! Softmax as a penalty: launches of `softmax.wgsl`.

use super::{Kernel, by_group};

/// −log of the softmax of the scores.
pub(crate) fn forward(batch: usize, classes: usize) -> Kernel {
    by_group("softmax.forward", batch, classes)
}

/// The gradient with respect to the scores.
pub(crate) fn backward_input(batch: usize, classes: usize) -> Kernel {
    by_group("softmax.backward_input", batch, classes)
}

/// The second derivatives with respect to the scores.
pub(crate) fn second_backward_input(batch: usize, classes: usize) -> Kernel {
    by_group("softmax.second_backward_input", batch, classes)
}
