//! What came of a combination, as `result.json`.

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::model::percent;
use crate::train::MeanDeviation;

/// What came of a combination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Version of the program that finished it.
    pub version: String,
    /// What it was finished on.
    pub adapter: String,
    /// How it ended.
    #[serde(flatten)]
    pub end: End,
}

/// How a combination ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// With a network for each seed.
    Measured {
        /// Seconds of training, of all seeds together.
        seconds: f64,
        /// What each seed's network does with the digits held out, in the order of the seeds.
        seeds: Vec<Measured>,
    },
    /// One of the trainings diverged.
    Diverged {
        /// Which, and how.
        reason: String,
    },
}

/// What a network does with the digits held out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The seed of its training.
    pub seed: u32,
    /// The places of the digits that it answers wrongly, in ascending order, counted from 0.
    pub wrong: Vec<usize>,
}

impl Measured {
    /// Its error on `digits` digits, in per cent.
    pub fn error_percent(&self, digits: usize) -> f64 {
        percent(self.wrong.len(), digits)
    }
}

impl Outcome {
    /// The measured seeds, unless it diverged.
    pub fn seeds(&self) -> Option<&[Measured]> {
        match &self.end {
            End::Measured { seeds, .. } => Some(seeds),
            End::Diverged { .. } => None,
        }
    }

    /// Seconds of training, of all seeds together, unless it diverged.
    pub fn seconds(&self) -> Option<f64> {
        match self.end {
            End::Measured { seconds, .. } => Some(seconds),
            End::Diverged { .. } => None,
        }
    }

    /// Why it diverged, if it did.
    pub fn divergence(&self) -> Option<&str> {
        match &self.end {
            End::Measured { .. } => None,
            End::Diverged { reason } => Some(reason),
        }
    }

    /// Mean and deviation of the errors of its seeds on `digits` digits, in per cent, unless it diverged.
    pub fn error_percent(&self, digits: usize) -> Option<MeanDeviation> {
        let errors = self.seeds()?.iter().map(|seed| seed.error_percent(digits));
        MeanDeviation::of(&errors.collect::<Vec<f64>>())
    }

    /// Whether `other` says the same of the same seeds, whatever they took.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.seeds() == other.seeds()
    }

    /// Checks that it can be one of a combination of `plan`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, plan: &Plan) -> Result<(), String> {
        let Some(seeds) = self.seeds() else {
            return Ok(());
        };
        if !seeds
            .iter()
            .map(|measured| measured.seed)
            .eq(plan.seeds.clone())
        {
            return Err(format!(
                "its seeds are not those of the sweep, {:?}",
                plan.seeds
            ));
        }
        let digits = plan.held_out.digits;
        let makes_sense = |measured: &Measured| {
            let wrong = &measured.wrong;
            wrong.is_sorted_by(|one, next| one < next)
                && wrong.last().is_none_or(|&last| last < digits)
        };
        match seeds.iter().all(makes_sense) {
            true => Ok(()),
            false => Err(format!(
                "its places of digits are not ascending numbers below {digits}"
            )),
        }
    }
}
