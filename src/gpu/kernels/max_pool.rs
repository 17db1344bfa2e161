//! Max pooling: launches of `max_pool.wgsl`.

use super::{Kernel, halving_constants};
use crate::gpu::groups::group_count;
use crate::model::MapShape;

/// The maxima of the 2×2 fields of `input`.
pub(crate) fn forward(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.halved().units();
    let constants = halving_constants(batch, input);
    Kernel::new("max_pool.forward", invocations, constants)
}

/// The gradient with respect to the input.
pub(crate) fn backward_input(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.units();
    let constants = halving_constants(batch, input);
    Kernel::new("max_pool.backward_input", invocations, constants)
}
