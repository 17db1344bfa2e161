//! Launches of `subsample.wgsl`.

use super::{Kernel, halving_constants};
use crate::gpu::groups::group_count;
use crate::model::MapShape;

/// Slices of the gradient of a sub-sampling's coefficients and biases.
pub fn slices(batch: usize, input: MapShape) -> usize {
    super::slices(group_count(batch) * input.halved().height, input.maps)
}

fn kernel(name: &'static str, invocations: usize, batch: usize, input: MapShape) -> Kernel {
    let slices = slices(batch, input);
    let constants = halving_constants(batch, input);
    Kernel::new(
        name,
        invocations,
        constants.into_iter().chain([("SLICES", slices)]),
    )
}

/// Trainable sub-sampling.
pub fn forward(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.halved().units();
    kernel("subsample.forward", invocations, batch, input)
}

/// Its gradient with respect to the input.
pub fn backward_input(batch: usize, input: MapShape) -> Kernel {
    let fields = input.maps * input.height.div_ceil(2) * input.width.div_ceil(2);
    let invocations = group_count(batch) * fields;
    kernel("subsample.backward_input", invocations, batch, input)
}

/// Its gradient with respect to coefficients and biases, as partial sums.
pub fn backward_weight(batch: usize, input: MapShape) -> Kernel {
    let invocations = slices(batch, input) * input.maps;
    kernel("subsample.backward_weight", invocations, batch, input)
}

/// Second derivatives of a sub-sampling with respect to its input.
pub fn second_backward_input(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.units();
    kernel("subsample.second_backward_input", invocations, batch, input)
}

/// Its second derivatives with respect to coefficients and biases, as partial sums in as many slices as
/// the gradient's.
pub fn second_backward_weight(batch: usize, input: MapShape) -> Kernel {
    let invocations = slices(batch, input) * input.maps;
    kernel(
        "subsample.second_backward_weight",
        invocations,
        batch,
        input,
    )
}
