//! How a network is trained, as data: loss, optimiser, schedule, length.

use std::ops::RangeInclusive;

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

use super::{Choices, Coefficients, Head, InitialParameters, Initialisation, InvalidValue};
use crate::platform::of_f64;

/// Samples in the largest batch; more would outgrow WebGPU's buffers and grids.
pub const LARGEST_BATCH: usize = 2048;

/// The most networks of one training: more is a slip of the keyboard, and fills the memory.
pub const MOST_SEEDS: u32 = 1000;

/// The largest number of fixed copies of a digit: with 60,000 digits and a hundred passes, all
/// presentations can still be counted in 32 bits.
const MOST_FIXED_COPIES: usize = 99;

/// What is minimised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Optimiser {
    /// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).
    #[default]
    Adam,
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// The paper's: stochastic diagonal Levenberg–Marquardt (Appendix C), with a rate for every
    /// parameter from an estimate of its second derivative that is renewed before each pass.
    Sdlm,
}

/// The shape of the rate after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// Straight to 0.
    #[default]
    Linear,
    /// Half a cosine to 0.
    Cosine,
    /// None.
    Constant,
    /// The paper's steps (section III.B): the full rate for 2 passes, 2/5 of it for 3, 1/5 for 3, 1/10
    /// for 4, then 1/50. From a rate of 0.0005 these are the published 0.0005, 0.0002,
    /// 0.0001, 0.00005 and 0.00001.
    Published,
}

/// How strongly training digits are distorted. Each bound b is that of a number drawn uniformly from
/// ±b; `reference::batch` has the formulas.
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
    /// Smoothness of the elastic displacements: the deviation σ of the Gaussian they are smoothed with,
    /// in pixels.
    pub smoothness: f32,
    /// Number of distorted copies of every digit, which stay the same in every pass, as in the paper;
    /// 0 to distort each presentation anew.
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

    /// Whether nothing distorts the digits.
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

    /// T = tan(rotation/2). With t drawn uniformly from ±T, the rotation by 2·arctan(t) has the cosine
    /// (1 − t²)/(1 + t²) and the sine 2t/(1 + t²), exact on every adapter, where WGSL's own cosine
    /// may be off by 2⁻¹¹. Up to 30 degrees, the density of the angles varies by at most 7 %.
    pub fn half_turn(&self) -> f64 {
        of_f64::tan(f64::from(self.rotation).to_radians() / 2.0)
    }

    /// Distance between the points of the lattice of random numbers that the elastic displacements are
    /// made from, in pixels: √3·σ. The numbers are interpolated by cubic B-splines, which are close to
    /// Gaussians and have 4/12 of the squared distance between the points as their variance.
    pub fn lattice_spacing(&self) -> f64 {
        3f64.sqrt() * f64::from(self.smoothness)
    }

    /// Bound of the random number at a lattice point, in pixels, that gives displacements the
    /// deviation `elastic`. Uniform numbers in ±b have the variance b²/3. The squares of the splines
    /// at one place sum to 151/315 on average over all places, in x and in y alike, so the variance
    /// is b²/3·(151/315)². At a single place the deviation is up to 4.4 % off.
    pub fn lattice_bound(&self) -> f64 {
        f64::from(self.elastic) * 3f64.sqrt() * 315.0 / 151.0
    }

    /// Checks that there are not too many fixed copies, and that something distorts them.
    fn check_copies(&self) -> Result<(), InvalidValue> {
        const FIELD: &str = "distortion.fixed_copies";
        let copies = self.fixed_copies;
        if copies > MOST_FIXED_COPIES {
            let expected = format!("0 to {MOST_FIXED_COPIES}");
            return Err(InvalidValue::new(FIELD, copies, expected));
        }
        if copies > 0 && self.is_none() {
            return Err(InvalidValue {
                unless: &[
                    "distortion.linear",
                    "distortion.shift",
                    "distortion.rotation",
                    "distortion.scale",
                    "distortion.shear",
                    "distortion.elastic",
                ],
                ..InvalidValue::new(FIELD, copies, "0")
            });
        }
        Ok(())
    }

    /// Number of different pictures of every digit: the digit itself and its fixed copies.
    pub fn versions(&self) -> usize {
        self.fixed_copies + 1
    }
}

