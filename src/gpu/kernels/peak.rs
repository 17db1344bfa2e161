//! Launches of `peak.wgsl`.

use super::Kernel;

/// Multiply-adds in registers, 32·`rounds` for each value of `length` vec4.
pub fn multiply_add(length: usize, rounds: usize) -> Kernel {
    let constants = [("LENGTH", length), ("ROUNDS", rounds)];
    Kernel::new("peak.multiply_add", length, constants)
}

/// vec4 that an invocation of peak.wgsl copies, its `COPIES`.
const COPIES: usize = 8;

/// A copy of `length` vec4.
pub fn copy(length: usize) -> Kernel {
    let invocations = length.div_ceil(COPIES);
    Kernel::new("peak.copy", invocations, [("LENGTH", length)])
}
