//! Convolution on the CPU path.

use std::fmt;

use super::room::Room;
use super::{Convolved, IGNORED, all_checks, placed, samples_text, task};
use crate::cpu::memory::{Aligned, Planes};
use crate::cpu::{Level, conv};
use crate::model::{ConnectionTable, KERNEL, MapShape};
use crate::reference;
use crate::verify::cases::conv::lopsided;
use crate::verify::cases::{BATCH_SUM, SUM, each_sample, maps_text};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::noise::Noise;
use crate::verify::widened;

/// A convolution and what it is run on.
#[derive(Clone)]
struct Convolution {
    input: MapShape,
    table: ConnectionTable,
    label: &'static str,
}

/// The network's own convolutions, and maps whose rows fill no vector or several.
fn convolutions() -> Vec<Convolution> {
    let full = |maps, height, width, outputs| Convolution {
        input: MapShape::new(maps, height, width),
        table: ConnectionTable::full(maps, outputs),
        label: "full",
    };
    let of_table = |input, table, label| Convolution {
        input,
        table,
        label,
    };
    vec![
        full(1, 32, 32, 6),
        of_table(
            MapShape::new(6, 14, 14),
            ConnectionTable::table_1(),
            "table 1",
        ),
        full(6, 14, 14, 16),
        full(16, 5, 5, 3),
        full(2, 11, 13, 3),
        full(1, 7, 37, 2),
        full(3, 9, 20, 1),
        full(2, 8, 10, 2),
        of_table(MapShape::new(3, 6, 17), lopsided(), "lopsided"),
    ]
}

pub(super) fn checks<const SAMPLES: usize>(level: Level) -> Vec<Check<'static>> {
    all_checks(
        level,
        &samples_text(SAMPLES),
        &convolutions(),
        &[
            ("conv.forward", SUM, |convolution, level, tolerance| {
                convolution.forward::<SAMPLES>(tolerance, |task| level.dispatch(task))
            }),
            (
                "conv.backward_input",
                SUM,
                |convolution, level, tolerance| {
                    convolution.backward_input::<SAMPLES>(tolerance, |task| level.dispatch(task))
                },
            ),
            (
                "conv.backward_weight",
                BATCH_SUM,
                |convolution, level, tolerance| {
                    convolution.backward_weight::<SAMPLES>(tolerance, |task| level.dispatch(task))
                },
            ),
        ],
    )
}

task! {
    Forward {
        geometry: &'a conv::Geometry<SAMPLES>,
        input: &'a [f32],
        weight: &'a [f32],
        bias: &'a [f32],
        sums: &'a mut [f32],
    } |simd| conv::forward(simd, geometry, input, weight, bias, sums)
}

task! {
    BackwardInput {
        geometry: &'a conv::Geometry<SAMPLES>,
        sum_gradient: &'a [f32],
        weight: &'a [f32],
        input_gradient: &'a mut [f32],
    } |simd| conv::backward_input(simd, geometry, sum_gradient, weight, input_gradient)
}

task! {
    BackwardWeight {
        geometry: &'a conv::Geometry<SAMPLES>,
        input: &'a [f32],
        sum_gradient: &'a [f32],
        weight_gradient: &'a mut [f32],
        bias_gradient: &'a mut [f32],
    } |simd| conv::backward_weight(
        simd, geometry, input, sum_gradient, weight_gradient, bias_gradient,
    )
}

/// Inputs and output gradients [sample][unit], kernels and biases.
struct Values {
    x: Vec<f32>,
    da: Vec<f32>,
    w: Vec<f32>,
    b: Vec<f32>,
}

impl Convolution {
    fn output(&self) -> MapShape {
        self.input.convolved(self.table.outputs())
    }

    fn weights(&self) -> usize {
        self.table.pairs().count() * KERNEL * KERNEL
    }

    fn geometry<const SAMPLES: usize>(&self) -> conv::Geometry<SAMPLES> {
        let Convolved { sums, gradient } = Convolved::new(self.output());
        conv::Geometry::new(&self.table, Planes::aligned(self.input), sums, gradient)
    }

