//! Sub-sampling and the two poolings.

use super::blocks::{blocks, with_whole_blocks};
use super::guarded::{Guarded, Summed};
use super::layout::{Convolved, InLayout, UNREAD, placed};
use super::operation::{self, Operation, each_size, in_blocks};
use super::task::task;
use crate::cpu::memory::Planes;
use crate::cpu::{Level, average_pool, halving, max_pool, subsample};
use crate::model::MapShape;
use crate::verify::check::Check;
use crate::verify::compare::Outcome;
use crate::verify::problems::halving::{Halving, Kind, shapes};
use crate::verify::problems::maps::Weighted;
use crate::verify::samples::Samples;
use crate::verify::tensor::{Inputs, Tensor};

/// Maps that are halved in one of the three ways. Where they are packed, it is the halved maps that
/// are.
type Halved = InLayout<HalvedBy>;

struct HalvedBy {
    halving: Halving,
    kind: Kind,
}

impl Inputs for HalvedBy {
    fn tensors(&self) -> Vec<Tensor> {
        self.halving.tensors()
    }
}

impl std::fmt::Display for HalvedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.halving.fmt(f)
    }
}

/// All problems of one way.
fn problems(kind: Kind) -> impl Iterator<Item = Halved> {
    let shapes = with_whole_blocks(shapes()).into_iter();
    shapes.flat_map(move |(samples, input)| {
        [false, true].map(|is_packed| InLayout {
            problem: HalvedBy {
                halving: Halving::new(samples, input, 0),
                kind,
            },
            is_packed,
        })
    })
}

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let mut checks = Vec::new();
    for (kind, forward_name, backward_name) in [
        (
            Kind::Subsample,
            "subsample.forward",
            "subsample.backward_input",
        ),
        (
            Kind::Average,
            "average_pool.forward",
            "average_pool.backward_input",
        ),
        (Kind::Max, "max_pool.forward", "max_pool.backward_input"),
    ] {
        let operations = [
            Operation {
                name: forward_name,
                tolerance: Halving::tolerance(kind),
                runs: in_blocks(level, each_size!(forward)),
            },
            Operation {
                name: backward_name,
                tolerance: Halving::tolerance(kind),
                runs: in_blocks(level, each_size!(backward_input)),
            },
        ];
        checks.extend(operation::checks(level, problems(kind), &operations));
    }
    let backward_weight = Operation {
        name: "subsample.backward_weight",
        tolerance: Halving::BACKWARD_WEIGHT,
        runs: in_blocks(level, each_size!(backward_weight)),
    };
    let problems = problems(Kind::Subsample);
    checks.extend(operation::checks(level, problems, &[backward_weight]));
    checks
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

fn geometry<const SAMPLES: usize>(halved: &Halved) -> halving::Geometry<SAMPLES> {
    let input = halved.problem.halving.input;
    let Convolved { sums, gradient } = Convolved::new(input);
    halving::Geometry {
        input: sums,
        input_gradient: gradient,
        output: match halved.is_packed {
            true => Planes::packed(input.halved()),
            false => Planes::aligned(input.halved()),
        },
    }
}

fn forward<const SAMPLES: usize>(halved: &Halved, level: Level) -> Outcome {
    let HalvedBy { halving, kind } = &halved.problem;
    let (geometry, expected) = (geometry::<SAMPLES>(halved), halving.forward(*kind));
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(halving.x.count()) {
        let mut output = Guarded::unwritten(geometry.output);
        level.dispatch(Forward {
            kind: *kind,
            geometry: &geometry,
            input: &placed(&geometry.input, halving.inputs(*kind), &block, UNREAD),
            coefficient: &halving.w,
            bias: &halving.b,
            output: output.memory(),
        });
        let tolerance = Halving::tolerance(*kind);
        output.compare("output", &expected, &block, &tolerance, &mut outcome);
    }
    outcome
}

fn backward_input<const SAMPLES: usize>(halved: &Halved, level: Level) -> Outcome {
    let HalvedBy { halving, kind } = &halved.problem;
    let (geometry, expected) = (geometry::<SAMPLES>(halved), halving.backward_input(*kind));
    let before = before_backward(halving.x.count(), halving.input);
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(halving.x.count()) {
        let mut input_gradient = Guarded::holding(geometry.input_gradient, &before, &block);
        level.dispatch(BackwardInput {
            kind: *kind,
            geometry: &geometry,
            input: &placed(&geometry.input, halving.inputs(*kind), &block, UNREAD),
            coefficient: &halving.w,
            output_gradient: &placed(&geometry.output, &halving.da, &block, UNREAD),
            input_gradient: input_gradient.memory(),
        });
        let (name, tolerance) = ("input_gradient", Halving::tolerance(*kind));
        input_gradient.compare(name, &expected, &block, &tolerance, &mut outcome);
    }
    outcome
}

/// Input gradients before the operation: NaN where it writes, and 0 in an odd last row or column,
/// from which nothing was made and which it leaves alone.
fn before_backward(samples: usize, input: MapShape) -> Samples {
    let output = input.halved();
    let of_unit = |unit: usize| {
        let (y, x) = (unit / input.width % input.height, unit % input.width);
        let written = y < 2 * output.height && x < 2 * output.width;
        if written { f32::NAN } else { 0.0 }
    };
    let of_sample: Vec<f32> = (0..input.units()).map(of_unit).collect();
    Samples::new(of_sample.repeat(samples), input.units())
}

fn backward_weight<const SAMPLES: usize>(halved: &Halved, level: Level) -> Outcome {
    let (geometry, halving) = (geometry::<SAMPLES>(halved), &halved.problem.halving);
    let mut coefficient_gradient = Summed::new("coefficient_gradient", halving.w.len());
    let mut bias_gradient = Summed::new("bias_gradient", halving.b.len());
    for block in blocks::<SAMPLES>(halving.x.count()) {
        level.dispatch(BackwardWeight {
            geometry: &geometry,
            input: &placed(&geometry.input, &halving.x, &block, UNREAD),
            sum_gradient: &placed(&geometry.output, &halving.da, &block, UNREAD),
            coefficient_gradient: coefficient_gradient.of_block(),
            bias_gradient: bias_gradient.of_block(),
        });
        coefficient_gradient.add();
        bias_gradient.add();
    }
    let expected = halving.backward_weight();
    let (of_coefficients, of_biases) = expected.split_at(halving.w.len());
    let tolerance = &Halving::BACKWARD_WEIGHT;
    let mut outcome = Outcome::default();
    coefficient_gradient.compare(of_coefficients, tolerance, &mut outcome);
    bias_gradient.compare(of_biases, tolerance, &mut outcome);
    outcome
}
