//! What passes between a trainer and its owner: the state a run can be resumed from, and the
//! measurements of a step.

use serde::{Deserialize, Serialize};

use super::preconditioning::Preconditioning;
use super::{Network, Parameters, Recipe};

/// Everything that changes while a network is trained. All arrays but `inputs` are parameter arenas (see
/// [`Parameters`](super::Parameters)); those that the recipe does not use stay 0.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState {
    /// Updates made so far.
    pub step: usize,
    /// The weights.
    pub parameter: Vec<f32>,
    /// Adam's first moment, or the velocity of SGD and SDLM.
    pub first_moment: Vec<f32>,
    /// Adam's second moment, or the second derivatives that SDLM estimated before this pass.
    pub second_moment: Vec<f32>,
    /// The running average of the weights.
    pub averaged: Vec<f32>,
    /// What preconditioning keeps; empty where the recipe has none.
    pub inputs: InputMoments,
}

/// The second moments of the inputs of layers, laid out as [`Preconditioning`] says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputMoments {
    /// Means of x xᵀ over the samples of the last steps.
    pub means: Vec<f32>,
    /// The inverses, as they were last renewed.
    pub inverses: Vec<f32>,
}

impl InputMoments {
    /// Those of `network` before the first step: all 0, or nothing if `recipe` keeps none.
    pub fn start(network: &Network, recipe: &Recipe) -> Self {
        let [means, inverses] = Self::lens(network, recipe);
        Self {
            means: vec![0.0; means],
            inverses: vec![0.0; inverses],
        }
    }

    /// Lengths of the means and of the inverses that `recipe` keeps for `network`.
    pub fn lens(network: &Network, recipe: &Recipe) -> [usize; 2] {
        match recipe.is_preconditioned() {
            true => Preconditioning::of(network).array_lens(),
            false => [0; 2],
        }
    }
}

impl TrainingState {
    /// The state a run of `recipe` starts from, the same for the same seed on every machine.
    pub fn start(network: &Network, recipe: &Recipe, seed: u32) -> Self {
        let parameters = Parameters::of(network);
        let arena = parameters.initialise(network, &recipe.initial_parameters(), seed.into());
        Self {
            inputs: InputMoments::start(network, recipe),
            ..Self::fresh(arena)
        }
    }

    /// The weights a model of `recipe` has: the running average where there is one.
    pub fn model(&self, recipe: &Recipe) -> &[f32] {
        match recipe.average > 0.0 {
            true => &self.averaged,
            false => &self.parameter,
        }
    }

    /// All arrays but those of preconditioning.
    pub fn arenas(&self) -> [&[f32]; 4] {
        [
            &self.parameter,
            &self.first_moment,
            &self.second_moment,
            &self.averaged,
        ]
    }

    /// The state before the first update of the given weights, by a recipe without preconditioning.
    pub fn fresh(parameter: Vec<f32>) -> Self {
        let zeros = vec![0.0; parameter.len()];
        Self {
            step: 0,
            first_moment: zeros.clone(),
            second_moment: zeros,
            averaged: parameter.clone(),
            inputs: InputMoments::default(),
            parameter,
        }
    }
}

/// One training step's measurements, taken before its update.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepMetrics {
    /// Sum of the samples' losses.
    pub loss: f64,
    /// Samples answered wrongly.
    pub errors: usize,
    /// Samples in the batch.
    pub count: usize,
}

/// Half the bits that the permutation of `count` samples works on: the smallest h ≥ 1 with
/// 4^h ≥ `count`.
pub fn feistel_half_bits(count: usize) -> usize {
    (1..16).find(|&h| 1 << (2 * h) >= count).unwrap_or(16)
}

/// The measurements of a pass so far, summed over its steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PassTotals {
    /// Sum of the losses.
    pub loss: f64,
    /// Samples answered wrongly.
    pub errors: usize,
    /// Samples seen.
    pub count: usize,
    /// Seconds spent training.
    pub seconds: f64,
}

impl PassTotals {
    /// Adds a step's measurements.
    pub fn add(&mut self, step: &StepMetrics) {
        self.loss += step.loss;
        self.errors += step.errors;
        self.count += step.count;
    }

    /// The totals of all models trained side by side, which share their time.
    pub fn of_all<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            loss: sum.loss + part.loss,
            errors: sum.errors + part.errors,
            count: sum.count + part.count,
            seconds: part.seconds,
        })
    }

    /// Mean loss of the samples seen.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.count as f64
    }

    /// Samples answered wrongly, in per cent.
    pub fn error_percent(&self) -> f64 {
        percent(self.errors, self.count)
    }
}

/// `part` of `whole` in per cent.
pub fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}
