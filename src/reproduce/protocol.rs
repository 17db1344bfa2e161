//! What is trained for which figure: the one place that names recipes.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::model::{Choices, Recipe, Subsampling};
use crate::train::Preset;

/// Figures 8 and 13 and the ensemble: the recipe with the lowest error.
pub const LOWEST: Preset = Preset::Best;
/// Figure 5, and the sizes of Figure 6.
pub const BY_PASS: Preset = Preset::Paper;
/// Figure 6, its last point.
pub const DISTORTED: Preset = Preset::PaperDistorted;
/// Figures 9 and 10: the recipes compared with the paper's methods, and their names.
pub const COMPARED: [(Preset, &str); 6] = [
    (Preset::Lenet1, "LeNet-1 (lenet-1)"),
    (Preset::Deck, "average pooling, softmax (deck)"),
    (Preset::Paper, "LeNet-5 (paper)"),
    (
        Preset::PaperDistorted,
        "LeNet-5, distorted (paper-distorted)",
    ),
    (Preset::Default, "LeNet-5, distorted (default)"),
    (Preset::Best, "LeNet-5, distorted (best)"),
];

/// The comparison of the kinds of sub-sampling: the recipe with the fewest passes to the paper's error.
pub const HALVED: Preset = Preset::Default;
/// The kinds of sub-sampling, the paper's first, and their names.
pub const KINDS: [(Subsampling, &str); 3] = [
    (Subsampling::Trainable, "trainable"),
    (Subsampling::Average, "average"),
    (Subsampling::Max, "max"),
];

/// A figure of the paper that is measured again, or a comparison that the paper does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// 5: error by pass.
    ByPass,
    /// 6: error by size of the training set.
    BySize,
    /// 8: the test digits misclassified.
    Mistakes,
    /// 9: error beside other methods.
    Errors,
    /// 10: digits to be rejected, beside other methods.
    Rejection,
    /// 13: error on distorted and noisy digits.
    Robustness,
    /// None of the paper's: error by kind of sub-sampling.
    Subsampling,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ByPass,
        Self::BySize,
        Self::Mistakes,
        Self::Errors,
        Self::Rejection,
        Self::Robustness,
        Self::Subsampling,
    ];

    /// Its number in the paper; none if it is none of the paper's.
    pub fn number(self) -> Option<u32> {
        match self {
            Self::ByPass => Some(5),
            Self::BySize => Some(6),
            Self::Mistakes => Some(8),
            Self::Errors => Some(9),
            Self::Rejection => Some(10),
            Self::Robustness => Some(13),
            Self::Subsampling => None,
        }
    }

    /// What the command line and the report call it: its number, or its subject.
    pub fn name(self) -> String {
        match self.number() {
            Some(number) => number.to_string(),
            None => "sub-sampling".to_owned(),
        }
    }
}

/// Its number, or the name of its subject.
impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number() {
            Some(number) => serializer.serialize_u32(number),
            None => serializer.serialize_str(&self.name()),
        }
    }
}

/// One training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Training {
    /// The recipe.
    pub preset: Preset,
    /// The kind of sub-sampling, the recipe's own or another.
    pub subsampling: Subsampling,
    /// Its passes.
    pub passes: usize,
    /// The first training digits it is given.
    pub digits: usize,
    /// Its seed.
    pub seed: u32,
}

impl Training {
    /// A name that no other training has; also that of its folder.
    pub fn name(&self) -> String {
        let Self {
            passes,
            digits,
            seed,
            ..
        } = self;
        let recipe = self.network();
        format!("{recipe}-{digits}-digits-{passes}-passes-seed-{seed}")
    }

    /// The recipe's name, with the kind of sub-sampling if it is not the recipe's own.
    pub fn network(&self) -> String {
        let recipe = self.preset.name();
        let other = KINDS.iter().find(|(kind, _)| {
            *kind == self.subsampling && *kind != self.preset.recipe().choices.subsampling
        });
        match other {
            Some((_, kind)) => format!("{recipe}-{kind}"),
            None => recipe.to_owned(),
        }
    }

    /// The recipe with its passes and its kind of sub-sampling.
    pub fn recipe(&self) -> Recipe {
        let recipe = self.preset.recipe();
        Recipe {
            passes: self.passes,
            choices: Choices {
                subsampling: self.subsampling,
                ..recipe.choices
            },
            ..recipe
        }
    }

    /// Whether `other` is the same but for its seed.
    pub fn differ_in_seed_alone(&self, other: &Self) -> bool {
        let seed = self.seed;
        Self { seed, ..*other } == *self
    }

