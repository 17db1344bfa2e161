//! Squashing on the CPU path.

use std::fmt;

use super::room::Room;
use super::{Convolved, IGNORED, all_checks, placed, samples_text, task};
use crate::cpu::memory::Planes;
use crate::cpu::{Level, squash};
use crate::model::MapShape;
use crate::reference;
use crate::verify::cases::{POINTWISE, TANH, each_sample, maps_text};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::noise::Noise;
use crate::verify::widened;

/// Units, and whether they lie as a dense layer leaves them or as a convolution does.
#[derive(Clone)]
struct Squashing {
    shape: MapShape,
    packed: bool,
}

pub(super) fn checks<const SAMPLES: usize>(level: Level) -> Vec<Check<'static>> {
    let squashing = |maps, height, width, packed| Squashing {
        shape: MapShape::new(maps, height, width),
        packed,
    };
    let problems = [
        squashing(1, 1, 1, true),
        squashing(1, 1, 84, true),
        squashing(16, 5, 5, true),
        squashing(3, 3, 3, true),
        squashing(6, 28, 28, false),
        squashing(16, 10, 10, false),
        squashing(2, 3, 17, false),
    ];
    all_checks(
        level,
        &samples_text(SAMPLES),
        &problems,
        &[
            ("squash.forward", TANH, Squashing::forward::<SAMPLES>),
            (
                "squash.backward_input",
                POINTWISE,
                |squashing, level, tolerance| {
                    squashing.backward_input::<SAMPLES>(tolerance, |task| level.dispatch(task))
                },
            ),
        ],
    )
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

impl Squashing {
    fn layout<const SAMPLES: usize>(&self) -> Convolved<SAMPLES> {
        if self.packed {
            let planes = Planes::packed(self.shape);
            Convolved {
                sums: planes,
                gradient: planes,
            }
        } else {
            Convolved::new(self.shape)
        }
    }

    fn forward<const SAMPLES: usize>(&self, level: Level, tolerance: &Tolerance) -> Outcome {
        let (planes, units) = (self.layout::<SAMPLES>().sums, self.shape.units());
        // Up to ±40, far beyond where tanh is 1, with small values in between.
        let a: Vec<f32> = Noise::new(7)
            .values(SAMPLES * units)
            .into_iter()
            .map(|value| 40.0 * value.powi(5))
            .collect();
        let expected = each_sample(&a, units, units, |_, a, y| reference::squash::forward(a, y));
        let mut values = Room::holding(planes, &a).ignoring(planes.width());
        level.dispatch(Forward {
            planes: &planes,
            values: values.memory(),
        });
        values.outcome("values", &expected, tolerance)
    }

    fn backward_input<const SAMPLES: usize>(
        &self,
        tolerance: &Tolerance,
        run: impl FnOnce(BackwardInput<SAMPLES>),
    ) -> Outcome {
        let (layout, units) = (self.layout::<SAMPLES>(), self.shape.units());
        let mut noise = Noise::new(8);
        let dy = noise.values(SAMPLES * units);
        let squashed = |value: f32| 1.7 * value;
        let y: Vec<f32> = noise.values(dy.len()).into_iter().map(squashed).collect();
        let y64 = widened(&y);
        let expected = each_sample(&dy, units, units, |n, dy, da| {
            reference::squash::backward_input(&y64[n * units..][..units], dy, da);
        });
        let mut gradient =
            Room::holding(layout.gradient, &dy).keeping_zeros(layout.gradient.width());
        run(BackwardInput {
            planes: &layout.sums,
            outputs: &placed(&layout.sums, &y, IGNORED),
            gradient_planes: &layout.gradient,
            gradient: gradient.memory(),
        });
        gradient.outcome("gradient", &expected, tolerance)
    }
}

impl fmt::Display for Squashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = if self.packed { ", packed" } else { "" };
        write!(f, "{}{layout}", maps_text(self.shape))
    }
}

/// The harness must find what is wrong with an operation.
#[cfg(test)]
mod negative_controls {
    use super::*;

    #[test]
    fn a_gradient_that_is_smeared_into_its_frame_is_found() {
        let squashing = Squashing {
            shape: MapShape::new(2, 3, 17),
            packed: false,
        };
        for level in Level::available() {
            let outcome = squashing.backward_input::<1>(&POINTWISE, |task| {
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
