//! How large the blocks are into which kernels divide their work, by the kind of adapter.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::AdapterDescription;
use super::kernels::conv::ConvBlock;
use super::kernels::dense::DenseBlock;

/// Sizes of what one invocation computes. All variants give the same results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// What an invocation of `conv.backward_input` computes of the input.
    pub conv_block: ConvBlock,
    /// Whether an invocation of `conv.forward` computes all output maps where there is one input
    /// map.
    pub conv_all_maps: bool,
    /// What an invocation of the `dense` kernels computes.
    pub dense_block: DenseBlock,
}

impl Variant {
    /// For adapters with thousands of invocations under way, each with few registers.
    pub const HARDWARE: Self = Self {
        conv_block: ConvBlock::checked(5, 5).unwrap(),
        conv_all_maps: false,
        dense_block: DenseBlock::checked(2, 4, 1).unwrap(),
    };

    /// For software adapters, where an invocation may keep many values and every load is expensive:
    /// blocks as large as S2's maps.
    pub const SOFTWARE: Self = Self {
        conv_block: ConvBlock::checked(14, 14).unwrap(),
        conv_all_maps: true,
        dense_block: DenseBlock::checked(4, 8, 2).unwrap(),
    };

    /// The variant for `adapter`.
    pub fn for_adapter(adapter: &AdapterDescription) -> Self {
        match adapter.is_hardware() {
            true => Self::HARDWARE,
            false => Self::SOFTWARE,
        }
    }

    /// The variants that `tune` may choose, which starts from one of those above.
    pub fn choices() -> Vec<Self> {
        let mut choices = Vec::new();
        for conv_block in ConvBlock::CHOICES {
            for conv_all_maps in [false, true] {
                let with = |dense_block| Self {
                    conv_block,
                    conv_all_maps,
                    dense_block,
                };
                choices.extend(DenseBlock::choices().into_iter().map(with));
            }
        }
        choices
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let maps = if self.conv_all_maps {
            "all maps"
        } else {
            "one map"
        };
        write!(
            f,
            "convolutions by {maps} and {} back, full connections by {}",
            self.conv_block, self.dense_block
        )
    }
}
