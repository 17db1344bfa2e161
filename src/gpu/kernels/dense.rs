//! Full connections: launches of `dense.wgsl`.
//!
//! `inputs` is always a multiple of 4. The invocations of all but the second derivatives compute
//! blocks of results, of the sizes of the [`Variant`].

use super::Kernel;
use crate::gpu::groups::group_count;
use crate::gpu::{DenseBlock, Variant};

fn constants(batch: usize, inputs: usize, outputs: usize) -> [(&'static str, usize); 3] {
    [
        ("GROUPS", group_count(batch)),
        ("INPUTS", inputs),
        ("OUTPUTS", outputs),
    ]
}

fn constants_with_block(
    batch: usize,
    inputs: usize,
    outputs: usize,
    block: DenseBlock,
) -> impl Iterator<Item = (&'static str, usize)> {
    let block = [
        ("GROUP_BLOCK", block.groups),
        ("OUTPUT_BLOCK", block.outputs),
        ("QUAD_BLOCK", block.quads),
    ];
    constants(batch, inputs, outputs).into_iter().chain(block)
}

/// The weighted sums.
pub fn forward(batch: usize, inputs: usize, outputs: usize, variant: Variant) -> Kernel {
    let block = variant.dense_block;
    let invocations = group_count(batch).div_ceil(block.groups) * outputs.div_ceil(block.outputs);
    let constants = constants_with_block(batch, inputs, outputs, block);
    Kernel::new("dense.forward", invocations, constants)
}

/// The gradient with respect to the input.
pub fn backward_input(batch: usize, inputs: usize, outputs: usize, variant: Variant) -> Kernel {
    let block = variant.dense_block;
    let quads = inputs / 4;
    let invocations = group_count(batch).div_ceil(block.groups) * quads.div_ceil(block.quads);
    let constants = constants_with_block(batch, inputs, outputs, block);
    Kernel::new("dense.backward_input", invocations, constants)
}

/// The gradient with respect to weights and biases.
pub fn backward_weight(batch: usize, inputs: usize, outputs: usize, variant: Variant) -> Kernel {
    let block = variant.dense_block;
    let quads = inputs / 4;
    let invocations = outputs.div_ceil(block.outputs) * quads.div_ceil(block.quads);
    let constants = constants_with_block(batch, inputs, outputs, block);
    Kernel::new("dense.backward_weight", invocations, constants)
}

/// The second derivatives with respect to the input.
pub fn second_backward_input(batch: usize, inputs: usize, outputs: usize) -> Kernel {
    let invocations = group_count(batch) * inputs;
    Kernel::new(
        "dense.second_backward_input",
        invocations,
        constants(batch, inputs, outputs),
    )
}

/// The second derivatives with respect to weights and biases.
pub fn second_backward_weight(batch: usize, inputs: usize, outputs: usize) -> Kernel {
    let invocations = outputs * (inputs / 4);
    Kernel::new(
        "dense.second_backward_weight",
        invocations,
        constants(batch, inputs, outputs),
    )
}
