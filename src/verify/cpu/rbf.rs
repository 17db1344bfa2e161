//! Radial basis function output units.

use super::blocks::blocks;
use super::guarded::Guarded;
use super::layout::packed;
use super::operation::{self, Operation, each_size, in_blocks};
use super::task::task;
use crate::cpu::memory::Planes;
use crate::cpu::{Level, rbf};
use crate::model::{CODE_LENGTH, DIGITS};
use crate::verify::check::Check;
use crate::verify::compare::Outcome;
use crate::verify::problems::rbf::Rbf;
use crate::verify::problems::softmax::BATCHES;

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let tolerance = Rbf::TOLERANCE;
    let operations = [
        Operation {
            name: "rbf.forward",
            tolerance,
            runs: in_blocks(level, each_size!(forward)),
        },
        Operation {
            name: "rbf.backward_input",
            tolerance,
            runs: in_blocks(level, each_size!(backward_input)),
        },
    ];
    operation::checks(level, BATCHES.map(Rbf::new), &operations)
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

fn forward<const SAMPLES: usize>(rbf: &Rbf, level: Level) -> Outcome {
    let (expected, mut outcome) = (rbf.forward(), Outcome::default());
    for block in blocks::<SAMPLES>(rbf.x.count()) {
        let mut distances = Guarded::unwritten(Planes::<SAMPLES>::units(DIGITS));
        level.dispatch(Forward::<SAMPLES> {
            input: &packed::<SAMPLES>(&rbf.x, &block)[..CODE_LENGTH * SAMPLES],
            codes: &rbf.codes,
            distances: distances.units(),
        });
        distances.compare(
            "distances",
            &expected,
            &block,
            &Rbf::TOLERANCE,
            &mut outcome,
        );
    }
    outcome
}

fn backward_input<const SAMPLES: usize>(rbf: &Rbf, level: Level) -> Outcome {
    let (expected, mut outcome) = (rbf.backward_input(), Outcome::default());
    for block in blocks::<SAMPLES>(rbf.x.count()) {
        let mut input_gradient = Guarded::unwritten(Planes::<SAMPLES>::units(CODE_LENGTH));
        level.dispatch(BackwardInput::<SAMPLES> {
            input: &packed::<SAMPLES>(&rbf.x, &block)[..CODE_LENGTH * SAMPLES],
            codes: &rbf.codes,
            distance_gradient: &packed::<SAMPLES>(&rbf.dy, &block)[..DIGITS * SAMPLES],
            input_gradient: input_gradient.units(),
        });
        let (name, tolerance) = ("input_gradient", &Rbf::TOLERANCE);
        input_gradient.compare(name, &expected, &block, tolerance, &mut outcome);
    }
    outcome
}
