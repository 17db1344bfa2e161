//! The updates.

use std::fmt;

use super::tolerances::POINTWISE;
use crate::model::{Optimiser, Recipe, StepRates};
use crate::reference::optimiser::{self, Constants};
use crate::verify::compare::Tolerance;
use crate::verify::networks::settings::adam_recipe;
use crate::verify::noise::Noise;
use crate::verify::samples::converted;
use crate::verify::tensor::inputs;

/// How many parameters are updated: multiples of four, less and more than a workgroup.
pub const LENGTHS: [usize; 4] = [4, 60, 256, 1028];

/// Parameters before an update, and what the update is made from.
pub struct Update {
    /// The optimiser, and every part of an update beside it.
    pub recipe: Recipe,
    pub rates: StepRates,
    pub gradient: Vec<f32>,
    pub parameter: Vec<f32>,
    pub first_moment: Vec<f32>,
    /// The second moment or the second derivatives: not negative.
    pub second_moment: Vec<f32>,
    pub averaged: Vec<f32>,
}

/// Parameters after an update.
pub struct Updated {
    pub parameter: Vec<f64>,
    pub first_moment: Vec<f64>,
    pub second_moment: Vec<f64>,
}

impl Update {
    pub const TOLERANCE: Tolerance = POINTWISE;

    /// An update of `length` parameters by `optimiser`.
    pub fn new(length: usize, optimiser: Optimiser) -> Self {
        let mut noise = Noise::new(14);
        let [parameter, first_moment, averaged, gradient] =
            std::array::from_fn(|_| noise.values(length));
        Self {
            recipe: Recipe {
                optimiser,
                ..adam_recipe()
            },
            rates: StepRates {
                rate: 0.01,
                first_correction: 1.5,
                second_correction: 4.0,
                average_share: 0.25,
            },
            gradient,
            parameter,
            first_moment,
            second_moment: noise.values(length).into_iter().map(f32::abs).collect(),
            averaged,
        }
    }

    /// The parameters after the update.
    pub fn updated(&self) -> Updated {
        let (constants, rates) = (Constants::of(&self.recipe), &self.rates);
        let gradient = converted(&self.gradient);
        let mut updated = Updated {
            parameter: converted(&self.parameter),
            first_moment: converted(&self.first_moment),
            second_moment: converted(&self.second_moment),
        };
        let Updated {
            parameter: w,
            first_moment: first,
            second_moment: second,
        } = &mut updated;
        match self.recipe.optimiser {
            Optimiser::Adam => optimiser::adam(&constants, rates, &gradient, first, second, w),
            Optimiser::Sgd => optimiser::sgd(&constants, rates, &gradient, first, w),
            Optimiser::Sdlm => optimiser::sdlm(&constants, rates, &gradient, second, first, w),
        }
        updated
    }

    /// The running average after it has taken in `parameter`.
    pub fn average(&self, parameter: &[f64]) -> Vec<f64> {
        let mut averaged = converted(&self.averaged);
        optimiser::average(&self.rates, parameter, &mut averaged);
        averaged
    }
}

inputs!(Update {
    gradient,
    parameter,
    first_moment,
    second_moment,
    averaged
});

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.parameter.len())
    }
}
