//! Adding up partial sums: launches of `reduce.wgsl`.

use super::Kernel;

/// The gradient of a layer's `weights` weights and `biases` biases, or their second derivatives, from
/// partial sums in `slices` slices.
pub(crate) fn sum(slices: usize, weights: usize, biases: usize) -> Kernel {
    let constants = [("SLICES", slices), ("WEIGHTS", weights), ("BIASES", biases)];
    Kernel::new("reduce.sum", weights + biases, constants)
}
