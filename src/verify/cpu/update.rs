//! The updates, which are the reference's, compiled for the vectors of a level.

use super::guarded::Guarded;
use super::operation::{self, Operation, at_once};
use super::task::task;
use crate::cpu::Level;
use crate::cpu::memory::Planes;
use crate::model::{Optimiser, Recipe, StepRates};
use crate::reference::optimiser::{self, Arrays};
use crate::verify::check::Check;
use crate::verify::compare::Outcome;
use crate::verify::problems::optimiser::{LENGTHS, Update};
use crate::verify::samples::Samples;

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let mut checks = Vec::new();
    for (optimiser, name) in [
        (Optimiser::Adam, "optimiser.adam"),
        (Optimiser::Sgd, "optimiser.sgd"),
        (Optimiser::Sdlm, "optimiser.sdlm"),
    ] {
        let problems = LENGTHS.map(|length| Update::new(length, optimiser));
        let operation = Operation {
            name,
            tolerance: Update::TOLERANCE,
            runs: at_once(update_and_average),
        };
        checks.extend(operation::checks(level, problems, &[operation]));
    }
    checks
}

task! {
    Apply {
        recipe: &'a Recipe,
        rates: &'a StepRates,
        gradient: &'a [f32],
        arrays: Arrays<'a>,
    } |_simd| optimiser::update(recipe, rates, gradient, arrays)
}

fn update_and_average(update: &Update, level: Level) -> Outcome {
    let guarded = |values: &[f32]| {
        let samples = Samples::new(values, values.len());
        Guarded::holding(Planes::<1>::units(values.len()), &samples, &(0..1))
    };
    let mut parameter = guarded(&update.parameter);
    let mut first_moment = guarded(&update.first_moment);
    let mut second_moment = guarded(&update.second_moment);
    let mut averaged = guarded(&update.averaged);
    level.dispatch(Apply::<1> {
        recipe: &update.recipe,
        rates: &update.rates,
        gradient: &update.gradient,
        arrays: Arrays {
            parameter: parameter.units(),
            first_moment: first_moment.units(),
            second_moment: second_moment.units(),
            averaged: averaged.units(),
        },
    });
    let expected = update.updated();
    let mut outcome = Outcome::default();
    for (name, guarded, expected) in [
        ("averaged", averaged, update.average(&expected.parameter)),
        ("parameter", parameter, expected.parameter),
        ("first_moment", first_moment, expected.first_moment),
        ("second_moment", second_moment, expected.second_moment),
    ] {
        let units = expected.len();
        let expected = Samples::new(expected, units);
        guarded.compare(name, &expected, &(0..1), &Update::TOLERANCE, &mut outcome);
    }
    outcome
}