/// Everything that determines a training besides the data, the seed and the adapter.
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
    /// Share of the updates during which the rate climbs from 0, between 0 and 1.
    pub warmup: f32,
    /// The shape of the rate after the warm-up.
    pub decay: Decay,
    /// Adam's decay of the first moment, or the momentum of SGD and SDLM.
    pub momentum: f32,
    /// Adam's decay of the second moment.
    pub beta2: f32,
    /// μ of SDLM, which bounds the rate of a parameter that hardly curves the loss: η/μ.
    pub damping: f32,
    /// Number of samples on which SDLM estimates the second derivatives; all of them if the set is
    /// smaller.
    pub estimate_samples: usize,
    /// d, by which the inverses of the inputs' second moments are damped that the gradients of convolutions and
    /// dense layers are multiplied by before the update ([`preconditioning`](super::preconditioning)); 0 for
    /// gradients as they are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub preconditioning: f32,
    /// Decoupled weight decay: each update shrinks all parameters by the rate times this.
    pub weight_decay: f32,
    /// Decay of the running average of the weights, 0 for none. If there is one, it is the model that
    /// is evaluated and saved.
    pub average: f32,
    /// λ, the share of teachers, networks that were trained before, in what each digit should be taken for;
    /// 0 to learn from the labels alone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub teacher_share: f32,
    /// How many fields with a digit among its neighbours, as in a string, are made of each training digit and
    /// trained on instead of it; 0 for the digits alone. Beside them there are fields without a digit, see
    /// [`string_fields`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub string_fields: usize,
}

/// The most fields that are made of a digit: with 60,000 digits, 2 are as many as every adapter binds.
const MOST_STRING_FIELDS: usize = 20;

/// Fields in all that `digits` digits make, `per_digit` with each digit in the middle: for every five of
/// them there are two without a digit.
pub fn string_fields(digits: usize, per_digit: usize) -> usize {
    digits * per_digit + digits * per_digit * 2 / 5
}

/// Whether a number is 0, as in files that do not know it.
pub(crate) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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

impl Loss {
    /// Checks that its constants make sense.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), InvalidValue> {
        check_rules(&self.rules())
    }

    /// The distance at which a digit is as likely as the rubbish class of eq. 9: j/s.
    pub fn rubbish_distance(&self) -> f32 {
        self.rubbish / self.scale
    }

    /// Both constants with their fields and what makes sense there.
    fn rules(&self) -> [(&'static str, f32, Rule); 2] {
        [
            ("loss.scale", self.scale, FACTOR),
            ("loss.rubbish", self.rubbish, FACTOR),
        ]
    }
}

impl Recipe {
    /// Whether it leaves teachers a share in what each digit should be taken for.
    pub fn has_teachers(&self) -> bool {
        self.teacher_share > 0.0
    }

    /// Whether it trains on fields that are made of the digits.
    pub fn has_string_fields(&self) -> bool {
        self.string_fields > 0
    }

    /// Samples of a pass over `digits` training digits.
    pub fn samples_of(&self, digits: usize) -> usize {
        match self.string_fields {
            0 => digits,
            per_digit => string_fields(digits, per_digit),
        }
    }

    /// Checks that fields without a digit have a right answer, and that there are not too many.
    fn check_string_fields(&self) -> Result<(), InvalidValue> {
        const FIELD: &str = "string_fields";
        let choices = self.choices;
        let has_rubbish = choices.head == Head::Rbf && self.loss.kind == LossKind::Map;
        if self.has_string_fields() && !has_rubbish {
            let expected = "0, unless the rbf head is trained by eq. 9 (map), whose rubbish class is the \
                            answer between digits";
            return Err(InvalidValue::new(FIELD, self.string_fields, expected));
        }
        if self.string_fields > MOST_STRING_FIELDS {
            let expected = format!("0 to {MOST_STRING_FIELDS}");
            return Err(InvalidValue::new(FIELD, self.string_fields, expected));
        }
        Ok(())
    }

    /// Whether it multiplies gradients by the inverses of the inputs' second moments.
    pub fn is_preconditioned(&self) -> bool {
        self.preconditioning > 0.0
    }

