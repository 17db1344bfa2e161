//! Launches of `squash.wgsl`.

use super::Kernel;
use crate::gpu::groups::group_count;

/// Squashing of `units` units a sample.
pub fn forward(batch: usize, units: usize) -> Kernel {
    let length = group_count(batch) * units;
    Kernel::new("squash.forward", length, [("LENGTH", length)])
}

/// Its gradient with respect to the weighted sums.
pub fn backward_input(batch: usize, units: usize) -> Kernel {
    let length = group_count(batch) * units;
    Kernel::new("squash.backward_input", length, [("LENGTH", length)])
}

/// Second derivatives of squashing with respect to the weighted sums.
pub fn second_backward_input(batch: usize, units: usize) -> Kernel {
    let length = group_count(batch) * units;
    Kernel::new("squash.second_backward_input", length, [("LENGTH", length)])
}
