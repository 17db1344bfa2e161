//! Launches of `reduce.wgsl`.

use super::Kernel;

/// Adding up the slices of a weight gradient.
pub fn sum(slices: usize, weights: usize, biases: usize) -> Kernel {
    Kernel::new(
        "reduce.sum",
        weights + biases,
        [("SLICES", slices), ("WEIGHTS", weights), ("BIASES", biases)],
    )
}