    fn reference(&self) -> reference::conv::Shape<'_> {
        reference::conv::Shape {
            table: &self.table,
            input: self.input,
            output: self.output(),
        }
    }

    fn values(&self, samples: usize) -> Values {
        let mut noise = Noise::new(3);
        Values {
            x: noise.values(samples * self.input.units()),
            da: noise.values(samples * self.output().units()),
            w: noise.values(self.weights()),
            b: noise.values(self.table.outputs()),
        }
    }

    fn forward<const SAMPLES: usize>(
        &self,
        tolerance: &Tolerance,
        run: impl FnOnce(Forward<SAMPLES>),
    ) -> Outcome {
        let (geometry, values) = (self.geometry(), self.values(SAMPLES));
        let (w, b) = (widened(&values.w), widened(&values.b));
        let (inputs, outputs) = (self.input.units(), self.output().units());
        let expected = each_sample(&values.x, inputs, outputs, |_, x, a| {
            reference::conv::forward(&self.reference(), x, &w, &b, a);
        });
        let mut sums = Room::unwritten(geometry.output).ignoring(geometry.output.row);
        run(Forward {
            geometry: &geometry,
            input: &placed(&geometry.input, &values.x, IGNORED),
            weight: &Aligned::of(&values.w),
            bias: &values.b,
            sums: sums.memory(),
        });
        sums.outcome("sums", &expected, tolerance)
    }

    fn backward_input<const SAMPLES: usize>(
        &self,
        tolerance: &Tolerance,
        run: impl FnOnce(BackwardInput<SAMPLES>),
    ) -> Outcome {
        let (geometry, values) = (self.geometry(), self.values(SAMPLES));
        let w = widened(&values.w);
        let (inputs, outputs) = (self.input.units(), self.output().units());
        let expected = each_sample(&values.da, outputs, inputs, |_, da, dx| {
            reference::conv::backward_input(&self.reference(), da, &w, dx);
        });
        let mut input_gradient = Room::unwritten(geometry.input).keeping_zeros(geometry.input.row);
        run(BackwardInput {
            geometry: &geometry,
            sum_gradient: &placed(&geometry.gradient, &values.da, 0.0),
            weight: &Aligned::of(&values.w),
            input_gradient: input_gradient.memory(),
        });
        input_gradient.outcome("input_gradient", &expected, tolerance)
    }

    fn backward_weight<const SAMPLES: usize>(
        &self,
        tolerance: &Tolerance,
        run: impl FnOnce(BackwardWeight<SAMPLES>),
    ) -> Outcome {
        let (geometry, values) = (self.geometry::<SAMPLES>(), self.values(SAMPLES));
        let (inputs, outputs) = (self.input.units(), self.output().units());
        let (weights, biases) = (self.weights(), self.table.outputs());
        let (mut dw, mut db) = (vec![0.0; weights], vec![0.0; biases]);
        let samples = widened(&values.x);
        let gradients = widened(&values.da);
        for (x, da) in samples.chunks(inputs).zip(gradients.chunks(outputs)) {
            reference::conv::backward_weight(&self.reference(), x, da, &mut dw, &mut db);
        }
        let mut weight_gradient = Room::unwritten(Planes::<1>::units(weights));
        let mut bias_gradient = Room::unwritten(Planes::<1>::units(biases));
        run(BackwardWeight {
            geometry: &geometry,
            input: &placed(&geometry.input, &values.x, IGNORED),
            sum_gradient: &placed(&geometry.gradient, &values.da, 0.0),
            weight_gradient: weight_gradient.units(),
            bias_gradient: bias_gradient.units(),
        });
        let mut outcome = weight_gradient.outcome("weight_gradient", &dw, tolerance);
        bias_gradient.compare("bias_gradient", &db, tolerance, &mut outcome);
        outcome
    }
}

impl fmt::Display for Convolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (input, outputs) = (maps_text(self.input), self.table.outputs());
        write!(f, "{input} to {outputs} maps, {}", self.label)
    }
}

/// The harness must find what is wrong with an operation.
#[cfg(test)]
mod negative_controls {
    use super::*;
    use crate::cpu::memory::LINE;

    /// What becomes of every convolution, at every level, with `run` for the right operation.
    fn outcomes_of<const SAMPLES: usize>(
        run: impl Fn(Level, Forward<SAMPLES>),
    ) -> impl Iterator<Item = Outcome> {
        Level::available().into_iter().flat_map(move |level| {
            convolutions()
                .iter()
                .map(|convolution| convolution.forward(&SUM, |task| run(level, task)))
                .collect::<Vec<_>>()
        })
    }

    fn turned<const SAMPLES: usize>(level: Level, task: Forward<SAMPLES>) {
        let mut weight = task.weight.to_vec();
        for kernel in weight.chunks_mut(KERNEL * KERNEL) {
            kernel.reverse();
        }
        level.dispatch(Forward {
            weight: &weight,
            ..task
        });
    }

    #[test]
    fn a_kernel_turned_by_180_degrees_is_found() {
        for outcome in outcomes_of::<1>(turned).chain(outcomes_of::<LINE>(turned)) {
            assert!(outcome.off > outcome.compared / 2);
        }
    }

    #[test]
    fn a_lane_that_is_left_out_is_found() {
        let without_a_lane = |level: Level, task: Forward<LINE>| {
            let sums = task.sums.to_vec();
            level.dispatch(Forward {
                sums: &mut *task.sums,
                ..task
            });
            for (unit, before) in task.sums.chunks_mut(LINE).zip(sums.chunks(LINE)) {
                unit[LINE - 1] = before[LINE - 1];
            }
        };
        for outcome in outcomes_of(without_a_lane) {
            assert_eq!(outcome.off, outcome.compared / LINE);
        }
    }

    #[test]
    fn a_vector_that_is_written_too_far_is_found() {
        let too_far = |level: Level, task: Forward<LINE>| {
            level.dispatch(Forward {
                sums: &mut *task.sums,
                ..task
            });
            let end = task.geometry.output.extent();
            task.sums[end - 2 * LINE..][..LINE].fill(0.0);
        };
        for outcome in outcomes_of(too_far) {
            assert_eq!((outcome.off, outcome.overwritten.len()), (0, 1));
        }
    }
}
