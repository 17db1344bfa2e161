//! Gradients multiplied by the inverses of their inputs' second moments, in the tasks of a training step.

use super::guarded::Guarded;
use super::operation::{self, Operation, at_once};
use super::task::task;
use crate::cpu::Level;
use crate::cpu::memory::{Aligned, Planes};
use crate::cpu::preconditioner::{self, Accumulate, Invert, ROWS_AT_ONCE};
use crate::model::preconditioning::{is_renewed_at, share_of_step};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::problems::preconditioning::{DAMPING, Preconditioned, shapes};
use crate::verify::samples::Samples;

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let problems = shapes().into_iter();
    let problems = problems.map(|shape| Preconditioned::new(shape, 0));
    let operation = |name, tolerance, run| Operation {
        name,
        tolerance,
        runs: at_once(run),
    };
    operation::checks(
        level,
        problems,
        &[
            operation(
                "preconditioning.accumulate",
                Preconditioned::MEAN,
                accumulate,
            ),
            operation("preconditioning.invert", Preconditioned::INVERSE, invert),
            operation("preconditioning.apply", Preconditioned::PRODUCT, apply),
        ],
    )
}

task! {
    Apply {
        inverse: &'a [f32],
        n: usize,
        gradients: &'a mut [f32],
        scratch: &'a mut [f32],
    } |simd| preconditioner::apply(simd, inverse, n, gradients, n, scratch)
}

fn accumulate(problem: &Preconditioned, level: Level) -> Outcome {
    let size = problem.layer.windows.inputs();
    let seen = preconditioner::fill_lines(&problem.seen(), size);
    let mut mean = guarded(&problem.mean);
    let rows = mean.units().chunks_mut(ROWS_AT_ONCE * size).enumerate();
    for (chunk, mean) in rows {
        level.dispatch(Accumulate {
            seen: &seen,
            size,
            share: share_of_step(problem.step),
            first: chunk * ROWS_AT_ONCE,
            mean,
        });
    }
    let expected = problem.accumulated();
    outcome("mean", &mean, expected, &Preconditioned::MEAN)
}

fn invert(problem: &Preconditioned, level: Level) -> Outcome {
    let mut inverses = guarded(&problem.inverses);
    if is_renewed_at(problem.step) {
        for block in &problem.layer.blocks {
            level.dispatch(Invert {
                mean: &problem.mean,
                size: problem.layer.windows.inputs(),
                inputs: &block.inputs,
                damping: DAMPING,
                inverse: &mut inverses.units()[block.span()],
            });
        }
    }
    let expected = problem.inverted();
    outcome("inverses", &inverses, expected, &Preconditioned::INVERSE)
}

fn apply(problem: &Preconditioned, level: Level) -> Outcome {
    let mut gradient = guarded(&problem.gradient);
    for block in &problem.layer.blocks {
        let n = block.inputs.len();
        let mut scratch = Aligned::zeros(n * preconditioner::UNITS_AT_ONCE);
        for &first in &block.first_weights {
            level.dispatch(Apply::<1> {
                inverse: &problem.inverses[block.span()],
                n,
                gradients: &mut gradient.units()[first..first + n],
                scratch: &mut scratch,
            });
        }
    }
    let expected = problem.product();
    outcome(
        "weight_gradient",
        &gradient,
        expected,
        &Preconditioned::PRODUCT,
    )
}

fn guarded(values: &[f32]) -> Guarded<1> {
    let samples = Samples::new(values, values.len());
    Guarded::holding(Planes::<1>::units(values.len()), &samples, &(0..1))
}

fn outcome(
    name: &str,
    computed: &Guarded<1>,
    expected: Vec<f64>,
    tolerance: &Tolerance,
) -> Outcome {
    let mut outcome = Outcome::default();
    let units = expected.len();
    let expected = Samples::new(expected, units);
    computed.compare(name, &expected, &(0..1), tolerance, &mut outcome);
    outcome
}
