//! Trainable sub-sampling: launches of `subsample.wgsl`.

use super::{Kernel, halving_constants};
use crate::gpu::groups::group_count;
use crate::model::MapShape;

/// Slices into which the sums over the batch for coefficients and biases are cut.
pub(crate) fn slices(batch: usize, input: MapShape) -> usize {
    super::slices(group_count(batch) * input.halved().height, input.maps)
}

fn constants(batch: usize, input: MapShape) -> impl Iterator<Item = (&'static str, usize)> {
    let slices = [("SLICES", slices(batch, input))];
    halving_constants(batch, input).into_iter().chain(slices)
}

/// The sum of each 2×2 field of `input`, times its map's coefficient, plus its bias.
pub(crate) fn forward(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.halved().units();
    Kernel::new("subsample.forward", invocations, constants(batch, input))
}

/// The gradient with respect to the input.
pub(crate) fn backward_input(batch: usize, input: MapShape) -> Kernel {
    let fields = input.maps * input.height.div_ceil(2) * input.width.div_ceil(2);
    let invocations = group_count(batch) * fields;
    Kernel::new(
        "subsample.backward_input",
        invocations,
        constants(batch, input),
    )
}

/// The gradient with respect to coefficients and biases, as partial sums in [`slices`] slices for
/// [`super::reduce::sum`].
pub(crate) fn backward_weight(batch: usize, input: MapShape) -> Kernel {
    let invocations = slices(batch, input) * input.maps;
    Kernel::new(
        "subsample.backward_weight",
        invocations,
        constants(batch, input),
    )
}

/// The second derivatives with respect to the input.
pub(crate) fn second_backward_input(batch: usize, input: MapShape) -> Kernel {
    let invocations = group_count(batch) * input.units();
    Kernel::new(
        "subsample.second_backward_input",
        invocations,
        constants(batch, input),
    )
}

/// The second derivatives with respect to coefficients and biases, as partial sums in [`slices`]
/// slices for [`super::reduce::sum`].
pub(crate) fn second_backward_weight(batch: usize, input: MapShape) -> Kernel {
    let invocations = slices(batch, input) * input.maps;
    Kernel::new(
        "subsample.second_backward_weight",
        invocations,
        constants(batch, input),
    )
}
