//! The losses.

use std::fmt;

use super::tolerances::LOG_SUM_EXP;
use crate::model::{DIGITS, Loss, LossKind};
use crate::reference::loss::Target;
use crate::reference::{self, Real};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::Samples;
use crate::verify::tensor::{Inputs, Quantity, Tensor, inputs};

/// The loss, batches, and how many of their samples are present: a batch at the end of a pass is
/// smaller.
pub const LOSSES: [(LossKind, usize, usize); 5] = [
    (LossKind::Map, 1, 1),
    (LossKind::Map, 65, 65),
    (LossKind::Map, 16, 5),
    (LossKind::Mse, 7, 7),
    (LossKind::Mse, 16, 13),
];

/// Batches whose second derivatives are computed, and how many of their samples are present.
pub const SECOND: [(usize, usize); 3] = [(1, 1), (16, 13), (300, 300)];

/// The losses with targets that teachers have a share in, batches, and how many of their samples are present.
pub const TAUGHT: [(LossKind, usize, usize); 4] = [
    (LossKind::Map, 1, 1),
    (LossKind::Map, 16, 5),
    (LossKind::Mse, 7, 7),
    (LossKind::Mse, 16, 13),
];

/// The losses of a batch.
pub struct Losses {
    pub loss: Loss,
    pub penalties: Samples,
    /// The classes of the samples that are present, and some fields without a digit.
    pub labels: Vec<u8>,
}

/// A loss and its gradient of every sample, 0 where none is present.
pub struct Measured<T> {
    pub losses: Samples<T>,
    pub gradient: Samples<T>,
}

impl<T> Measured<T> {
    /// The losses and then the gradient.
    pub fn joined(self) -> Vec<T> {
        self.losses
            .values
            .into_iter()
            .chain(self.gradient.values)
            .collect()
    }
}

impl Losses {
    pub const TOLERANCE: Tolerance = LOG_SUM_EXP;

    /// Distances from 0 to 250, as they occur.
    pub fn new(kind: LossKind, batch: usize, present: usize) -> Self {
        Self::of(kind, 0.05, 125.0, (batch, present))
    }

    /// Unscaled distances of a few units, for which the second derivatives are of the order of 1.
    pub fn curved(batch: usize, present: usize) -> Self {
        Self::of(LossKind::Map, 1.0, 3.0, (batch, present))
    }

    fn of(kind: LossKind, scale: f32, mean: f32, (batch, present): (usize, usize)) -> Self {
        let mut noise = Noise::new(11);
        Self {
            loss: Loss {
                kind,
                scale,
                rubbish: 1.5,
            },
            penalties: Samples::noise(&mut noise, batch, DIGITS).map(|value| mean * (1.0 + value)),
            labels: noise.labels_or_none(present),
        }
    }

    /// The losses and their gradient.
    pub fn forward<T: Real>(&self) -> Measured<T> {
        let present = self.labels.len();
        let mut losses = vec![T::zero(); self.penalties.count()];
        let gradient = self.penalties.each(DIGITS, |n, y, dy| {
            match self.labels.get(n) {
                Some(&label) => {
                    losses[n] = reference::loss::forward(&self.loss, y, label.into(), present, dy);
                }
                None => dy.fill(T::zero()),
            };
        });
        Measured {
            losses: Samples::new(losses, 1),
            gradient,
        }
    }

    /// ∂²E/∂penalty².
    pub fn second<T: Real>(&self) -> Samples<T> {
        let present = self.labels.len();
        self.penalties.each(DIGITS, |n, y, h| match n < present {
            true => reference::loss::second(&self.loss, y, present, h),
            false => h.fill(T::zero()),
        })
    }
}

inputs!(Losses { penalties, labels });

/// The losses of a batch whose samples should be taken for targets that teachers have a share in.
pub struct Taught {
    pub losses: Losses,
    /// What each sample should be taken for, so far.
    pub targets: Samples,
}

impl Taught {
    /// What a label or a teacher has in a target.
    pub const SHARE: f32 = 0.3;

    /// Targets whose shares are from 0 to 0.2, so that each leaves something of 1 or goes beyond it.
    pub fn new(kind: LossKind, batch: usize, present: usize) -> Self {
        let targets = Samples::noise(&mut Noise::new(12), batch, DIGITS);
        Self {
            losses: Losses::new(kind, batch, present),
            targets: targets.map(|value| 0.1 * (1.0 + value)),
        }
    }

    /// What the labels alone have in the targets.
    pub fn by_label<T: Real>(&self) -> Samples<T> {
        let labels = &self.losses.labels;
        self.targets
            .each(DIGITS, |n, _, wanted| match labels.get(n) {
                Some(&label) => {
                    let share = T::of(Self::SHARE.into());
                    wanted.copy_from_slice(&reference::loss::by_label(label.into(), share));
                }
                None => wanted.fill(T::zero()),
            })
    }

    /// The targets after one more teacher, whose penalties are those of the losses.
    pub fn learn<T: Real>(&self) -> Samples<T> {
        let Losses {
            loss,
            penalties,
            labels,
        } = &self.losses;
        penalties.each(DIGITS, |n, y, wanted| {
            let mut target = self.target(n);
            if n < labels.len() {
                reference::loss::learn(loss, y, T::of(Self::SHARE.into()), &mut target);
            }
            wanted.copy_from_slice(&target);
        })
    }

    /// The losses and their gradient.
    pub fn forward<T: Real>(&self) -> Measured<T> {
        let Losses {
            loss,
            penalties,
            labels,
        } = &self.losses;
        let mut losses = vec![T::zero(); penalties.count()];
        let gradient = penalties.each(DIGITS, |n, y, dy| match n < labels.len() {
            true => losses[n] = reference::loss::taught(loss, y, &self.target(n), labels.len(), dy),
            false => dy.fill(T::zero()),
        });
        Measured {
            losses: Samples::new(losses, 1),
            gradient,
        }
    }

    /// What the sample at place `n` should be taken for.
    fn target<T: Real>(&self, n: usize) -> Target<T> {
        let values = &self.targets.values[n * DIGITS..];
        std::array::from_fn(|class| T::of(values[class].into()))
    }
}

impl Inputs for Taught {
    fn tensors(&self) -> Vec<Tensor> {
        let mut tensors = self.losses.tensors();
        tensors.push(self.targets.tensor("targets"));
        tensors
    }
}

impl fmt::Display for Taught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.losses)
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.labels.len(), self.penalties.count())
    }
}
