//! The updates; twin of `shaders/optimiser.wgsl`.

use super::Real;
use crate::model::{Optimiser, Recipe, StepRates, TrainingState};

/// Added to the root of the second moment to prevent division by 0.
pub const ADAM_EPSILON: f64 = 1e-8;

/// The constants of an update that do not change from step to step.
#[derive(Clone, Copy, Debug)]
pub struct Constants {
    /// Adam's β₁, or the momentum of SGD and SDLM.
    pub momentum: f32,
    /// Adam's β₂.
    pub beta2: f32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// μ of SDLM.
    pub damping: f32,
}

impl Constants {
    /// The constants of `recipe`.
    pub fn of(recipe: &Recipe) -> Self {
        Self {
            momentum: recipe.momentum,
            beta2: recipe.beta2,
            weight_decay: recipe.weight_decay,
            damping: recipe.damping,
        }
    }
}

/// Some parameters, and what an update keeps of each from step to step: parts of the arenas of a
/// [`TrainingState`], all of the same length.
pub struct Arrays<'a> {
    /// The weights.
    pub parameter: &'a mut [f32],
    /// Adam's first moment, or the velocity of SGD and SDLM.
    pub first_moment: &'a mut [f32],
    /// Adam's second moment, or SDLM's second derivatives.
    pub second_moment: &'a mut [f32],
    /// The running average of the weights.
    pub averaged: &'a mut [f32],
}

impl<'a> Arrays<'a> {
    /// All of `state`.
    pub fn of(state: &'a mut TrainingState) -> Self {
        Self {
            parameter: &mut state.parameter,
            first_moment: &mut state.first_moment,
            second_moment: &mut state.second_moment,
            averaged: &mut state.averaged,
        }
    }

    /// The first `middle` parameters and the rest.
    #[inline(always)]
    pub fn split_at(self, middle: usize) -> (Self, Self) {
        let (parameter, parameter_rest) = self.parameter.split_at_mut(middle);
        let (first_moment, first_rest) = self.first_moment.split_at_mut(middle);
        let (second_moment, second_rest) = self.second_moment.split_at_mut(middle);
        let (averaged, averaged_rest) = self.averaged.split_at_mut(middle);
        (
            Self {
                parameter,
                first_moment,
                second_moment,
                averaged,
            },
            Self {
                parameter: parameter_rest,
                first_moment: first_rest,
                second_moment: second_rest,
                averaged: averaged_rest,
            },
        )
    }
}

/// The update that `recipe` asks for, and that of the running average.
#[inline(always)]
pub fn update(recipe: &Recipe, rates: &StepRates, gradient: &[f32], arrays: Arrays) {
    let constants = Constants::of(recipe);
    let Arrays {
        parameter,
        first_moment: first,
        second_moment: second,
        averaged,
    } = arrays;
    match recipe.optimiser {
        Optimiser::Adam => adam(&constants, rates, gradient, first, second, parameter),
        Optimiser::Sgd => sgd(&constants, rates, gradient, first, parameter),
        Optimiser::Sdlm => sdlm(&constants, rates, gradient, second, first, parameter),
    }
    if recipe.average > 0.0 {
        average(rates, parameter, averaged);
    }
}

/// Adam with decoupled weight decay:
/// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − ε·( m̂/(√v̂ + 10⁻⁸) + λw ).
#[inline(always)]
pub fn adam<T: Real>(
    constants: &Constants,
    rates: &StepRates,
    gradient: &[T],
    first_moment: &mut [T],
    second_moment: &mut [T],
    parameter: &mut [T],
) {
    let of = |value: f32| T::of(value.into());
    let (beta1, beta2) = (of(constants.momentum), of(constants.beta2));
    let (rate, decay) = (of(rates.rate), of(constants.weight_decay));
    let (first_correction, second_correction) =
        (of(rates.first_correction), of(rates.second_correction));
    for (((w, m), v), &g) in parameter
        .iter_mut()
        .zip(first_moment)
        .zip(second_moment)
        .zip(gradient)
    {
        *m = beta1 * *m + (T::one() - beta1) * g;
        *v = beta2 * *v + (T::one() - beta2) * g * g;
        let root = (*v * second_correction).sqrt() + T::of(ADAM_EPSILON);
        *w -= rate * (*m * first_correction / root + decay * *w);
    }
}

/// Gradient descent with momentum μ: u ← μu + g, w ← w − ε·(u + λw).
#[inline(always)]
pub fn sgd<T: Real>(
    constants: &Constants,
    rates: &StepRates,
    gradient: &[T],
    velocity: &mut [T],
    parameter: &mut [T],
) {
    let of = |value: f32| T::of(value.into());
    let (momentum, decay, rate) = (
        of(constants.momentum),
        of(constants.weight_decay),
        of(rates.rate),
    );
    for ((w, u), &g) in parameter.iter_mut().zip(velocity).zip(gradient) {
        *u = momentum * *u + g;
        *w -= rate * (*u + decay * *w);
    }
}

/// The running average of the weights: w̄ ← w̄ + share·(w − w̄).
#[inline(always)]
pub fn average<T: Real>(rates: &StepRates, parameter: &[T], averaged: &mut [T]) {
    let share = T::of(rates.average_share.into());
    for (mean, &w) in averaged.iter_mut().zip(parameter) {
        *mean += share * (w - *mean);
    }
}

/// Stochastic diagonal Levenberg–Marquardt (Appendix C): every parameter has a rate of its own,
/// ε = η/(μ + h), where h is the estimate of ∂²E/∂w² in `curvature`:
/// u ← βu + g, w ← w − η·( u/(μ + h) + λw ). The paper has neither momentum nor weight decay.
#[inline(always)]
pub fn sdlm<T: Real>(
    constants: &Constants,
    rates: &StepRates,
    gradient: &[T],
    curvature: &[T],
    velocity: &mut [T],
    parameter: &mut [T],
) {
    let of = |value: f32| T::of(value.into());
    let (momentum, decay, damping, rate) = (
        of(constants.momentum),
        of(constants.weight_decay),
        of(constants.damping),
        of(rates.rate),
    );
    let parameters = parameter.iter_mut().zip(velocity);
    for ((w, u), (&g, &h)) in parameters.zip(gradient.iter().zip(curvature)) {
        *u = momentum * *u + g;
        *w -= rate * (*u / (damping + h) + decay * *w);
    }
}
