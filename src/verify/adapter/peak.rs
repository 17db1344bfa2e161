//! The kernels that an adapter's peaks are measured with.

use super::case::KernelCase;
use crate::gpu::kernels;
use crate::verify::compare::Tolerance;
use crate::verify::problems::peak::{COPIES, MULTIPLY_ADDS, Vectors};

pub fn cases() -> Vec<KernelCase> {
    let multiply_add = |(length, rounds)| {
        let (vectors, kernel) = (
            Vectors::new(length),
            kernels::peak::multiply_add(length, rounds),
        );
        let text = format!("{length} vec4, {rounds} rounds");
        KernelCase::new(kernel, text, Vectors::MULTIPLY_ADD)
            .reads("input", &vectors.values)
            .writes("output", vectors.multiply_add(rounds))
    };
    let copy = |length| {
        let (vectors, kernel) = (Vectors::new(length), kernels::peak::copy(length));
        KernelCase::new(kernel, format!("{length} vec4"), Tolerance::EXACT)
            .reads("input", &vectors.values)
            .writes("output", vectors.copy())
    };
    let mut cases: Vec<KernelCase> = MULTIPLY_ADDS.map(multiply_add).into();
    cases.extend(COPIES.map(copy));
    cases
}
