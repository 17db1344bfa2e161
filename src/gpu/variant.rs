//! How large the blocks are into which kernels divide their work, by the kind of adapter.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::AdapterDescription;

/// Sizes of what one invocation computes. All variants give the same results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Height and width of the block of the input that an invocation of `conv.backward_input`
    /// computes; the width is at most 14, the `MOST_COLUMNS` of `conv.wgsl`.
    pub conv_block: (usize, usize),
    /// Whether an invocation of `conv.forward` computes all output maps where there is one input
    /// map.
    pub conv_all_maps: bool,
    /// What an invocation of the `dense` kernels computes.
    pub dense_block: DenseBlock,
}

/// Sizes of a block of a full connection; at most the `MOST_…` of `dense.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenseBlock {
    /// Groups of four samples.
    pub groups: usize,
    /// Outputs.
    pub outputs: usize,
    /// Groups of four inputs.
    pub quads: usize,
}

impl Variant {
    /// For adapters with thousands of invocations under way, each with few registers.
    pub const HARDWARE: Self = Self {
        conv_block: (5, 5),
        conv_all_maps: false,
        dense_block: DenseBlock {
            groups: 2,
            outputs: 4,
            quads: 1,
        },
    };

    /// For software adapters, where an invocation may keep many values and every load is expensive:
    /// blocks as large as S2's maps.
    pub const SOFTWARE: Self = Self {
        conv_block: (14, 14),
        conv_all_maps: true,
        dense_block: DenseBlock {
            groups: 4,
            outputs: 8,
            quads: 2,
        },
    };

    /// The variant for `adapter`.
    pub fn for_adapter(adapter: &AdapterDescription) -> Self {
        match adapter.is_hardware() {
            true => Self::HARDWARE,
            false => Self::SOFTWARE,
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (height, width) = self.conv_block;
        let maps = if self.conv_all_maps {
            "all maps"
        } else {
            "one map"
        };
        let DenseBlock {
            groups,
            outputs,
            quads,
        } = self.dense_block;
        write!(
            f,
            "convolutions by {maps} and {height}x{width} back, full connections by \
             {groups}x{outputs}x{quads}"
        )
    }
}
