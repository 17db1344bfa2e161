//! Launches of `max_pool.wgsl`.

use super::{Kernel, halving_constants};
use crate::gpu::groups::group_count;
use crate::model::MapShape;

/// Max pooling.
pub fn forward(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.halved().units();
    Kernel::new(
        "max_pool.forward",
        invocations,
        halving_constants(batch, input),
    )
}

/// Its gradient with respect to the input.
pub fn backward_input(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.units();
    Kernel::new(
        "max_pool.backward_input",
        invocations,
        halving_constants(batch, input),
    )
}
