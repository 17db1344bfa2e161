//! Radial basis function units: launches of `rbf.wgsl`.

use super::Kernel;
use crate::gpu::groups::group_count;

fn constants(batch: usize, inputs: usize, classes: usize) -> [(&'static str, usize); 3] {
    [
        ("GROUPS", group_count(batch)),
        ("INPUTS", inputs),
        ("CLASSES", classes),
    ]
}

/// The squared distances to the codes of the classes.
pub(crate) fn forward(batch: usize, inputs: usize, classes: usize) -> Kernel {
    let invocations = group_count(batch) * classes;
    Kernel::new(
        "rbf.forward",
        invocations,
        constants(batch, inputs, classes),
    )
}

/// The gradient with respect to the input.
pub(crate) fn backward_input(batch: usize, inputs: usize, classes: usize) -> Kernel {
    let invocations = group_count(batch) * inputs;
    Kernel::new(
        "rbf.backward_input",
        invocations,
        constants(batch, inputs, classes),
    )
}

/// The second derivatives with respect to the input.
pub(crate) fn second_backward_input(batch: usize, inputs: usize, classes: usize) -> Kernel {
    let invocations = group_count(batch) * inputs;
    Kernel::new(
        "rbf.second_backward_input",
        invocations,
        constants(batch, inputs, classes),
    )
}
