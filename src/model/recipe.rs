//! How a network is trained, as data: loss, optimiser, schedule, length.

use bytemuck::{Pod, Zeroable};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{Choices, Initialisation};

/// Samples in the largest batch; more would outgrow WebGPU's buffers and grids.
pub const LARGEST_BATCH: usize = 2048;

/// What is minimised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// Eq. 9, the discriminative criterion: s·y_D + log(e^(−j) + Σ e^(−s·y_i)).
    #[default]
    Map,
    /// Eq. 8, the penalty of the right class alone: s·y_D. With the softmax head, whose penalties
    /// are −log p, this is the cross-entropy.
    Mse,
}

/// A loss and its constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// The criterion.
    pub kind: LossKind,
    /// s, by which distances are multiplied before the loss. The paper does not name it; without
    /// it (s = 1) eq. 9 trains badly or not at all, depending on the optimiser.
    pub scale: f32,
    /// j > 0 of eq. 9, the constant penalty of the "rubbish" class.
    pub rubbish: f32,
}

/// The rule of the parameter update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimiser {
    /// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).
    #[default]
    Adam,
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// The paper's: stochastic diagonal Levenberg–Marquardt (Appendix C), a rate for every
    /// parameter from an estimate of its second derivative, which is renewed before each pass.
    Sdlm,
}

/// The shape of the rate after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// Straight to 0.
    #[default]
    Linear,
    /// Half a cosine to 0.
    Cosine,
    /// None.
    Constant,
}

/// How strongly training digits are distorted; each presentation anew, see `cpu::batch`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distortion {
    /// Bound of each random entry added to the linear part: 0.1 scales, squeezes, shears and
    /// rotates by about a tenth.
    pub linear: f32,
    /// Bound of the random shift, in pixels.
    pub shift: f32,
}

impl Distortion {
    /// No distortion.
    pub const NONE: Self = Self {
        linear: 0.0,
        shift: 0.0,
    };
}

/// Everything a training run is determined by, apart from the data, the seed and the adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The network.
    pub choices: Choices,
    /// The rule of the initial weights.
    pub initialisation: Initialisation,
    /// Factor on the bound of the initial weights.
    pub gain: f32,
    /// What is minimised.
    pub loss: Loss,
    /// The rule of the update.
    pub optimiser: Optimiser,
    /// How training digits are distorted.
    pub distortion: Distortion,
    /// Passes over the training set.
    pub passes: usize,
    /// Samples an update.
    pub batch: usize,
    /// The highest learning rate.
    pub rate: f32,
    /// Part of the updates over which the rate climbs from 0, between 0 and 1.
    pub warmup: f32,
    /// The shape of the rate after the warm-up.
    pub decay: Decay,
    /// Adam's decay of the first moment, or the momentum of SGD and SDLM.
    pub momentum: f32,
    /// Adam's decay of the second moment.
    pub beta2: f32,
    /// μ of SDLM, which bounds the rate of a parameter that hardly curves the loss: η/μ.
    pub damping: f32,
    /// Samples on which SDLM estimates the second derivatives, fewer if the set is smaller.
    pub estimate_samples: usize,
    /// Decoupled weight decay: each update shrinks all parameters by rate × this.
    pub weight_decay: f32,
    /// Decay of the running average of the weights, 0 for none. Where it is used, the average is
    /// the model that is evaluated and saved.
    pub average: f32,
}

/// The step-dependent numbers of one update, as the optimisers read them.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct StepRates {
    /// Learning rate.
    pub rate: f32,
    /// 1/(1 − β₁^t), Adam's bias correction of the first moment.
    pub first_correction: f32,
    /// 1/(1 − β₂^t), Adam's bias correction of the second moment.
    pub second_correction: f32,
    /// Share of the new weights in the running average.
    pub average_share: f32,
}

impl Recipe {
    /// Checks that every number makes sense.
    ///
    /// # Errors
    /// A sentence that names the first option that does not, its value and what is expected.
    pub fn check(&self) -> Result<(), String> {
        let positive = f32::MIN_POSITIVE..=f32::MAX;
        let share = |value| (0.0..1.0).contains(&value);
        let (scale, rubbish) = (self.loss.scale, self.loss.rubbish);
        let (distort, shift) = (self.distortion.linear, self.distortion.shift);
        let rules = [
            ("--lr", self.rate, positive.contains(&self.rate), "above 0"),
            (
                "--warmup",
                self.warmup,
                (0.0..=1.0).contains(&self.warmup),
                "from 0 to 1",
            ),
            (
                "--momentum",
                self.momentum,
                share(self.momentum),
                "at least 0 and below 1",
            ),
            (
                "--beta2",
                self.beta2,
                share(self.beta2),
                "at least 0 and below 1",
            ),
            (
                "--average",
                self.average,
                share(self.average),
                "at least 0 and below 1",
            ),
            (
                "--distort",
                distort,
                share(distort),
                "at least 0 and below 1",
            ),
            (
                "--shift",
                shift,
                (0.0..=28.0).contains(&shift),
                "from 0 to 28, the side of a picture",
            ),
            (
                "--weight-decay",
                self.weight_decay,
                (0.0..=f32::MAX).contains(&self.weight_decay),
                "at least 0",
            ),
            (
                "--gain",
                self.gain,
                positive.contains(&self.gain),
                "above 0",
            ),
            (
                "--damping",
                self.damping,
                positive.contains(&self.damping),
                "above 0",
            ),
            ("--loss-scale", scale, positive.contains(&scale), "above 0"),
            ("--rubbish", rubbish, positive.contains(&rubbish), "above 0"),
        ];
        for (option, value, holds, expected) in rules {
            if !holds {
                return Err(format!("{option} is {value}, expected a number {expected}"));
            }
        }
        if self.passes == 0 {
            return Err("--passes is 0, expected at least 1".to_owned());
        }
        if !(1..=LARGEST_BATCH).contains(&self.batch) {
            let batch = self.batch;
            return Err(format!("--batch is {batch}, expected 1 to {LARGEST_BATCH}"));
        }
        if !(1..=LARGEST_BATCH).contains(&self.estimate_samples) {
            let samples = self.estimate_samples;
            return Err(format!(
                "--estimate is {samples}, expected 1 to {LARGEST_BATCH}"
            ));
        }
        Ok(())
    }
}
