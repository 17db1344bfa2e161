//! −log of the softmax.

use std::fmt;

use super::tolerances::LOG_SUM_EXP;
use crate::model::DIGITS;
use crate::reference::{self, Real};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::Samples;
use crate::verify::tensor::inputs;

/// Batches that the output layers are computed for.
pub const BATCHES: [usize; 4] = [1, 6, 64, 65];

/// The softmax of a batch.
pub struct Softmax {
    /// Scores up to ±200, where e^x without the largest taken out would overflow.
    pub scores: Samples,
    /// The penalties of these scores.
    pub penalties: Samples,
    /// Penalties of scores within ±1, of which no class has all the probability: for the second
    /// derivatives, which would be 0 otherwise.
    pub mild_penalties: Samples,
    /// ∂E/∂y of the penalties y.
    pub dy: Samples,
    /// ∂E/∂y for the second derivatives: as the losses give them, their sum is not negative.
    pub positive_dy: Samples,
    /// ∂²E/∂y², not negative.
    pub hy: Samples,
}

impl Softmax {
    pub const TOLERANCE: Tolerance = LOG_SUM_EXP;

    /// `samples` samples.
    pub fn new(samples: usize) -> Self {
        let mut noise = Noise::new(10);
        let scores = Samples::noise(&mut noise, samples, DIGITS).map(|value| 200.0 * value.powi(3));
        let mild_scores = Samples::noise(&mut noise, samples, DIGITS);
        Self {
            penalties: penalties(&scores).rounded(),
            mild_penalties: penalties(&mild_scores).rounded(),
            scores,
            dy: Samples::noise(&mut noise, samples, DIGITS),
            positive_dy: Samples::noise(&mut noise, samples, DIGITS).map(f32::abs),
            hy: Samples::noise(&mut noise, samples, DIGITS).map(f32::abs),
        }
    }

    /// The penalties.
    pub fn forward<T: Real>(&self) -> Samples<T> {
        penalties(&self.scores)
    }

    /// ∂E/∂score.
    pub fn backward_input<T: Real>(&self) -> Samples<T> {
        let y = self.penalties.converted();
        self.dy.each(DIGITS, |n, dy, dx| {
            reference::softmax::backward_input(y.sample(n), dy, dx);
        })
    }

    /// ∂²E/∂score².
    pub fn second_backward_input<T: Real>(&self) -> Samples<T> {
        let (y, dy) = (
            self.mild_penalties.converted(),
            self.positive_dy.converted(),
        );
        self.hy.each(DIGITS, |n, hy, hx| {
            reference::softmax::second_backward_input(y.sample(n), dy.sample(n), hy, hx);
        })
    }
}

fn penalties<T: Real>(scores: &Samples) -> Samples<T> {
    scores.each(DIGITS, |_, x, y| reference::softmax::forward(x, y))
}

inputs!(Softmax {
    scores,
    penalties,
    mild_penalties,
    dy,
    positive_dy,
    hy
});

impl fmt::Display for Softmax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{DIGITS}", self.scores.count())
    }
}
