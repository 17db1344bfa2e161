//! How large the blocks are into which kernels divide their work, by the kind of adapter.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kernels::conv::{ConvBlock, ConvTile};
use super::kernels::dense::DenseBlock;
use super::{AdapterDescription, FusedBlock};

/// The dispatches that a training step is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepPlan {
    /// A kernel or more per layer and direction.
    Layered,
    /// One for the samples, and one for the update.
    Fused,
}

impl fmt::Display for StepPlan {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Layered => "layered",
            Self::Fused => "fused",
        })
    }
}

/// The plan of a training step, and sizes of what one invocation or one workgroup computes. All variants
/// give the same results, but for rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// The plan of a training step.
    pub plan: StepPlan,
    /// What an invocation of `conv.forward` computes of the output.
    pub conv_tile: ConvTile,
    /// What an invocation of `conv.backward_input` computes of the input.
    pub conv_block: ConvBlock,
    /// Whether an invocation of `conv.backward_weight` computes whole kernels, or else a row of each.
    pub conv_whole_kernels: bool,
    /// What an invocation of the `dense` kernels computes.
    pub dense_block: DenseBlock,
    /// What a workgroup of the fused kernels computes.
    pub fused_block: FusedBlock,
}

impl Variant {
    /// For adapters with thousands of invocations under way, each with few registers: a GPU hides the
    /// time of loads by the waves that fit beside each other, and puts by in memory what does not fit
    /// into registers. What compilers make of it is in docs/performance.md.
    pub const HARDWARE: Self = Self {
        plan: StepPlan::Fused,
        fused_block: FusedBlock::checked(256, 1, 8, 8).unwrap(),
        conv_tile: ConvTile::Low,
        conv_block: ConvBlock::checked(7, 2).unwrap(),
        conv_whole_kernels: false,
        dense_block: DenseBlock::checked(2, 4, 1).unwrap(),
    };

    /// For software adapters, where an invocation may keep many values and every load is expensive:
    /// blocks as large as S2's maps.
    pub const SOFTWARE: Self = Self {
        plan: StepPlan::Layered,
        fused_block: FusedBlock::checked(64, 1, 1, 1).unwrap(),
        conv_tile: ConvTile::AllMaps,
        conv_block: ConvBlock::checked(14, 14).unwrap(),
        conv_whole_kernels: true,
        dense_block: DenseBlock::checked(4, 8, 2).unwrap(),
    };

    /// The variant for `adapter`.
    pub fn for_adapter(adapter: &AdapterDescription) -> Self {
        match adapter.is_hardware() {
            true => Self::HARDWARE,
            false => Self::SOFTWARE,
        }
    }

    /// The same by `plan`.
    pub fn by_plan(self, plan: StepPlan) -> Self {
        Self { plan, ..self }
    }

    /// The variants of the layered plan that `tune` may choose, which starts from one of those above.
    pub fn choices() -> Vec<Self> {
        let mut choices = Vec::new();
        for conv_tile in ConvTile::CHOICES {
            for conv_block in ConvBlock::CHOICES {
                for conv_whole_kernels in [false, true] {
                    let with = |dense_block| Self {
                        plan: StepPlan::Layered,
                        fused_block: Self::HARDWARE.fused_block,
                        conv_tile,
                        conv_block,
                        conv_whole_kernels,
                        dense_block,
                    };
                    choices.extend(DenseBlock::choices().into_iter().map(with));
                }
            }
        }
        choices
    }
}

/// What of `known` was measured nearest to batches of `batch` samples: at most twice or half as many.
pub fn nearest_batch<T>(known: &[T], batch_of: impl Fn(&T) -> usize, batch: usize) -> Option<&T> {
    let distance = |known: &&T| (batch_of(known) as f64 / batch as f64).log2().abs();
    let near = known.iter().filter(|known| distance(known) <= 1.0);
    near.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let kernels = match self.conv_whole_kernels {
            true => "whole kernels",
            false => "rows of kernels",
        };
        if self.plan == StepPlan::Fused {
            return write!(f, "the fused plan with {}", self.fused_block);
        }
        write!(
            f,
            "the layered plan with convolutions by {}, {} back and {kernels}, full connections by {}",
            self.conv_tile, self.conv_block, self.dense_block
        )
    }
}
