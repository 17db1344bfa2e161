//! Updates by gradients in parts; twin of `shaders/fused_update.wgsl`.

use super::optimiser::{self, Constants};
use super::{Real, reduce};
use crate::model::StepRates;

/// The sum of `parts` [part, value] of a gradient, in order.
fn gradient_of<T: Real>(parts: &[T], len: usize) -> Vec<T> {
    let mut gradient = vec![T::zero(); len];
    reduce::sum(parts, &mut gradient);
    gradient
}

/// As [`optimiser::adam`], by the sum of the `parts` [part, value] of the gradient.
pub fn adam<T: Real>(
    constants: &Constants,
    rates: &StepRates,
    parts: &[T],
    first_moment: &mut [T],
    second_moment: &mut [T],
    parameter: &mut [T],
) {
    let gradient = gradient_of(parts, parameter.len());
    optimiser::adam(
        constants,
        rates,
        &gradient,
        first_moment,
        second_moment,
        parameter,
    );
}

/// As [`optimiser::sgd`], by the sum of the `parts` [part, value] of the gradient.
pub fn sgd<T: Real>(
    constants: &Constants,
    rates: &StepRates,
    parts: &[T],
    velocity: &mut [T],
    parameter: &mut [T],
) {
    let gradient = gradient_of(parts, parameter.len());
    optimiser::sgd(constants, rates, &gradient, velocity, parameter);
}

/// As [`optimiser::sdlm`], by the sum of the `parts` [part, value] of the gradient.
pub fn sdlm<T: Real>(
    constants: &Constants,
    rates: &StepRates,
    parts: &[T],
    curvature: &[T],
    velocity: &mut [T],
    parameter: &mut [T],
) {
    let gradient = gradient_of(parts, parameter.len());
    optimiser::sdlm(constants, rates, &gradient, curvature, velocity, parameter);
}
