//! Launches of `average_pool.wgsl`.

use super::{Kernel, halving_constants};
use crate::gpu::groups::group_count;
use crate::model::MapShape;

/// Average pooling.
pub fn forward(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.halved().units();
    Kernel::new(
        "average_pool.forward",
        invocations,
        halving_constants(batch, input),
    )
}

/// Its gradient with respect to the input.
pub fn backward_input(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.units();
    Kernel::new(
        "average_pool.backward_input",
        invocations,
        halving_constants(batch, input),
    )
}

/// Second derivatives of an average pooling with respect to its input.
pub fn second_backward_input(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.units();
    Kernel::new(
        "average_pool.second_backward_input",
        invocations,
        halving_constants(batch, input),
    )
}
