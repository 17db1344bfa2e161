//! Recipes by name.

use crate::model::{
    Choices, Coefficients, Decay, Distortion, Head, Initialisation, InvalidValue, Loss, LossKind,
    Optimiser, Recipe, Subsampling,
};

/// A named recipe. Where the paper leaves something open, the value was chosen on the last 10,000
/// training digits, never on the test set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Preset {
    /// The paper's network and eq. 9, to the paper's error in few passes: Adam, batch 64, lightly
    /// distorted digits.
    #[default]
    Default,
    /// The same on the digits as they are.
    Plain,
    /// The digits as they are, by gradient descent with momentum, in ten passes.
    Sgd,
    /// The network as lecture slides often show it: average pooling, softmax, cross-entropy.
    Deck,
    /// LeNet-1, with softmax and cross-entropy.
    #[cfg_attr(feature = "cli", value(name = "lenet-1"))]
    Lenet1,
    /// The paper's training: eq. 9, one digit per update, stochastic diagonal Levenberg–Marquardt,
    /// 20 passes at the published rates.
    Paper,
    /// The same with the paper's training set of 60,000 digits and nine distorted copies of each; each
    /// picture is seen twice.
    PaperDistorted,
    /// For a low error after a single pass: small batches of lightly distorted digits, and gradients
    /// multiplied by the inverses of their inputs' second moments.
    OnePass,
    /// For a low error by one network alone: planar and elastic distortions, new for each presentation.
    Best,
    /// For the lowest error: one network that learns from four others, which are trained first.
    Distilled,
    /// For reading strings: digits among the strokes of their neighbours, and what is between digits as the
    /// rubbish class of eq. 9.
    Strings,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Default,
        Self::Plain,
        Self::Sgd,
        Self::Deck,
        Self::Lenet1,
        Self::Paper,
        Self::PaperDistorted,
        Self::OnePass,
        Self::Best,
        Self::Distilled,
        Self::Strings,
    ];

    /// Its name, as the command line takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Plain => "plain",
            Self::Sgd => "sgd",
            Self::Deck => "deck",
            Self::Lenet1 => "lenet-1",
            Self::Paper => "paper",
            Self::PaperDistorted => "paper-distorted",
            Self::OnePass => "one-pass",
            Self::Best => "best",
            Self::Distilled => "distilled",
            Self::Strings => "strings",
        }
    }

    /// The recipe.
    pub fn recipe(self) -> Recipe {
        let plain = Recipe {
            choices: Choices::default(),
            initialisation: Initialisation::SqrtFanIn,
            gain: 1.5,
            coefficients: Coefficients::Mean,
            loss: Loss {
                kind: LossKind::Map,
                scale: 0.05,
                rubbish: 3.0,
            },
            optimiser: Optimiser::Adam,
            distortion: Distortion::NONE,
            passes: 4,
            batch: 64,
            rate: 0.01,
            warmup: 0.2,
            decay: Decay::Linear,
            momentum: 0.8,
            beta2: 0.98,
            damping: 0.02,
            estimate_samples: 500,
            preconditioning: 0.0,
            weight_decay: 0.0,
            average: 0.0,
            teacher_share: 0.0,
            string_fields: 0,
        };
        match self {
            Self::Default => Recipe {
                distortion: Distortion {
                    linear: 0.2,
                    shift: 1.0,
                    ..Distortion::NONE
                },
                rate: 0.007,
                ..plain
            },
            Self::Plain => plain,
            Self::Sgd => Recipe {
                gain: 1.0,
                loss: Loss {
                    rubbish: 1.0,
                    ..plain.loss
                },
                optimiser: Optimiser::Sgd,
                passes: 10,
                rate: 0.06,
                warmup: 0.1,
                momentum: 0.9,
                ..plain
            },
            Self::Deck => Recipe {
                choices: Choices {
                    subsampling: Subsampling::Average,
                    head: Head::Softmax,
                    ..plain.choices
                },
                gain: 1.0,
                loss: Loss {
                    kind: LossKind::Mse,
                    scale: 1.0,
                    ..plain.loss
                },
                rate: 0.006,
                warmup: 0.1,
                momentum: 0.9,
                weight_decay: 0.05,
                ..plain
            },
            Self::Lenet1 => Recipe {
                choices: Choices::lenet1(),
                passes: 10,
                rate: 0.015,
                ..Self::Deck.recipe()
            },
            Self::Paper => Recipe {
                gain: 1.0,
                loss: Loss {
                    rubbish: 1.0,
                    ..plain.loss
                },
                optimiser: Optimiser::Sdlm,
                passes: 20,
                batch: 1,
                rate: 0.0005,
                warmup: 0.0,
                decay: Decay::Published,
                momentum: 0.0,
                ..plain
            },
            Self::PaperDistorted => Recipe {
                distortion: Distortion {
                    scale: 0.1,
                    shear: 0.1,
                    shift: 1.2,
                    fixed_copies: 9,
                    ..Distortion::NONE
                },
                ..Self::Paper.recipe()
            },
            Self::OnePass => Recipe {
                gain: 1.8,
                loss: Loss {
                    scale: 0.046,
                    ..plain.loss
                },
                distortion: Self::Default.recipe().distortion,
                preconditioning: 1.0,
                passes: 1,
                batch: 16,
                rate: 0.008,
                momentum: 0.7,
                beta2: 0.999,
                ..plain
            },
            Self::Best => Recipe {
                gain: 1.0,
                loss: Loss {
                    scale: 0.2,
                    rubbish: 5.0,
                    ..plain.loss
                },
                distortion: Distortion {
                    rotation: 10.0,
                    scale: 0.1,
                    shear: 0.1,
                    shift: 1.2,
                    elastic: 0.6,
                    smoothness: 4.0,
                    ..Distortion::NONE
                },
                passes: 100,
                batch: 32,
                rate: 0.004,
                warmup: 0.1,
                decay: Decay::Cosine,
                momentum: 0.9,
                weight_decay: 0.03,
                ..plain
            },
            Self::Distilled => Recipe {
                loss: Loss {
                    scale: 0.1,
                    ..Self::Best.recipe().loss
                },
                passes: 300,
                weight_decay: 0.003,
                teacher_share: TeacherDefaults::SHARE,
                ..Self::Best.recipe()
            },
            Self::Strings => Recipe {
                string_fields: 2,
                loss: Loss {
                    scale: 0.05,
                    rubbish: 6.0,
                    ..plain.loss
                },
                distortion: Distortion {
                    scale: 0.15,
                    shift: 1.0,
                    ..Self::Best.recipe().distortion
                },
                passes: 20,
                ..Self::Best.recipe()
            },
        }
    }

    /// The recipe, if a network is trained by it alone, on the digits as they are.
    ///
    /// # Errors
    /// If it learns from teachers, or trains on fields that are made of the digits.
    pub fn recipe_alone(self) -> Result<Recipe, InvalidValue> {
        let recipe = self.recipe();
        let expected = if self.teachers().is_some() {
            "one without teachers, since nobody trains them here"
        } else if recipe.has_string_fields() {
            "one that trains on digits alone, since no strings are made of them here"
        } else {
            return Ok(recipe);
        };
        Err(InvalidValue::new("recipe", self.name(), expected))
    }

    /// Whom a network learns from by this recipe, besides the labels.
    pub fn teachers(self) -> Option<TeacherDefaults> {
        (self == Self::Distilled).then(TeacherDefaults::default)
    }
}

/// The teachers that are trained first where nothing else is said.
#[derive(Clone, Debug, PartialEq)]
pub struct TeacherDefaults {
    /// How many there are.
    pub teachers: usize,
    /// The recipe they are trained by.
    pub recipe: Recipe,
}

impl TeacherDefaults {
    /// Their share in what each digit should be taken for.
    pub const SHARE: f32 = 1.0;
}

impl Default for TeacherDefaults {
    /// Those of `distilled`: with less weight decay than `best` each of them is a little worse, but they differ
    /// more, and all together are better.
    fn default() -> Self {
        Self {
            teachers: 4,
            recipe: Recipe {
                weight_decay: 0.003,
                ..Preset::Best.recipe()
            },
        }
    }
}
