//! How the kernels that are worth it divide their work, by the kind of adapter.

use super::AdapterDescription;

/// Sizes of what one invocation computes. Every variant computes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Height and width of the block of the input that an invocation of `conv.backward_input`
    /// computes; the width is at most 14, the `MOST_COLUMNS` of `conv.wgsl`.
    pub conv_block: (usize, usize),
}

impl Variant {
    /// For adapters with thousands of invocations under way, each with few registers.
    pub const HARDWARE: Self = Self { conv_block: (5, 5) };

    /// For software adapters, where an invocation may hold much and every load is dear: the whole
    /// of S2's maps.
    pub const SOFTWARE: Self = Self {
        conv_block: (14, 14),
    };

    /// The variant for `adapter`.
    pub fn for_adapter(adapter: &AdapterDescription) -> Self {
        match adapter.is_hardware() {
            true => Self::HARDWARE,
            false => Self::SOFTWARE,
        }
    }
}
