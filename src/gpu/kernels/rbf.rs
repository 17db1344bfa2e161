//! Launches of `rbf.wgsl`.

use super::Kernel;
use crate::gpu::groups::group_count;

fn kernel(
    name: &'static str,
    invocations: usize,
    (batch, inputs, classes): (usize, usize, usize),
) -> Kernel {
    Kernel::new(
        name,
        invocations,
        [
            ("GROUPS", group_count(batch)),
            ("INPUTS", inputs),
            ("CLASSES", classes),
        ],
    )
}

/// Distances to the codes.
pub fn forward(batch: usize, inputs: usize, classes: usize) -> Kernel {
    kernel(
        "rbf.forward",
        group_count(batch) * classes,
        (batch, inputs, classes),
    )
}

/// Their gradient with respect to the input.
pub fn backward_input(batch: usize, inputs: usize, classes: usize) -> Kernel {
    kernel(
        "rbf.backward_input",
        group_count(batch) * inputs,
        (batch, inputs, classes),
    )
}

/// Second derivatives of the distances with respect to the input.
pub fn second_backward_input(batch: usize, inputs: usize, classes: usize) -> Kernel {
    kernel(
        "rbf.second_backward_input",
        group_count(batch) * inputs,
        (batch, inputs, classes),
    )
}
