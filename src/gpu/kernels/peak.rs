//! An adapter's peak rates: launches of `peak.wgsl`.

use super::Kernel;

/// Number of vec4 that an invocation copies: the `COPIES` of `peak.wgsl`.
pub const COPIES: usize = 8;

/// Multiply-adds in registers, 32·`rounds` for each value of `length` vec4.
pub(crate) fn multiply_add(length: usize, rounds: usize) -> Kernel {
    let constants = [("LENGTH", length), ("ROUNDS", rounds)];
    Kernel::new("peak.multiply_add", length, constants)
}

/// A copy of `length` vec4.
pub(crate) fn copy(length: usize) -> Kernel {
    let invocations = length.div_ceil(COPIES);
    Kernel::new("peak.copy", invocations, [("LENGTH", length)])
}
