//! Full connection.

use super::blocks::{blocks, with_whole_blocks};
use super::guarded::Guarded;
use super::layout::{aligned, packed};
use super::operation::{self, Operation, at_once, each_size, in_blocks};
use super::task::task;
use crate::cpu::dense::Rows;
use crate::cpu::memory::{Aligned, LINE, Planes};
use crate::cpu::{Level, dense};
use crate::model::MapShape;
use crate::verify::check::Check;
use crate::verify::compare::Outcome;
use crate::verify::problems::dense::{Dense, Layer, shapes};
use crate::verify::samples::Samples;

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let shapes = with_whole_blocks(shapes()).into_iter();
    let problems = shapes.map(|(samples, layer)| Dense::new(samples, layer, 0));
    let tolerance = Dense::TOLERANCE;
    let operations = [
        Operation {
            name: "dense.forward",
            tolerance,
            runs: in_blocks(level, each_size!(forward)),
        },
        Operation {
            name: "dense.backward_input",
            tolerance,
            runs: in_blocks(level, each_size!(backward_input)),
        },
        Operation {
            name: "dense.backward_weight",
            tolerance,
            runs: at_once(backward_weight),
        },
    ];
    operation::checks(level, problems, &operations)
}

task! {
    Forward {
        input: &'a [f32],
        weight: &'a [f32],
        bias: &'a [f32],
        sums: &'a mut [f32],
    } |simd| dense::forward::<S, SAMPLES>(simd, input, weight, bias, sums)
}

task! {
    BackwardInput {
        sum_gradient: &'a [f32],
        weight: &'a [f32],
        input_gradient: &'a mut [f32],
    } |simd| dense::backward_input::<S, SAMPLES>(simd, sum_gradient, weight, input_gradient)
}

task! {
    /// Outputs from `first` on, of a whole batch.
    BackwardWeight {
        inputs: Rows<'a>,
        sum_gradients: Rows<'a>,
        first: usize,
        gradient: &'a mut [f32],
    } |simd| dense::backward_weight(simd, inputs, sum_gradients, first, gradient)
}

fn forward<const SAMPLES: usize>(dense: &Dense, level: Level) -> Outcome {
    let (Layer { inputs, outputs }, expected) = (dense.layer, dense.forward());
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(dense.x.count()) {
        let mut sums = Guarded::unwritten(Planes::<SAMPLES>::units(outputs));
        level.dispatch(Forward::<SAMPLES> {
            input: &packed::<SAMPLES>(&dense.x, &block)[..inputs * SAMPLES],
            weight: &aligned(&dense.w)[..dense.w.len()],
            bias: &dense.b,
            sums: sums.memory(),
        });
        sums.compare("sums", &expected, &block, &Dense::TOLERANCE, &mut outcome);
    }
    outcome
}

fn backward_input<const SAMPLES: usize>(dense: &Dense, level: Level) -> Outcome {
    let (Layer { inputs, outputs }, expected) = (dense.layer, dense.backward_input());
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(dense.x.count()) {
        let mut input_gradient = Guarded::unwritten(Planes::<SAMPLES>::units(inputs));
        level.dispatch(BackwardInput::<SAMPLES> {
            sum_gradient: &packed::<SAMPLES>(&dense.da, &block)[..outputs * SAMPLES],
            weight: &aligned(&dense.w)[..dense.w.len()],
            input_gradient: input_gradient.units(),
        });
        let (name, tolerance) = ("input_gradient", &Dense::TOLERANCE);
        input_gradient.compare(name, &expected, &block, tolerance, &mut outcome);
    }
    outcome
}

/// The gradient of all outputs over the whole batch, some outputs per task, as training cuts it.
fn backward_weight(dense: &Dense, level: Level) -> Outcome {
    const ROWS: usize = 7;
    let Layer { inputs, outputs } = dense.layer;
    let records = Records::new(&dense.x, &dense.da);
    let units = dense::padded(inputs);
    let rows = MapShape::new(1, outputs, inputs);
    let mut weight_gradient =
        Guarded::unwritten(Planes::<1>::with_row(rows, units)).ignoring(units);
    let gradients = weight_gradient.memory()[..outputs * units].chunks_mut(ROWS * units);
    for (task, gradient) in gradients.enumerate() {
        level.dispatch(BackwardWeight::<1> {
            inputs: records.inputs(),
            sum_gradients: records.gradients(),
            first: task * ROWS,
            gradient,
        });
    }
    let (dw, db) = dense.split(dense.backward_weight());
    let (expected, tolerance) = (Samples::new(dw, inputs * outputs), &Dense::TOLERANCE);
    let mut outcome = Outcome::default();
    weight_gradient.compare(
        "weight_gradient",
        &expected,
        &(0..1),
        tolerance,
        &mut outcome,
    );
    for (output, &expected) in db.iter().enumerate() {
        let (computed, index) = (records.gradients().sum(output), || format!("[{output}]"));
        outcome.compare("bias_gradient", index, computed.into(), expected, tolerance);
    }
    outcome
}

/// What a batch leaves for the gradient: for every sample a line of something else, its inputs, and
/// its output gradients, both filled up with 0.
struct Records {
    values: Aligned,
    stride: usize,
    input_units: usize,
    gradient_units: usize,
}

impl Records {
    fn new(x: &Samples, da: &Samples) -> Self {
        let (input_units, gradient_units) = (dense::padded(x.units), dense::padded(da.units));
        let stride = LINE + input_units + gradient_units;
        let mut values = Aligned::zeros(x.count() * stride);
        for (record, (x, da)) in values.chunks_mut(stride).zip(x.iter().zip(da.iter())) {
            record[..LINE].fill(f32::NAN);
            record[LINE..][..x.len()].copy_from_slice(x);
            record[LINE + input_units..][..da.len()].copy_from_slice(da);
        }
        Self {
            values,
            stride,
            input_units,
            gradient_units,
        }
    }

    fn inputs(&self) -> Rows<'_> {
        Rows {
            records: &self.values,
            stride: self.stride,
            first: LINE,
            units: self.input_units,
        }
    }

    fn gradients(&self) -> Rows<'_> {
        Rows {
            first: LINE + self.input_units,
            units: self.gradient_units,
            ..self.inputs()
        }
    }
}
