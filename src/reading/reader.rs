//! A trained network that reads lines.

use thiserror::Error;

use super::path::{Costs, Grammar, ReadDigit};
use crate::compute::Compute;
use crate::data::strings::{Line, Strip};
use crate::gpu::GpuError;
use crate::model::{Architecture, DIGITS, Head, LossKind, Model};
use crate::platform::of_f64;
use crate::reference::metrics;

/// A network that reads lines of digits.
pub struct Reader {
    model: Model,
    grammar: Grammar,
}

/// A network that cannot read lines.
#[derive(Debug, Error)]
#[error(
    "the network {found}, but reading takes LeNet-5 with the rbf head, trained by eq. 9 (--loss map): its \
     rubbish class is the answer between two digits. Train one with `lenet-gpu train --recipe strings`"
)]
pub struct UnfitModel {
    found: &'static str,
}

/// A line as it was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The penalties of the ten digits at every position.
    pub penalties: Vec<[f32; DIGITS]>,
    /// The digits from left to right.
    pub digits: Vec<ReadDigit>,
}

/// The digit that is closest at a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closest {
    /// The digit.
    pub digit: u8,
    /// Its penalty, as a part of that at which the rubbish class is as likely; at most 1.
    pub distance: f64,
}

impl Reading {
    /// The closest digit at every position. The rubbish class is as likely as a digit at `rubbish_distance`.
    pub fn closest(&self, rubbish_distance: f32) -> impl Iterator<Item = Closest> {
        self.penalties.iter().map(move |penalties| {
            let answer = metrics::answer(penalties);
            Closest {
                digit: answer as u8,
                distance: f64::from(penalties[answer] / rubbish_distance).min(1.0),
            }
        })
    }
}

impl Reader {
    /// The constants that were chosen on strings of validation digits.
    pub const GRAMMAR: Grammar = Grammar {
        per_digit: 2.0,
        longest: 4,
    };

    /// `model` with the alignment of `grammar`.
    ///
    /// # Errors
    /// If the network has no rubbish class, or its field is not LeNet-5's.
    pub fn new(model: Model, grammar: Grammar) -> Result<Self, UnfitModel> {
        let choices = model.network.choices();
        let found = match (choices.architecture, choices.head, model.loss.kind) {
            (Architecture::Lenet1, ..) => "is LeNet-1",
            (_, Head::Softmax, _) => "has the softmax head",
            (.., LossKind::Mse) => "was trained by eq. 8 (--loss mse)",
            _ => return Ok(Self { model, grammar }),
        };
        Err(UnfitModel { found })
    }

    /// The network.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The constants of its alignment.
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// What stands in each of `lines`.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn read(&self, compute: &Compute, lines: &[&Line]) -> Result<Vec<Reading>, GpuError> {
        let strips: Vec<Strip> = lines.iter().map(|line| Strip::around(line)).collect();
        let penalties = self.model.penalties_along(compute, &strips).await?;
        let readings = penalties.into_iter().map(|penalties| {
            let costs: Vec<Costs> = penalties.iter().map(|y| self.costs(y)).collect();
            Reading {
                digits: self.grammar.read(&costs),
                penalties,
            }
        });
        Ok(readings.collect())
    }

    /// −log p of the ten digits and of none: the posteriors of eq. 9, whose rubbish class is none of them.
    pub fn costs(&self, penalties: &[f32; DIGITS]) -> Costs {
        let loss = &self.model.loss;
        let energy = |class: usize| match penalties.get(class) {
            Some(&y) => f64::from(loss.scale) * f64::from(y),
            None => f64::from(loss.rubbish),
        };
        let energies: Costs = std::array::from_fn(energy);
        let least = energies.iter().copied().fold(f64::INFINITY, f64::min);
        let sum: f64 = energies
            .iter()
            .map(|energy| of_f64::exp(least - energy))
            .sum();
        let log = least - of_f64::ln(sum);
        energies.map(|energy| energy - log)
    }
}