    /// Digits shown in all.
    pub fn presentations(&self) -> usize {
        self.passes * self.digits
    }
}

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Seeds of every training.
    pub seeds: u32,
    /// Digits in the training set.
    pub digits: usize,
    /// The most passes of a recipe; none for no limit.
    pub most_passes: Option<usize>,
    /// The most digits that a network is measured on besides the test set.
    pub most_measured: usize,
}

impl Protocol {
    /// Seeds by default.
    pub const SEEDS: u32 = 5;
    /// Seeds of a quick look by default.
    pub const QUICK_SEEDS: u32 = 2;

    /// Every recipe as it is, on a training set of `digits`.
    pub fn full(digits: usize, seeds: Option<u32>) -> Self {
        Self {
            seeds: seeds.unwrap_or(Self::SEEDS),
            digits,
            most_passes: None,
            most_measured: usize::MAX,
        }
    }

    /// A look at everything in minutes.
    pub fn quick(digits: usize, seeds: Option<u32>) -> Self {
        Self {
            seeds: seeds.unwrap_or(Self::QUICK_SEEDS),
            digits,
            most_passes: Some(4),
            most_measured: 1000,
        }
    }

    /// `preset` on the whole training set, one training per seed.
    pub fn whole(&self, preset: Preset) -> Vec<Training> {
        self.of_size(preset, self.digits)
    }

    /// `preset` on the first `digits`, one training per seed.
    pub fn of_size(&self, preset: Preset, digits: usize) -> Vec<Training> {
        let own = preset.recipe();
        let training = |seed| Training {
            preset,
            subsampling: own.choices.subsampling,
            passes: self
                .most_passes
                .map_or(own.passes, |most| own.passes.min(most)),
            digits,
            seed,
        };
        (0..self.seeds).map(training).collect()
    }

    /// `HALVED` with another `kind` of sub-sampling, one training per seed.
    pub fn halved_by(&self, kind: Subsampling) -> Vec<Training> {
        let trainings = self.whole(HALVED).into_iter();
        let other = |training| Training {
            subsampling: kind,
            ..training
        };
        trainings.map(other).collect()
    }

    /// The sizes of Figure 6: a quarter, half and all of the training set, 15,000, 30,000 and
    /// 60,000 of MNIST.
    pub fn sizes(&self) -> [usize; 3] {
        [4, 2, 1].map(|part| self.digits.div_ceil(part))
    }

    /// The trainings that `figure` needs.
    pub fn trainings(&self, figure: Figure) -> Vec<Training> {
        match figure {
            Figure::ByPass => self.whole(BY_PASS),
            Figure::BySize => {
                let sizes = self.sizes().into_iter();
                let sizes = sizes.flat_map(|digits| self.of_size(BY_PASS, digits));
                sizes.chain(self.whole(DISTORTED)).collect()
            }
            Figure::Mistakes | Figure::Robustness => self.whole(LOWEST),
            Figure::Errors | Figure::Rejection => {
                let compared = COMPARED.iter();
                let compared = compared.flat_map(|&(preset, _)| self.whole(preset));
                compared.chain(self.whole(LOWEST)).collect()
            }
            Figure::Subsampling => {
                let kinds = KINDS.iter();
                kinds.flat_map(|&(kind, _)| self.halved_by(kind)).collect()
            }
        }
    }

    /// The trainings that `figures` need, each once, in the order of their presentations.
    pub fn all_trainings(&self, figures: &[Figure]) -> Vec<Training> {
        let wanted = figures.iter().flat_map(|&figure| self.trainings(figure));
        let by_name: BTreeMap<String, Training> =
            wanted.map(|training| (training.name(), training)).collect();
        let mut trainings: Vec<Training> = by_name.into_values().collect();
        trainings.sort_by_key(Training::presentations);
        trainings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_passes_are_the_papers() {
        let protocol = Protocol::full(60_000, None);
        assert_eq!(protocol.sizes(), [15_000, 30_000, 60_000]);
        let trainings = protocol.trainings(Figure::BySize);
        assert_eq!(trainings.len(), 5 * 4);
        assert!(trainings.iter().all(|training| training.passes == 20));
    }

    #[test]
    fn figures_share_their_trainings() {
        let protocol = Protocol::quick(1000, None);
        let trainings = protocol.all_trainings(&Figure::ALL);
        // Six recipes on everything, one of them on two smaller sets and another with two more kinds of
        // sub-sampling; two seeds.
        assert_eq!(trainings.len(), 2 * (6 + 2 + 2));
        assert_eq!(protocol.all_trainings(&[Figure::Mistakes]).len(), 2);
    }
}
