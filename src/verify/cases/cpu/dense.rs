//! Full connection on the CPU path.

use std::fmt;

use super::room::Room;
use super::{all_checks, placed, samples_text, task};
use crate::cpu::dense::Rows;
use crate::cpu::memory::{Aligned, LINE, Planes};
use crate::cpu::{Level, dense};
use crate::model::MapShape;
use crate::reference;
use crate::verify::cases::dense::SIZES;
use crate::verify::cases::{SUM, each_sample};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::noise::Noise;
use crate::verify::widened;

/// Beside those of the adapters: inputs that are no multiple of four, and more samples than are
/// summed at once.
const MORE_SIZES: [(usize, usize, usize); 3] = [(1, 1, 1), (7, 13, 9), (130, 37, 14)];

/// Samples, inputs and outputs.
fn sizes() -> impl Iterator<Item = (usize, usize, usize)> {
    SIZES.into_iter().chain(MORE_SIZES)
}

/// A full connection.
#[derive(Clone, Copy)]
struct Dense {
    inputs: usize,
    outputs: usize,
}

pub(super) fn checks<const SAMPLES: usize>(level: Level) -> Vec<Check<'static>> {
    let problems: Vec<Dense> = sizes()
        .map(|(_, inputs, outputs)| Dense { inputs, outputs })
        .collect();
    all_checks(
        level,
        &samples_text(SAMPLES),
        &problems,
        &[
            ("dense.forward", SUM, Dense::forward::<SAMPLES>),
            (
                "dense.backward_input",
                SUM,
                Dense::backward_input::<SAMPLES>,
            ),
        ],
    )
}

/// The gradient of the weights, which is summed over a batch in one go.
pub(super) fn batch_checks(level: Level) -> Vec<Check<'static>> {
    let problems: Vec<Batch> = sizes()
        .map(|(samples, inputs, outputs)| Batch {
            dense: Dense { inputs, outputs },
            samples,
        })
        .collect();
    let name = "dense.backward_weight";
    let run = Batch::backward_weight;
    all_checks(level, "", &problems, &[(name, SUM, run)])
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

impl Dense {
    fn weights(self) -> Vec<f32> {
        Noise::new(8).values(self.inputs * self.outputs)
    }

    fn forward<const SAMPLES: usize>(&self, level: Level, tolerance: &Tolerance) -> Outcome {
        let &Self { inputs, outputs } = self;
        let mut noise = Noise::new(9);
        let (w, b) = (self.weights(), noise.values(outputs));
        let x = noise.values(SAMPLES * inputs);
        let (w64, b64) = (widened(&w), widened(&b));
        let expected = each_sample(&x, inputs, outputs, |_, x, a| {
            reference::dense::forward(x, &w64, &b64, a);
        });
        let planes = Planes::<SAMPLES>::units(inputs);
        let mut sums = Room::unwritten(Planes::<SAMPLES>::units(outputs));
        level.dispatch(Forward::<SAMPLES> {
            input: &placed(&planes, &x, f32::NAN)[..inputs * SAMPLES],
            weight: &Aligned::of(&w)[..w.len()],
            bias: &b,
            sums: sums.memory(),
        });
        sums.outcome("sums", &expected, tolerance)
    }

    fn backward_input<const SAMPLES: usize>(&self, level: Level, tolerance: &Tolerance) -> Outcome {
        let &Self { inputs, outputs } = self;
        let (w, da) = (self.weights(), Noise::new(10).values(SAMPLES * outputs));
        let w64 = widened(&w);
        let expected = each_sample(&da, outputs, inputs, |_, da, dx| {
            reference::dense::backward_input(da, &w64, dx);
        });
        let planes = Planes::<SAMPLES>::units(outputs);
        let mut input_gradient = Room::unwritten(Planes::<SAMPLES>::units(inputs));
        level.dispatch(BackwardInput::<SAMPLES> {
            sum_gradient: &placed(&planes, &da, f32::NAN)[..outputs * SAMPLES],
            weight: &Aligned::of(&w)[..w.len()],
            input_gradient: input_gradient.units(),
        });
        input_gradient.outcome("input_gradient", &expected, tolerance)
    }
}

/// A full connection and how many samples its gradient is summed over.
#[derive(Clone, Copy)]
struct Batch {
    dense: Dense,
    samples: usize,
}

impl Batch {
    /// The gradient of all outputs, a task a few of them, as training cuts it.
    fn backward_weight(&self, level: Level, tolerance: &Tolerance) -> Outcome {
        const ROWS: usize = 7;
        let &Self { dense, samples } = self;
        let Dense { inputs, outputs } = dense;
        let mut noise = Noise::new(11);
        let x = noise.values(samples * inputs);
        let da = noise.values(samples * outputs);
        let (mut dw, mut db) = (vec![0.0; inputs * outputs], vec![0.0; outputs]);
        for (x, da) in widened(&x).chunks(inputs).zip(widened(&da).chunks(outputs)) {
            reference::dense::backward_weight(x, da, &mut dw, &mut db);
        }

        let records = Records::new(dense, &x, &da);
        let units = dense::padded(inputs);
        let rows = MapShape::new(1, outputs, inputs);
        let mut weight_gradient =
            Room::unwritten(Planes::<1>::with_row(rows, units)).ignoring(units);
        let gradients = weight_gradient.memory()[..outputs * units].chunks_mut(ROWS * units);
        for (task, gradient) in gradients.enumerate() {
            level.dispatch(BackwardWeight::<1> {
                inputs: records.inputs(),
                sum_gradients: records.gradients(),
                first: task * ROWS,
                gradient,
            });
        }
        let mut outcome = weight_gradient.outcome("weight_gradient", &dw, tolerance);
        for (output, &expected) in db.iter().enumerate() {
            let (computed, index) = (records.gradients().sum(output), || format!("[{output}]"));
            outcome.compare("bias_gradient", index, computed.into(), expected, tolerance);
        }
        outcome
    }
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
    fn new(Dense { inputs, outputs }: Dense, x: &[f32], da: &[f32]) -> Self {
        let (input_units, gradient_units) = (dense::padded(inputs), dense::padded(outputs));
        let stride = LINE + input_units + gradient_units;
        let mut values = Aligned::zeros(x.len() / inputs * stride);
        let samples = x.chunks(inputs).zip(da.chunks(outputs));
        for (record, (x, da)) in values.chunks_mut(stride).zip(samples) {
            record[..LINE].fill(f32::NAN);
            record[LINE..][..inputs].copy_from_slice(x);
            record[LINE + input_units..][..outputs].copy_from_slice(da);
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

impl fmt::Display for Dense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.inputs, self.outputs)
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.samples, self.dense)
    }
}
