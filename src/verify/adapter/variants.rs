//! The ways of dividing a kernel's work.

use crate::gpu::{Kernel, Variant};

/// Those that adapters start with.
pub fn of_adapters() -> Vec<Variant> {
    vec![Variant::HARDWARE, Variant::SOFTWARE]
}

/// Those and all that `tune` may choose.
pub fn all() -> Vec<Variant> {
    let mut variants = of_adapters();
    variants.extend(Variant::choices());
    variants
}

/// The different kernels that `kernel` makes of `variants`, each with the first variant that makes it.
pub fn kernels(variants: &[Variant], kernel: impl Fn(Variant) -> Kernel) -> Vec<(Variant, Kernel)> {
    let mut kernels: Vec<(Variant, Kernel)> = Vec::new();
    for &variant in variants {
        let kernel = kernel(variant);
        if kernels.iter().all(|(_, other)| *other != kernel) {
            kernels.push((variant, kernel));
        }
    }
    kernels
}
