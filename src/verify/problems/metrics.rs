//! What is counted of a step.

use std::fmt;

use super::tolerances::SUM;
use crate::model::{DIGITS, Loss, LossKind};
use crate::reference;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::{Samples, converted};

/// Batches, how many of their samples are present, and the models that are measured by one launch.
pub const BATCHES: [(usize, usize, usize); 7] = [
    (1, 1, 1),
    (5, 5, 1),
    (64, 50, 1),
    (300, 300, 1),
    (5, 5, 2),
    (64, 50, 3),
    (300, 300, 5),
];

/// The outputs of a batch that ends after some samples.
pub struct Metrics {
    pub penalties: Samples,
    /// One per sample; 0 where none is present.
    pub losses: Samples,
    /// The classes of the samples that are present.
    pub labels: Vec<u8>,
}

/// What there is to count of a batch.
pub struct Counted {
    /// The sum of the losses.
    pub loss: f64,
    /// Samples whose answer is wrong.
    pub errors: usize,
}

impl Metrics {
    pub const TOLERANCE: Tolerance = SUM;

    /// With penalties within ±1, of which the smallest of ten is as often below this distance as above it.
    pub const LOSS: Loss = Loss {
        kind: LossKind::Map,
        scale: 0.5,
        rubbish: -0.43,
    };

    /// A batch of the model at place `model`.
    pub fn new(batch: usize, present: usize, model: usize) -> Self {
        let mut noise = Noise::of_model(12, model);
        let penalties = Samples::noise(&mut noise, batch, DIGITS);
        let labels = noise.labels_or_none(present);
        let mut losses = noise.values(present);
        losses.resize(batch, 0.0);
        Self {
            penalties,
            losses: Samples::new(losses, 1),
            labels,
        }
    }

    /// What the reference counts.
    pub fn gather(&self) -> Counted {
        let present = self.labels.len();
        let penalties: Vec<f64> = converted(&self.penalties.values[..present * DIGITS]);
        let losses: Vec<f64> = converted(&self.losses.values[..present]);
        let (loss, errors) = reference::metrics::gather(
            &penalties,
            &losses,
            &self.labels,
            Self::LOSS.rubbish_distance().into(),
        );
        Counted { loss, errors }
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.labels.len(), self.penalties.count())
    }
}
