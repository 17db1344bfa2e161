//! Launches of `dense.wgsl`.

use super::Kernel;
use crate::gpu::Variant;
use crate::gpu::groups::group_count;

fn kernel(
    name: &'static str,
    invocations: usize,
    (batch, inputs, outputs): (usize, usize, usize),
) -> Kernel {
    Kernel::new(
        name,
        invocations,
        [
            ("GROUPS", group_count(batch)),
            ("INPUTS", inputs),
            ("OUTPUTS", outputs),
        ],
    )
}

/// A block of results of a full connection that an invocation computes.
fn in_blocks(kernel: Kernel, variant: Variant) -> Kernel {
    let block = variant.dense_block;
    let sizes = [
        ("GROUP_BLOCK", block.groups as f64),
        ("OUTPUT_BLOCK", block.outputs as f64),
        ("QUAD_BLOCK", block.quads as f64),
    ];
    let constants = [&kernel.constants[..], &sizes].concat();
    Kernel {
        constants,
        ..kernel
    }
}

/// Full connection; `inputs` is a multiple of 4.
pub fn forward(batch: usize, inputs: usize, outputs: usize, variant: Variant) -> Kernel {
    let block = variant.dense_block;
    let invocations = group_count(batch).div_ceil(block.groups) * outputs.div_ceil(block.outputs);
    let kernel = kernel("dense.forward", invocations, (batch, inputs, outputs));
    in_blocks(kernel, variant)
}

/// Its gradient with respect to the input.
pub fn backward_input(batch: usize, inputs: usize, outputs: usize, variant: Variant) -> Kernel {
    let block = variant.dense_block;
    let invocations =
        group_count(batch).div_ceil(block.groups) * (inputs / 4).div_ceil(block.quads);
    let kernel = kernel(
        "dense.backward_input",
        invocations,
        (batch, inputs, outputs),
    );
    in_blocks(kernel, variant)
}

/// Its gradient with respect to weights and biases.
pub fn backward_weight(batch: usize, inputs: usize, outputs: usize, variant: Variant) -> Kernel {
    let block = variant.dense_block;
    let invocations = outputs.div_ceil(block.outputs) * (inputs / 4).div_ceil(block.quads);
    let kernel = kernel(
        "dense.backward_weight",
        invocations,
        (batch, inputs, outputs),
    );
    in_blocks(kernel, variant)
}

/// Second derivatives of a full connection with respect to its input.
pub fn second_backward_input(batch: usize, inputs: usize, outputs: usize) -> Kernel {
    let invocations = group_count(batch) * inputs;
    kernel(
        "dense.second_backward_input",
        invocations,
        (batch, inputs, outputs),
    )
}

/// Its second derivatives with respect to weights and biases.
pub fn second_backward_weight(batch: usize, inputs: usize, outputs: usize) -> Kernel {
    let invocations = outputs * (inputs / 4);
    kernel(
        "dense.second_backward_weight",
        invocations,
        (batch, inputs, outputs),
    )
}