    /// How its initial parameters are made.
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
    /// The first value that does not.
    pub fn check(&self) -> Result<(), InvalidValue> {
        self.choices.check()?;
        check_rules(&self.rules())?;
        self.loss.check()?;
        if self.passes == 0 {
            return Err(InvalidValue::new("passes", 0, "at least 1"));
        }
        if self.preconditioning != 0.0 && !DAMPING.contains(&self.preconditioning) {
            let (least, most) = (DAMPING.start(), DAMPING.end());
            let expected = format!("0, or a number from {least} to {most}");
            let value = self.preconditioning;
            return Err(InvalidValue::new("preconditioning", value, expected));
        }
        for (field, samples) in [
            ("batch", self.batch),
            ("estimate_samples", self.estimate_samples),
        ] {
            if !(1..=LARGEST_BATCH).contains(&samples) {
                let expected = format!("1 to {LARGEST_BATCH}");
                return Err(InvalidValue::new(field, samples, expected));
            }
        }
        self.check_string_fields()?;
        self.distortion.check_copies()
    }

    /// Checks that the steps of a training on `samples` digits can be counted on every adapter.
    ///
    /// # Errors
    /// If there are more than 2³¹.
    pub fn check_length(&self, samples: usize) -> Result<(), InvalidValue> {
        let steps_per_pass = samples.div_ceil(self.batch).max(1);
        let most = MOST_STEPS / steps_per_pass;
        if self.passes > most {
            let expected = format!("at most {most}, with {steps_per_pass} steps per pass");
            return Err(InvalidValue::new("passes", self.passes, expected));
        }
        Ok(())
    }

    /// Every real number but those of the loss, with its field and what makes sense there.
    fn rules(&self) -> [(&'static str, f32, Rule); 16] {
        let distortion = &self.distortion;
        [
            ("rate", self.rate, POSITIVE),
            ("warmup", self.warmup, (0.0..=1.0, "from 0 to 1")),
            ("momentum", self.momentum, SHARE),
            ("beta2", self.beta2, SHARE),
            ("average", self.average, SHARE),
            (
                "teacher_share",
                self.teacher_share,
                (0.0..=1.0, "from 0 to 1"),
            ),
            ("distortion.linear", distortion.linear, SHARE),
            (
                "distortion.rotation",
                distortion.rotation,
                (0.0..=90.0, "from 0 to 90 degrees"),
            ),
            ("distortion.scale", distortion.scale, SHARE),
            ("distortion.shear", distortion.shear, SHARE),
            ("distortion.elastic", distortion.elastic, DISTANCE),
            (
                "distortion.smoothness",
                distortion.smoothness,
                (1.0..=28.0, "from 1 to 28, the side of a picture"),
            ),
            ("distortion.shift", distortion.shift, DISTANCE),
            (
                "weight_decay",
                self.weight_decay,
                (0.0..=f32::MAX, "from 0 to 3.4e38"),
            ),
            ("gain", self.gain, POSITIVE),
            ("damping", self.damping, POSITIVE),
        ]
    }
}

/// The most steps of a training: adapters count them in 32 bits.
const MOST_STEPS: usize = 1 << 31;

/// The numbers that make sense in a field, and the same in words.
type Rule = (RangeInclusive<f32>, &'static str);

fn check_rules(rules: &[(&'static str, f32, Rule)]) -> Result<(), InvalidValue> {
    for (field, value, (range, expected)) in rules {
        if !range.contains(value) {
            let expected = format!("a number {expected}");
            return Err(InvalidValue::new(field, value, expected));
        }
    }
    Ok(())
}

/// What is closer to 0 is 0 to some adapters.
const POSITIVE: Rule = (
    f32::MIN_POSITIVE..=f32::MAX,
    "above 0, from 1.2e-38 to 3.4e38",
);
/// Larger ones leave nothing of single precision: a distance of 1 would be worth a million.
const FACTOR: Rule = (f32::MIN_POSITIVE..=1e6, "above 0 and at most 1e6");
const SHARE: Rule = (0.0..=1f32.next_down(), "at least 0 and below 1");
/// With less, single precision cannot invert the second moments of inputs that depend on one another.
const DAMPING: RangeInclusive<f32> = 1e-3..=1e6;
/// In pixels.
const DISTANCE: Rule = (0.0..=28.0, "from 0 to 28, the side of a picture");
