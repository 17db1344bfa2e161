//! The squashing function, in vectors.
//!
//! f(a) = A·tanh(S·a), A = 1.7159, S = 2/3   (Appendix A)

use super::memory::{Planes, runs};
use super::simd::Simd;
use crate::model::{SQUASH_AMPLITUDE, SQUASH_SLOPE};

/// Beyond ± this, tanh is ±1 in f32.
const SATURATION: f32 = 7.905_311;
/// Numerator of the rational approximation of tanh, in odd powers of x from the first up; it is within
/// three units in the last place (Eigen's `ptanh_float`).
const NUMERATOR: [f32; 7] = [
    4.893_524_6e-3,
    6.372_619_5e-4,
    1.485_722_35e-5,
    5.122_297_3e-8,
    -8.604_672e-11,
    2.000_188e-13,
    -2.760_768_4e-16,
];
/// The denominator, in even powers of x from 1 up.
const DENOMINATOR: [f32; 4] = [4.893_525e-3, 2.268_434_7e-3, 1.185_347_1e-4, 1.198_258_4e-6];

/// f(a).
#[inline(always)]
fn squash<S: Simd>(simd: S, a: S::Vector) -> S::Vector {
    let x = simd.mul(a, simd.splat(SQUASH_SLOPE as f32));
    let x = simd.min(x, simd.splat(SATURATION));
    let x = simd.max(x, simd.splat(-SATURATION));
    let square = simd.mul(x, x);
    let numerator = simd.mul(x, polynomial(simd, &NUMERATOR, square));
    let tanh = simd.div(numerator, polynomial(simd, &DENOMINATOR, square));
    simd.mul(tanh, simd.splat(SQUASH_AMPLITUDE as f32))
}

/// Σ_i coefficients[i]·x^i, by Horner's rule.
#[inline(always)]
fn polynomial<S: Simd>(simd: S, coefficients: &[f32], x: S::Vector) -> S::Vector {
    let (&highest, rest) = coefficients
        .split_last()
        .expect("a polynomial has a coefficient");
    let mut sum = simd.splat(highest);
    for &coefficient in rest.iter().rev() {
        sum = simd.mul_add(sum, x, simd.splat(coefficient));
    }
    sum
}

/// f′(a), written in y = f(a): S·(A − y²/A).
#[inline(always)]
fn slope<S: Simd>(simd: S, y: S::Vector) -> S::Vector {
    let constant = simd.splat((SQUASH_SLOPE * SQUASH_AMPLITUDE) as f32);
    let factor = simd.splat((-SQUASH_SLOPE / SQUASH_AMPLITUDE) as f32);
    simd.mul_add(simd.mul(y, y), factor, constant)
}

/// Squashes the sums in `values`, in place.
#[inline(always)]
pub fn forward<S: Simd, const SAMPLES: usize>(
    simd: S,
    planes: &Planes<SAMPLES>,
    values: &mut [f32],
) {
    for run in runs(*planes, *planes) {
        for part in values[run.first..][..run.length].chunks_exact_mut(S::LANES) {
            simd.store(squash(simd, simd.load(part)), part);
        }
    }
}

/// Turns ∂E/∂output in `gradient` into ∂E/∂a, in place, given the outputs.
#[inline(always)]
pub fn backward_input<S: Simd, const SAMPLES: usize>(
    simd: S,
    (planes, outputs): (&Planes<SAMPLES>, &[f32]),
    (gradient_planes, gradient): (&Planes<SAMPLES>, &mut [f32]),
) {
    for run in runs(*planes, *gradient_planes) {
        let outputs = outputs[run.first..][..run.length].chunks_exact(S::LANES);
        let gradients = gradient[run.second..][..run.length].chunks_exact_mut(S::LANES);
        for (y, dy) in outputs.zip(gradients) {
            simd.store(simd.mul(slope(simd, simd.load(y)), simd.load(dy)), dy);
        }
    }
}
