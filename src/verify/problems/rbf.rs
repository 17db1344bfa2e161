//! Radial basis function output units.

use std::fmt;

use super::tolerances::DISTANCE;
use crate::model::{CODE_LENGTH, DIGITS, rbf_codes};
use crate::reference::{self, Real};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::{Samples, converted};
use crate::verify::tensor::inputs;

/// The output layer of the network over a batch.
pub struct Rbf {
    /// Inputs; those of the first sample are the code of 0, whose distance to it is 0.
    pub x: Samples,
    /// The code of every class.
    pub codes: Vec<f32>,
    /// ∂E/∂y of the distances y.
    pub dy: Samples,
    /// ∂E/∂y for the second derivatives: as the losses give them, their sum is not negative.
    pub positive_dy: Samples,
    /// ∂²E/∂y², not negative.
    pub hy: Samples,
}

impl Rbf {
    pub const TOLERANCE: Tolerance = DISTANCE;

    /// `samples` samples.
    pub fn new(samples: usize) -> Self {
        let codes = rbf_codes();
        let mut noise = Noise::new(9);
        let mut x = Samples::noise(&mut noise, samples, CODE_LENGTH);
        x.values[..CODE_LENGTH].copy_from_slice(&codes[..CODE_LENGTH]);
        Self {
            x,
            codes,
            dy: Samples::noise(&mut noise, samples, DIGITS),
            positive_dy: Samples::noise(&mut noise, samples, DIGITS).map(f32::abs),
            hy: Samples::noise(&mut noise, samples, DIGITS).map(f32::abs),
        }
    }

    /// The distances to the codes.
    pub fn forward(&self) -> Samples<f64> {
        let codes: Vec<f64> = converted(&self.codes);
        self.x.each(DIGITS, |_, x, y| {
            reference::rbf::forward(x, &codes, y);
        })
    }

    /// ∂E/∂x.
    pub fn backward_input(&self) -> Samples<f64> {
        let (x, codes) = (self.x.converted(), converted(&self.codes));
        self.dy.each(CODE_LENGTH, |n, dy, dx| {
            reference::rbf::backward_input(x.sample(n), &codes, dy, dx);
        })
    }

    /// ∂²E/∂x².
    pub fn second_backward_input<T: Real>(&self) -> Samples<T> {
        let (x, dy) = (self.x.converted(), self.positive_dy.converted());
        let codes = converted(&self.codes);
        self.hy.each(CODE_LENGTH, |n, hy, hx| {
            reference::rbf::second_backward_input(x.sample(n), &codes, dy.sample(n), hy, hx);
        })
    }
}

inputs!(Rbf {
    x,
    codes,
    dy,
    positive_dy,
    hy
});

impl fmt::Display for Rbf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{CODE_LENGTH} to {DIGITS}", self.x.count())
    }
}
