//! How a network is trained, as data: loss, optimiser, schedule, length.

use bytemuck::{Pod, Zeroable};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{Choices, Coefficients, InitialParameters, Initialisation};

/// Samples in the largest batch; more would outgrow WebGPU's buffers and grids.
pub const LARGEST_BATCH: usize = 2048;

/// Most fixed copies of a digit: with 60,000 digits and a hundred passes all presentations can
/// still be counted in 32 bits.
const MOST_FIXED_COPIES: usize = 99;

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
    /// The paper's steps by pass (section III.B): the whole rate for 2 passes, 2/5 for 3, 1/5 for
    /// 3, 1/10 for 4, then 1/50. From a rate of 0.0005 these are the published 0.0005, 0.0002,
    /// 0.0001, 0.00005 and 0.00001.
    Published,
}

/// How strongly training digits are distorted. Every bound is that of a number drawn evenly from
/// both sides of 0; `reference::batch` has the formulas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distortion {
    /// Bound of each of four random entries added to the linear part: 0.1 scales, squeezes, shears
    /// and rotates by about a tenth, all at once.
    pub linear: f32,
    /// Bound of the random shift in x and in y, in pixels.
    pub shift: f32,
    /// Bound of the random rotation, in degrees.
    pub rotation: f32,
    /// Bound of the random share by which x and y are scaled, each by its own: together they
    /// squeeze.
    pub scale: f32,
    /// Bound of the random horizontal shear: pixels to the side for a pixel of height.
    pub shear: f32,
    /// Standard deviation of the elastic displacement in x and in y, in pixels (Simard, Steinkraus
    /// and Platt 2003); 0 for none.
    pub elastic: f32,
    /// Smoothness σ of the elastic displacements, in pixels.
    pub smoothness: f32,
    /// Distorted copies of every digit that are fixed for the whole run, as in the paper, beside
    /// the digit itself; 0 to distort each presentation afresh.
    pub fixed_copies: usize,
}

impl Distortion {
    /// No distortion.
    pub const NONE: Self = Self {
        linear: 0.0,
        shift: 0.0,
        rotation: 0.0,
        scale: 0.0,
        shear: 0.0,
        elastic: 0.0,
        smoothness: 4.0,
        fixed_copies: 0,
    };

    /// Whether digits are left as they are, whatever else is set.
    pub fn is_none(&self) -> bool {
        let strengths = [
            self.linear,
            self.shift,
            self.rotation,
            self.scale,
            self.shear,
            self.elastic,
        ];
        strengths == [0.0; 6]
    }

    /// T = tan(rotation/2): with t drawn evenly from ±T, the rotation by 2·arctan(t) has the cosine
    /// (1 − t²)/(1 + t²) and the sine 2t/(1 + t²), exact on every adapter, where WGSL's own cosine
    /// may be off by 2⁻¹¹. Up to 30 degrees angles are even to within 7 %.
    pub fn half_turn(&self) -> f64 {
        (f64::from(self.rotation).to_radians() / 2.0).tan()
    }

    /// Distance between the points of the lattice whose random numbers make the elastic
    /// displacements, in pixels: √3·σ. Between the points stand cubic B-splines, which are close to
    /// Gaussians, and a cubic B-spline has the variance 4/12 of the squared distance of its points.
    pub fn lattice_spacing(&self) -> f64 {
        3f64.sqrt() * f64::from(self.smoothness)
    }

    /// Bound of the random number at a lattice point, in pixels, that gives displacements the
    /// standard deviation `elastic`. Uniform numbers in ±b have the variance b²/3. The squares of
    /// the splines at one place sum to 151/315 in the mean over all places, in x and in y alike, so
    /// the variance is b²/3·(151/315)². At a single place the deviation is up to 4.4 % off.
    pub fn lattice_bound(&self) -> f64 {
        f64::from(self.elastic) * 3f64.sqrt() * 315.0 / 151.0
    }

    /// Pictures of every digit in the training set: the digit itself and its fixed copies.
    pub fn versions(&self) -> usize {
        self.fixed_copies + 1
    }
}

/// Everything that determines a training run, apart from the data, the seed and the adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The network.
    pub choices: Choices,
    /// The rule of the initial weights.
    pub initialisation: Initialisation,
    /// Factor on the bound of the initial weights.
    pub gain: f32,
    /// How the coefficients of sub-sampling start.
    #[serde(default)]
    pub coefficients: Coefficients,
    /// What is minimised.
    pub loss: Loss,
    /// The rule of the update.
    pub optimiser: Optimiser,
    /// How training digits are distorted.
    pub distortion: Distortion,
    /// Passes over the training set.
    pub passes: usize,
    /// Samples per update.
    pub batch: usize,
    /// The highest learning rate.
    pub rate: f32,
    /// Share of the updates over which the rate climbs from 0, between 0 and 1.
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
    /// What its parameters start from.
    pub fn initial_parameters(&self) -> InitialParameters {
        InitialParameters {
            rule: self.initialisation,
            gain: self.gain,
            coefficients: self.coefficients,
        }
    }

    /// Checks that every number makes sense.
    ///
    /// # Errors
    /// A sentence that names the first option that does not, its value and what is expected.
    pub fn check(&self) -> Result<(), String> {
        self.choices.check()?;
        let positive = f32::MIN_POSITIVE..=f32::MAX;
        let share = |value| (0.0..1.0).contains(&value);
        let (scale, rubbish) = (self.loss.scale, self.loss.rubbish);
        let Distortion {
            linear,
            shift,
            rotation,
            scale: stretch,
            shear,
            elastic,
            smoothness,
            fixed_copies,
        } = self.distortion;
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
            ("--distort", linear, share(linear), "at least 0 and below 1"),
            (
                "--rotate",
                rotation,
                (0.0..=90.0).contains(&rotation),
                "from 0 to 90 degrees",
            ),
            ("--scale", stretch, share(stretch), "at least 0 and below 1"),
            ("--shear", shear, share(shear), "at least 0 and below 1"),
            (
                "--elastic",
                elastic,
                (0.0..=28.0).contains(&elastic),
                "from 0 to 28, the side of a picture",
            ),
            (
                "--smoothness",
                smoothness,
                (1.0..=28.0).contains(&smoothness),
                "from 1 to 28, the side of a picture",
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
        if fixed_copies > MOST_FIXED_COPIES {
            return Err(format!(
                "--fixed-copies is {fixed_copies}, expected 0 to {MOST_FIXED_COPIES}"
            ));
        }
        if fixed_copies > 0 && self.distortion.is_none() {
            return Err(format!(
                "--fixed-copies is {fixed_copies}, but nothing distorts the copies: give one of \
                 --distort, --shift, --rotate, --scale, --shear and --elastic"
            ));
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
