//! The ways of dividing a kernel's work.

use crate::gpu::{Kernel, Variant};

/// The kernel that `kernel` makes of every variant; one alone where a variant changes nothing.
pub fn kernels(kernel: impl Fn(Variant) -> Kernel) -> Vec<(Variant, Kernel)> {
    let mut kernels: Vec<(Variant, Kernel)> = Vec::new();
    for variant in [Variant::HARDWARE, Variant::SOFTWARE] {
        let kernel = kernel(variant);
        if kernels.iter().all(|(_, other)| *other != kernel) {
            kernels.push((variant, kernel));
        }
    }
    kernels
}
