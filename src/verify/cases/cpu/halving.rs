//! Sub-sampling and the two poolings on the CPU path.

use std::fmt;

use super::room::Room;
use super::{Convolved, IGNORED, all_checks, placed, samples_text, task};
use crate::cpu::memory::Planes;
use crate::cpu::{Level, average_pool, halving, max_pool, subsample};
use crate::model::MapShape;
use crate::reference;
use crate::verify::cases::halving::halvings;
use crate::verify::cases::{BATCH_SUM, POINTWISE, each_sample, maps_text};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::noise::Noise;
use crate::verify::widened;

/// Maps that are halved, and whether the result lies as a dense layer reads it or as a convolution
/// does.
#[derive(Clone)]
struct Halving {
    input: MapShape,
    packed: bool,
}

pub(super) fn checks<const SAMPLES: usize>(level: Level) -> Vec<Check<'static>> {
    let both = |(_, input)| [false, true].map(|packed| Halving { input, packed });
    let problems: Vec<Halving> = halvings().into_iter().flat_map(both).collect();
    all_checks(
        level,
        &samples_text(SAMPLES),
        &problems,
        &[
            (
                "subsample.forward",
                POINTWISE,
                |halving, level, tolerance| {
                    halving.forward::<SAMPLES>(Kind::Subsample, level, tolerance)
                },
            ),
            (
                "subsample.backward_input",
                POINTWISE,
                |halving, level, tolerance| {
                    halving.backward_input::<SAMPLES>(Kind::Subsample, level, tolerance)
                },
            ),
            (
                "subsample.backward_weight",
                BATCH_SUM,
                Halving::backward_weight::<SAMPLES>,
            ),
            (
                "average_pool.forward",
                POINTWISE,
                |halving, level, tolerance| {
                    halving.forward::<SAMPLES>(Kind::Average, level, tolerance)
                },
            ),
            (
                "average_pool.backward_input",
                POINTWISE,
                |halving, level, tolerance| {
                    halving.backward_input::<SAMPLES>(Kind::Average, level, tolerance)
                },
            ),
            (
                "max_pool.forward",
                Tolerance::EXACT,
                |halving, level, tolerance| halving.forward::<SAMPLES>(Kind::Max, level, tolerance),
            ),
            (
                "max_pool.backward_input",
                Tolerance::EXACT,
                |halving, level, tolerance| {
                    halving.backward_input::<SAMPLES>(Kind::Max, level, tolerance)
                },
            ),
        ],
    )
}

#[derive(Clone, Copy)]
enum Kind {
    Subsample,
    Average,
    Max,
}

task! {
    Forward {
        kind: Kind,
        geometry: &'a halving::Geometry<SAMPLES>,
        input: &'a [f32],
        coefficient: &'a [f32],
        bias: &'a [f32],
        output: &'a mut [f32],
    } |simd| match kind {
        Kind::Subsample => {
            subsample::forward(simd, geometry, input, coefficient, bias, output);
        }
        Kind::Average => average_pool::forward(simd, geometry, input, output),
        Kind::Max => max_pool::forward(simd, geometry, input, output),
    }
}

task! {
    BackwardInput {
        kind: Kind,
        geometry: &'a halving::Geometry<SAMPLES>,
        input: &'a [f32],
        coefficient: &'a [f32],
        output_gradient: &'a [f32],
        input_gradient: &'a mut [f32],
    } |simd| match kind {
        Kind::Subsample => subsample::backward_input(
            simd, geometry, output_gradient, coefficient, input_gradient,
        ),
        Kind::Average => {
            average_pool::backward_input(simd, geometry, output_gradient, input_gradient);
        }
        Kind::Max => max_pool::backward_input(geometry, input, output_gradient, input_gradient),
    }
}

task! {
    BackwardWeight {
        geometry: &'a halving::Geometry<SAMPLES>,
        input: &'a [f32],
        sum_gradient: &'a [f32],
        coefficient_gradient: &'a mut [f32],
        bias_gradient: &'a mut [f32],
    } |simd| subsample::backward_weight(
        simd, geometry, input, sum_gradient, coefficient_gradient, bias_gradient,
    )
}

/// Inputs and output gradients [sample][unit], coefficients and biases.
struct Values {
    x: Vec<f32>,
    da: Vec<f32>,
    w: Vec<f32>,
    b: Vec<f32>,
}

impl Halving {
    fn output(&self) -> MapShape {
        self.input.halved()
    }

    fn geometry<const SAMPLES: usize>(&self) -> halving::Geometry<SAMPLES> {
        let Convolved { sums, gradient } = Convolved::new(self.input);
        halving::Geometry {
            input: sums,
            input_gradient: gradient,
            output: match self.packed {
                true => Planes::packed(self.output()),
                false => Planes::aligned(self.output()),
            },
        }
    }

