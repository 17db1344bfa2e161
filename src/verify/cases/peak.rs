//! The kernels an adapter's peaks are measured with.

use super::widened;
use crate::gpu::kernels;
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;

const SEQUENCE: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-5,
    reason: "sequences of up to 512 multiply-adds near 1, rounded to 24 bits in every step",
};

pub(super) fn multiply_add_case((length, rounds): (usize, usize)) -> KernelCase {
    let x = Noise::new(21).values(4 * length);
    let mut y = vec![f64::NAN; x.len()];
    reference::peak::multiply_add(&widened(&x), rounds, &mut y);
    KernelCase::new(
        kernels::peak::multiply_add(length, rounds),
        format!("{length} vec4, {rounds} rounds"),
        SEQUENCE,
    )
    .reads("input", &x)
    .writes("output", y)
}

pub(super) fn copy_case(length: usize) -> KernelCase {
    let x = Noise::new(22).values(4 * length);
    let mut y = vec![f64::NAN; x.len()];
    reference::peak::copy(&widened(&x), &mut y);
    KernelCase::new(
        kernels::peak::copy(length),
        format!("{length} vec4"),
        Tolerance::EXACT,
    )
    .reads("input", &x)
    .writes("output", y)
}
