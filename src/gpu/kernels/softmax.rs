//! Launches of `softmax.wgsl`.

use super::{Kernel, by_group};

/// −log of the softmax.
pub fn forward(batch: usize, classes: usize) -> Kernel {
    by_group("softmax.forward", batch, classes)
}

/// Its gradient with respect to the scores.
pub fn backward_input(batch: usize, classes: usize) -> Kernel {
    by_group("softmax.backward_input", batch, classes)
}

/// Second derivatives of −log of the softmax with respect to the scores.
pub fn second_backward_input(batch: usize, classes: usize) -> Kernel {
    by_group("softmax.second_backward_input", batch, classes)
}