    fn values(&self, samples: usize) -> Values {
        let mut noise = Noise::new(4);
        // Quarters, so that ties are frequent and the rule of max pooling is tested too.
        let quarters = |value: f32| (value * 4.0).round() / 4.0;
        let x = noise.values(samples * self.input.units());
        Values {
            x: x.into_iter().map(quarters).collect(),
            da: noise.values(samples * self.output().units()),
            w: noise.values(self.input.maps),
            b: noise.values(self.input.maps),
        }
    }

    fn forward<const SAMPLES: usize>(
        &self,
        kind: Kind,
        level: Level,
        tolerance: &Tolerance,
    ) -> Outcome {
        let (geometry, values) = (self.geometry::<SAMPLES>(), self.values(SAMPLES));
        let (w, b) = (widened(&values.w), widened(&values.b));
        let (inputs, outputs) = (self.input.units(), self.output().units());
        let expected = each_sample(&values.x, inputs, outputs, |_, x, a| match kind {
            Kind::Subsample => reference::subsample::forward(self.input, x, &w, &b, a),
            Kind::Average => reference::average_pool::forward(self.input, x, a),
            Kind::Max => reference::max_pool::forward(self.input, x, a),
        });
        let mut output = Room::unwritten(geometry.output);
        level.dispatch(Forward {
            kind,
            geometry: &geometry,
            input: &placed(&geometry.input, &values.x, IGNORED),
            coefficient: &values.w,
            bias: &values.b,
            output: output.memory(),
        });
        output.outcome("output", &expected, tolerance)
    }

    fn backward_input<const SAMPLES: usize>(
        &self,
        kind: Kind,
        level: Level,
        tolerance: &Tolerance,
    ) -> Outcome {
        let (geometry, values) = (self.geometry::<SAMPLES>(), self.values(SAMPLES));
        let (x, w) = (widened(&values.x), widened(&values.w));
        let (inputs, outputs) = (self.input.units(), self.output().units());
        let expected = each_sample(&values.da, outputs, inputs, |n, da, dx| match kind {
            Kind::Subsample => reference::subsample::backward_input(self.input, da, &w, dx),
            Kind::Average => reference::average_pool::backward_input(self.input, da, dx),
            Kind::Max => {
                reference::max_pool::backward_input(self.input, &x[n * inputs..][..inputs], da, dx);
            }
        });
        let before = self.before_backward(SAMPLES);
        let mut input_gradient = Room::holding(geometry.input_gradient, &before);
        level.dispatch(BackwardInput {
            kind,
            geometry: &geometry,
            input: &placed(&geometry.input, &values.x, IGNORED),
            coefficient: &values.w,
            output_gradient: &placed(&geometry.output, &values.da, IGNORED),
            input_gradient: input_gradient.memory(),
        });
        input_gradient.outcome("input_gradient", &expected, tolerance)
    }

    /// Input gradients [sample][unit] before the operation: NaN where it writes, and 0 in an odd last
    /// row or column, which nothing was made from and which it leaves alone.
    fn before_backward(&self, samples: usize) -> Vec<f32> {
        let (input, output) = (self.input, self.output());
        let of_unit = |unit: usize| {
            let (y, x) = (unit / input.width % input.height, unit % input.width);
            let written = y < 2 * output.height && x < 2 * output.width;
            if written { f32::NAN } else { 0.0 }
        };
        (0..samples * input.units())
            .map(|place| of_unit(place % input.units()))
            .collect()
    }

    fn backward_weight<const SAMPLES: usize>(
        &self,
        level: Level,
        tolerance: &Tolerance,
    ) -> Outcome {
        let (geometry, values) = (self.geometry::<SAMPLES>(), self.values(SAMPLES));
        let (inputs, outputs) = (self.input.units(), self.output().units());
        let (mut dw, mut db) = (vec![0.0; self.input.maps], vec![0.0; self.input.maps]);
        let samples = widened(&values.x);
        let gradients = widened(&values.da);
        for (x, da) in samples.chunks(inputs).zip(gradients.chunks(outputs)) {
            reference::subsample::backward_weight(self.input, x, da, &mut dw, &mut db);
        }
        let planes = Planes::<1>::units(self.input.maps);
        let mut coefficient_gradient = Room::unwritten(planes);
        let mut bias_gradient = Room::unwritten(planes);
        level.dispatch(BackwardWeight {
            geometry: &geometry,
            input: &placed(&geometry.input, &values.x, IGNORED),
            sum_gradient: &placed(&geometry.output, &values.da, IGNORED),
            coefficient_gradient: coefficient_gradient.units(),
            bias_gradient: bias_gradient.units(),
        });
        let mut outcome = coefficient_gradient.outcome("coefficient_gradient", &dw, tolerance);
        bias_gradient.compare("bias_gradient", &db, tolerance, &mut outcome);
        outcome
    }
}

impl fmt::Display for Halving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = if self.packed { ", packed" } else { "" };
        write!(f, "{}{layout}", maps_text(self.input))
    }
}
