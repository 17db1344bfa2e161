//! Squashing.

use super::blocks::{blocks, with_whole_blocks};
use super::guarded::Guarded;
use super::layout::{Convolved, InLayout, TIMES_0, placed};
use super::operation::{self, Operation, each_size, in_blocks};
use super::task::task;
use crate::cpu::memory::Planes;
use crate::cpu::{Level, squash};
use crate::verify::check::Check;
use crate::verify::compare::Outcome;
use crate::verify::problems::squash::{Squash, shapes};

type Squashed = InLayout<Squash>;

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let shapes = with_whole_blocks(shapes()).into_iter();
    let problems = shapes.flat_map(|(samples, shape)| {
        [false, true].map(|is_packed| InLayout {
            problem: Squash::new(samples, shape),
            is_packed,
        })
    });
    let operations = [
        Operation {
            name: "squash.forward",
            tolerance: Squash::FORWARD,
            runs: in_blocks(level, each_size!(forward)),
        },
        Operation {
            name: "squash.backward_input",
            tolerance: Squash::BACKWARD_INPUT,
            runs: in_blocks(level, each_size!(backward_input)),
        },
    ];
    operation::checks(level, problems, &operations)
}

task! {
    Forward {
        planes: &'a Planes<SAMPLES>,
        values: &'a mut [f32],
    } |simd| squash::forward(simd, planes, values)
}

task! {
    BackwardInput {
        planes: &'a Planes<SAMPLES>,
        outputs: &'a [f32],
        gradient_planes: &'a Planes<SAMPLES>,
        gradient: &'a mut [f32],
    } |simd| squash::backward_input(simd, (planes, outputs), (gradient_planes, gradient))
}

fn layout<const SAMPLES: usize>(squashed: &Squashed) -> Convolved<SAMPLES> {
    let shape = squashed.problem.shape;
    if squashed.is_packed {
        let planes = Planes::packed(shape);
        Convolved {
            sums: planes,
            gradient: planes,
        }
    } else {
        Convolved::new(shape)
    }
}

fn forward<const SAMPLES: usize>(squashed: &Squashed, level: Level) -> Outcome {
    let (planes, problem) = (layout::<SAMPLES>(squashed).sums, &squashed.problem);
    let expected = problem.forward();
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(problem.a.count()) {
        let mut values = Guarded::holding(planes, &problem.a, &block).ignoring(planes.width());
        level.dispatch(Forward {
            planes: &planes,
            values: values.memory(),
        });
        values.compare("values", &expected, &block, &Squash::FORWARD, &mut outcome);
    }
    outcome
}

fn backward_input<const SAMPLES: usize>(squashed: &Squashed, level: Level) -> Outcome {
    backward_input_by::<SAMPLES>(squashed, |task| level.dispatch(task))
}

/// `run` computes a block.
fn backward_input_by<const SAMPLES: usize>(
    squashed: &Squashed,
    run: impl Fn(BackwardInput<SAMPLES>),
) -> Outcome {
    let (layout, problem) = (layout::<SAMPLES>(squashed), &squashed.problem);
    let expected = problem.backward_input();
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(problem.dy.count()) {
        let planes = layout.gradient;
        let mut gradient =
            Guarded::holding(planes, &problem.dy, &block).keeping_zeros(planes.width());
        run(BackwardInput {
            planes: &layout.sums,
            outputs: &placed(&layout.sums, &problem.y, &block, TIMES_0),
            gradient_planes: &layout.gradient,
            gradient: gradient.memory(),
        });
        let (name, tolerance) = ("gradient", &Squash::BACKWARD_INPUT);
        gradient.compare(name, &expected, &block, tolerance, &mut outcome);
    }
    outcome
}

/// The harness must find what is wrong with an operation.
#[cfg(test)]
mod negative_controls {
    use super::*;
    use crate::model::MapShape;

    #[test]
    fn a_gradient_that_is_smeared_into_its_frame_is_found() {
        let squashed = InLayout {
            problem: Squash::new(1, MapShape::new(2, 3, 17)),
            is_packed: false,
        };
        for level in Level::available() {
            let outcome = backward_input_by::<1>(&squashed, |task| {
                level.dispatch(BackwardInput {
                    gradient: &mut *task.gradient,
                    ..task
                });
                task.gradient[task.gradient_planes.at(1, 0) + 17] = 0.1;
            });
            assert_eq!((outcome.off, outcome.overwritten.len()), (0, 1));
        }
    }
}
