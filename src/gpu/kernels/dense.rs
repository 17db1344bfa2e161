//! Full connections: launches of `dense.wgsl`.
//!
//! `inputs` is always a multiple of 4. The invocations of all but the second derivatives compute
//! blocks of results.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Kernel;
use crate::gpu::groups::group_count;
use crate::model::InvalidValue;

/// Groups of the largest [`DenseBlock`]: the `MOST_GROUPS` of `dense.wgsl`, like the next two the
/// length of arrays that are indexed by a block's places.
pub const MOST_GROUPS: usize = 4;

/// Outputs of the largest [`DenseBlock`]: its `MOST_OUTPUTS`.
pub const MOST_OUTPUTS: usize = 8;

/// Groups of four inputs of the largest [`DenseBlock`]: its `MOST_QUADS`.
pub const MOST_QUADS: usize = 2;

/// Sizes of a block of a full connection, of which an invocation computes two: groups and outputs, or
/// groups and quads, or outputs and quads. The shader's arrays hold every block that there is: it is
/// checked as it is made and as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedBlock")]
pub struct DenseBlock {
    groups: usize,
    outputs: usize,
    quads: usize,
}

/// A block as it is read.
#[derive(Deserialize)]
struct UncheckedBlock {
    groups: usize,
    outputs: usize,
    quads: usize,
}

impl DenseBlock {
    /// A block of `groups` groups of four samples, `outputs` outputs and `quads` groups of four inputs.
    ///
    /// # Errors
    /// If one of them is 0 or more than the largest block has.
    pub fn new(groups: usize, outputs: usize, quads: usize) -> Result<Self, InvalidValue> {
        Self::checked(groups, outputs, quads).ok_or_else(|| {
            let value = format!("{groups}x{outputs}x{quads}");
            let expected = format!(
                "groups from 1 to {MOST_GROUPS}, outputs from 1 to {MOST_OUTPUTS} and quads from 1 \
                 to {MOST_QUADS}"
            );
            InvalidValue::new("dense_block", value, expected)
        })
    }

    /// As [`DenseBlock::new`], for sizes that are constants.
    pub(in crate::gpu) const fn checked(
        groups: usize,
        outputs: usize,
        quads: usize,
    ) -> Option<Self> {
        let is_empty = groups == 0 || outputs == 0 || quads == 0;
        if is_empty || groups > MOST_GROUPS || outputs > MOST_OUTPUTS || quads > MOST_QUADS {
            return None;
        }
        Some(Self {
            groups,
            outputs,
            quads,
        })
    }

    /// Groups of four samples.
    pub fn groups(self) -> usize {
        self.groups
    }

    /// Outputs.
    pub fn outputs(self) -> usize {
        self.outputs
    }

    /// Groups of four inputs.
    pub fn quads(self) -> usize {
        self.quads
    }

    /// The same block with each number of groups that `tune` tries.
    pub fn by_groups(self) -> [Self; 3] {
        [1, 2, MOST_GROUPS].map(|groups| Self { groups, ..self })
    }

    /// The same block with each number of outputs that `tune` tries.
    pub fn by_outputs(self) -> [Self; 3] {
        [2, 4, MOST_OUTPUTS].map(|outputs| Self { outputs, ..self })
    }

    /// The same block with each number of quads that `tune` tries.
    pub fn by_quads(self) -> [Self; 2] {
        [1, MOST_QUADS].map(|quads| Self { quads, ..self })
    }

    /// The blocks that `tune` may choose.
    pub fn choices() -> Vec<Self> {
        let smallest = Self {
            groups: 1,
            outputs: 1,
            quads: 1,
        };
        let blocks = smallest.by_groups().into_iter();
        let blocks = blocks.flat_map(Self::by_outputs).flat_map(Self::by_quads);
        blocks.collect()
    }
}

impl TryFrom<UncheckedBlock> for DenseBlock {
    type Error = InvalidValue;

    fn try_from(block: UncheckedBlock) -> Result<Self, InvalidValue> {
        Self::new(block.groups, block.outputs, block.quads)
    }
}

impl fmt::Display for DenseBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.groups, self.outputs, self.quads)
    }
}

fn constants(batch: usize, inputs: usize, outputs: usize) -> [(&'static str, usize); 3] {
    [
        ("GROUPS", group_count(batch)),
        ("INPUTS", inputs),
        ("OUTPUTS", outputs),
    ]
}

/// The weighted sums.
pub(crate) fn forward(batch: usize, inputs: usize, outputs: usize, block: DenseBlock) -> Kernel {
    let invocations = group_count(batch).div_ceil(block.groups) * outputs.div_ceil(block.outputs);
    let block = [
        ("GROUP_BLOCK", block.groups),
        ("OUTPUT_BLOCK", block.outputs),
    ];
    let constants = constants(batch, inputs, outputs).into_iter().chain(block);
    Kernel::new("dense.forward", invocations, constants)
}

/// The gradient with respect to the input.
pub(crate) fn backward_input(
    batch: usize,
    inputs: usize,
    outputs: usize,
    block: DenseBlock,
) -> Kernel {
    let quads = inputs / 4;
    let invocations = group_count(batch).div_ceil(block.groups) * quads.div_ceil(block.quads);
    let block = [("GROUP_BLOCK", block.groups), ("QUAD_BLOCK", block.quads)];
    let constants = constants(batch, inputs, outputs).into_iter().chain(block);
    Kernel::new("dense.backward_input", invocations, constants)
}

/// The gradient with respect to weights and biases.
pub(crate) fn backward_weight(
    batch: usize,
    inputs: usize,
    outputs: usize,
    block: DenseBlock,
) -> Kernel {
    let quads = inputs / 4;
    let invocations = outputs.div_ceil(block.outputs) * quads.div_ceil(block.quads);
    let block = [("OUTPUT_BLOCK", block.outputs), ("QUAD_BLOCK", block.quads)];
    let constants = constants(batch, inputs, outputs).into_iter().chain(block);
    Kernel::new("dense.backward_weight", invocations, constants)
}

/// The second derivatives with respect to the input.
pub(crate) fn second_backward_input(batch: usize, inputs: usize, outputs: usize) -> Kernel {
    let invocations = group_count(batch) * inputs;
    Kernel::new(
        "dense.second_backward_input",
        invocations,
        constants(batch, inputs, outputs),
    )
}

/// The second derivatives with respect to weights and biases.
pub(crate) fn second_backward_weight(batch: usize, inputs: usize, outputs: usize) -> Kernel {
    let invocations = outputs * (inputs / 4);
    Kernel::new(
        "dense.second_backward_weight",
        invocations,
        constants(batch, inputs, outputs),
    )
}
