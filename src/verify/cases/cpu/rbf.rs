//! Radial basis function output units on the CPU path.

use std::fmt;

use super::room::Room;
use super::{all_checks, placed, samples_text, task};
use crate::cpu::memory::Planes;
use crate::cpu::{Level, rbf};
use crate::model::{CODE_LENGTH, DIGITS, rbf_codes};
use crate::reference;
use crate::verify::cases::{DISTANCE, each_sample};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::noise::Noise;
use crate::verify::widened;

/// The output layer of the network.
#[derive(Clone, Copy)]
struct Rbf;

pub(super) fn checks<const SAMPLES: usize>(level: Level) -> Vec<Check<'static>> {
    all_checks(
        level,
        &samples_text(SAMPLES),
        &[Rbf],
        &[
            ("rbf.forward", DISTANCE, Rbf::forward::<SAMPLES>),
            (
                "rbf.backward_input",
                DISTANCE,
                Rbf::backward_input::<SAMPLES>,
            ),
        ],
    )
}

task! {
    Forward {
        input: &'a [f32],
        codes: &'a [f32],
        distances: &'a mut [f32],
    } |_simd| rbf::forward::<SAMPLES>(input, codes, distances)
}

task! {
    BackwardInput {
        input: &'a [f32],
        codes: &'a [f32],
        distance_gradient: &'a [f32],
        input_gradient: &'a mut [f32],
    } |_simd| rbf::backward_input::<SAMPLES>(input, codes, distance_gradient, input_gradient)
}

impl Rbf {
    /// Inputs [sample][unit]; those of the first sample are the code of 0, whose distance to it is 0.
    fn inputs(samples: usize) -> Vec<f32> {
        let mut x = Noise::new(9).values(samples * CODE_LENGTH);
        x[..CODE_LENGTH].copy_from_slice(&rbf_codes()[..CODE_LENGTH]);
        x
    }

    fn forward<const SAMPLES: usize>(&self, level: Level, tolerance: &Tolerance) -> Outcome {
        let (x, codes) = (Self::inputs(SAMPLES), rbf_codes());
        let codes64 = widened(&codes);
        let expected = each_sample(&x, CODE_LENGTH, DIGITS, |_, x, y| {
            reference::rbf::forward(x, &codes64, y);
        });
        let units = Planes::<SAMPLES>::units(CODE_LENGTH);
        let mut distances = Room::unwritten(Planes::<SAMPLES>::units(DIGITS));
        level.dispatch(Forward::<SAMPLES> {
            input: &placed(&units, &x, f32::NAN)[..CODE_LENGTH * SAMPLES],
            codes: &codes,
            distances: distances.units(),
        });
        distances.outcome("distances", &expected, tolerance)
    }

    fn backward_input<const SAMPLES: usize>(&self, level: Level, tolerance: &Tolerance) -> Outcome {
        let (x, codes) = (Self::inputs(SAMPLES), rbf_codes());
        let dy = Noise::new(10).values(SAMPLES * DIGITS);
        let (x64, codes64) = (widened(&x), widened(&codes));
        let expected = each_sample(&dy, DIGITS, CODE_LENGTH, |n, dy, dx| {
            let x = &x64[n * CODE_LENGTH..][..CODE_LENGTH];
            reference::rbf::backward_input(x, &codes64, dy, dx);
        });
        let units = Planes::<SAMPLES>::units(CODE_LENGTH);
        let classes = Planes::<SAMPLES>::units(DIGITS);
        let mut input_gradient = Room::unwritten(units);
        level.dispatch(BackwardInput::<SAMPLES> {
            input: &placed(&units, &x, f32::NAN)[..CODE_LENGTH * SAMPLES],
            codes: &codes,
            distance_gradient: &placed(&classes, &dy, f32::NAN)[..DIGITS * SAMPLES],
            input_gradient: input_gradient.units(),
        });
        input_gradient.outcome("input_gradient", &expected, tolerance)
    }
}

impl fmt::Display for Rbf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CODE_LENGTH} to {DIGITS}")
    }
}
