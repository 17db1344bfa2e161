//! The squashing function by itself: launches of `squash.wgsl`.
//!
//! Most layers squash in their own kernels: [`Kernel::squashing`] and [`Kernel::after_squashing`].

use super::Kernel;
use crate::gpu::groups::group_count;

fn by_unit(name: &'static str, batch: usize, units: usize) -> Kernel {
    let length = group_count(batch) * units;
    Kernel::new(name, length, [("LENGTH", length)])
}

/// The squashed values of `units` weighted sums per sample.
pub(crate) fn forward(batch: usize, units: usize) -> Kernel {
    by_unit("squash.forward", batch, units)
}

/// The gradient with respect to the weighted sums.
pub(crate) fn backward_input(batch: usize, units: usize) -> Kernel {
    by_unit("squash.backward_input", batch, units)
}

/// The second derivatives with respect to the weighted sums.
pub(crate) fn second_backward_input(batch: usize, units: usize) -> Kernel {
    by_unit("squash.second_backward_input", batch, units)
}
