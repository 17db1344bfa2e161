//! Recipes by name.

use clap::ValueEnum;

use crate::model::{
    Choices, Decay, Distortion, Head, Initialisation, Loss, LossKind, Optimiser, Recipe,
    Subsampling,
};

/// A named recipe; all were chosen on the last 10,000 training digits, never on the test set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// The paper's network and eq. 9, to the paper's error in few passes: Adam, batch 64, lightly
    /// distorted digits.
    #[default]
    Default,
    /// The same on the digits as they are.
    Plain,
    /// The digits as they are, by gradient descent with momentum, in ten passes.
    Sgd,
    /// The slide deck's: average pooling, softmax, cross-entropy.
    Deck,
}

impl Preset {
    /// As on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The recipe.
    pub fn recipe(self) -> Recipe {
        let plain = Recipe {
            choices: Choices::default(),
            initialisation: Initialisation::SqrtFanIn,
            gain: 1.5,
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
            weight_decay: 0.0,
            average: 0.0,
        };
        match self {
            Self::Default => Recipe {
                distortion: Distortion {
                    linear: 0.2,
                    shift: 1.0,
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
        }
    }
}
