//! What the CPU path leaves to the reference: the softmax, the losses and all second derivatives. It
//! computes them in f32, which is compared with the same in f64.

use std::fmt::Display;
use std::sync::Arc;

use crate::model::LossKind;
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::problems::conv::{self, Conv};
use crate::verify::problems::dense::{self, Dense};
use crate::verify::problems::halving::{self, Halving, Kind};
use crate::verify::problems::loss::{LOSSES, Losses, SECOND, TAUGHT, Taught};
use crate::verify::problems::maps::Weighted;
use crate::verify::problems::rbf::Rbf;
use crate::verify::problems::softmax::{BATCHES, Softmax};
use crate::verify::problems::squash::{self, Squash};
use crate::verify::tensor::Inputs;

/// What the reference computes of a problem, in both precisions.
struct Computation<P> {
    name: &'static str,
    tolerance: Tolerance,
    single: fn(&P) -> Vec<f32>,
    double: fn(&P) -> Vec<f64>,
}

/// The [`Computation`] of an expression that is generic in its precision.
macro_rules! computation {
    ($name:expr, $tolerance:expr, |$problem:ident| $values:expr) => {
        Computation {
            name: $name,
            tolerance: $tolerance,
            single: |$problem| $values,
            double: |$problem| $values,
        }
    };
}

pub fn checks() -> Vec<Check<'static>> {
    let mut checks = Vec::new();
    let convolutions = conv::shapes().into_iter();
    checks.extend(checks_of(
        convolutions.map(|(samples, layer)| Conv::new(samples, layer, 0)),
        &[
            computation!("conv.second_backward_input", Conv::BACKWARD_INPUT, |conv| {
                conv.second_backward_input().values
            }),
            computation!(
                "conv.second_backward_weight",
                Conv::BACKWARD_WEIGHT,
                |conv| conv.second_backward_weight()
            ),
        ],
    ));
    let halvings = halving::shapes().into_iter();
    checks.extend(checks_of(
        halvings.map(|(samples, maps)| Halving::new(samples, maps, 0)),
        &[
            computation!(
                "subsample.second_backward_input",
                Halving::tolerance(Kind::Subsample),
                |halving| halving.second_subsample().values
            ),
            computation!(
                "subsample.second_backward_weight",
                Halving::BACKWARD_WEIGHT,
                |halving| halving.second_backward_weight()
            ),
            computation!(
                "average_pool.second_backward_input",
                Halving::tolerance(Kind::Average),
                |halving| halving.second_average().values
            ),
        ],
    ));
    let squashings = squash::shapes().into_iter();
    checks.extend(checks_of(
        squashings.map(|(samples, shape)| Squash::new(samples, shape)),
        &[computation!(
            "squash.second_backward_input",
            Squash::BACKWARD_INPUT,
            |squash| squash.second_backward_input().values
        )],
    ));
    let connections = dense::shapes().into_iter();
    checks.extend(checks_of(
        connections.map(|(samples, layer)| Dense::new(samples, layer, 0)),
        &[
            computation!("dense.second_backward_input", Dense::TOLERANCE, |dense| {
                dense.second_backward_input().values
            }),
            computation!("dense.second_backward_weight", Dense::TOLERANCE, |dense| {
                dense.second_backward_weight()
            }),
        ],
    ));
    checks.extend(head_checks());
    checks
}

/// The checks of the output layers and the losses.
fn head_checks() -> Vec<Check<'static>> {
    let mut checks = checks_of(
        BATCHES.map(Rbf::new),
        &[computation!(
            "rbf.second_backward_input",
            Rbf::TOLERANCE,
            |rbf| rbf.second_backward_input().values
        )],
    );
    let tolerance = Softmax::TOLERANCE;
    checks.extend(checks_of(
        BATCHES.map(Softmax::new),
        &[
            computation!("softmax.forward", tolerance, |softmax| softmax
                .forward()
                .values),
            computation!("softmax.backward_input", tolerance, |softmax| softmax
                .backward_input()
                .values),
            computation!("softmax.second_backward_input", tolerance, |softmax| {
                softmax.second_backward_input().values
            }),
        ],
    ));
    for (kind, batch, present) in LOSSES {
        let computation: Computation<Losses> = match kind {
            LossKind::Map => computation!("loss.map", Losses::TOLERANCE, |losses| losses
                .forward()
                .joined()),
            LossKind::Mse => computation!("loss.mse", Losses::TOLERANCE, |losses| losses
                .forward()
                .joined()),
        };
        checks.extend(checks_of(
            [Losses::new(kind, batch, present)],
            &[computation],
        ));
    }
    for (kind, batch, present) in TAUGHT {
        let name = match kind {
            LossKind::Map => "loss.map_taught",
            LossKind::Mse => "loss.mse_taught",
        };
        checks.extend(checks_of(
            [Taught::new(kind, batch, present)],
            &[
                computation!("loss.by_label", Losses::TOLERANCE, |taught| taught
                    .by_label()
                    .values),
                computation!("loss.learn", Losses::TOLERANCE, |taught| taught
                    .learn()
                    .values),
                computation!(name, Losses::TOLERANCE, |taught| taught.forward().joined()),
            ],
        ));
    }
    checks.extend(checks_of(
        SECOND.map(|(batch, present)| Losses::curved(batch, present)),
        &[computation!(
            "loss.second_map",
            Losses::TOLERANCE,
            |losses| losses.second().values
        )],
    ));
    checks
}

/// Every one of `computations` of every one of `problems`.
fn checks_of<P: Display + Inputs + Send + Sync + 'static>(
    problems: impl IntoIterator<Item = P>,
    computations: &[Computation<P>],
) -> Vec<Check<'static>> {
    let mut checks = Vec::new();
    for problem in problems {
        let problem = Arc::new(problem);
        for &Computation {
            name,
            tolerance,
            single,
            double,
        } in computations
        {
            let (text, problem) = (format!("{name} {problem}"), Arc::clone(&problem));
            let run = move |problem: &P| outcome(&single(problem), &double(problem), &tolerance);
            checks.push(Check::of_operation(text, tolerance, problem, run));
        }
    }
    checks
}

fn outcome(single: &[f32], double: &[f64], tolerance: &Tolerance) -> Outcome {
    let mut outcome = Outcome::default();
    for (i, (&computed, &expected)) in single.iter().zip(double).enumerate() {
        let index = || format!("[{i}]");
        outcome.compare("values", index, computed.into(), expected, tolerance);
    }
    outcome
}
