//! The options that make a recipe.

use anyhow::{Result, ensure};
use clap::Args;

use crate::cli::options::NetworkArgs;
use crate::model::{Coefficients, Decay, Head, Initialisation, LossKind, Optimiser, Recipe};
use crate::train::Preset;

/// The recipe: a preset, and the values that replace its own.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recipe (defaults are the preset's)")]
pub struct RecipeArgs {
    /// A named recipe [default: default]
    #[arg(long, value_name = "NAME")]
    recipe: Option<Preset>,
    /// Distort each training digit anew in every pass: bound of the random part of the linear map
    #[arg(long, value_name = "SHARE")]
    distort: Option<f32>,
    /// The same by a random shift: its bound, in pixels
    #[arg(long, value_name = "PIXELS")]
    shift: Option<f32>,
    /// The same by a random rotation: its bound
    #[arg(long, value_name = "DEGREES")]
    rotate: Option<f32>,
    /// The same by random scalings of x and of y, independent of each other: their bound
    #[arg(long, value_name = "SHARE")]
    scale: Option<f32>,
    /// The same by a random horizontal shear: its bound
    #[arg(long, value_name = "SHARE")]
    shear: Option<f32>,
    /// The same by random elastic displacements: their standard deviation, in pixels
    #[arg(long, value_name = "PIXELS")]
    elastic: Option<f32>,
    /// Smoothness of the elastic displacements: the standard deviation of a Gaussian, in pixels
    #[arg(long, value_name = "PIXELS")]
    smoothness: Option<f32>,
    /// Instead of distorting anew, make N distorted copies of each digit that stay the same in every
    /// pass; a pass shows as many pictures, originals and copies, as there are digits. 0 to distort
    /// anew
    #[arg(long, value_name = "N")]
    fixed_copies: Option<usize>,
    /// Samples per update
    #[arg(long)]
    batch: Option<usize>,
    /// Highest learning rate
    #[arg(long)]
    lr: Option<f32>,
    /// Share of all updates during which the rate climbs from 0
    #[arg(long)]
    warmup: Option<f32>,
    /// Course of the rate after that
    #[arg(long)]
    decay: Option<Decay>,
    /// Update rule
    #[arg(long, alias = "optimizer")]
    optimiser: Option<Optimiser>,
    /// Momentum of SGD and SDLM, or Adam's beta 1
    #[arg(long)]
    momentum: Option<f32>,
    /// Adam's beta 2
    #[arg(long)]
    beta2: Option<f32>,
    /// SDLM's mu, added to the second derivatives that the rate is divided by
    #[arg(long)]
    damping: Option<f32>,
    /// Digits on which SDLM estimates the second derivatives before each pass
    #[arg(long, value_name = "N")]
    estimate: Option<usize>,
    /// Multiply the gradients of convolutions and dense layers by the inverses of their inputs' second
    /// moments, damped by D: 0.001 for hardly to 1000000 for very much, 1 in the recipe one-pass; 0 for gradients
    /// as they are
    #[arg(long, value_name = "D")]
    precondition: Option<f32>,
    /// Decoupled weight decay
    #[arg(long)]
    weight_decay: Option<f32>,
    /// Keep a running average of the weights with this decay and use it as the model; 0 for none
    #[arg(long)]
    average: Option<f32>,
    /// Share of the teachers in what a digit should be taken for; its label has the rest
    #[arg(long, value_name = "SHARE")]
    teacher_share: Option<f32>,
    /// Train on fields with digits among their neighbours, as in strings, and on what is between digits: N fields
    /// with each digit in the middle; 0 for the digits alone
    #[arg(long, value_name = "N")]
    string_fields: Option<usize>,
    /// Bound of the uniform initial weights: 2.4/F as in the paper, or √(3/F), where F is the fan-in
    #[arg(long)]
    init: Option<Initialisation>,
    /// Factor on that bound
    #[arg(long)]
    gain: Option<f32>,
    /// Initial values of the coefficients of sub-sampling
    #[arg(long)]
    coefficients: Option<Coefficients>,
    /// What is minimised with the RBF head: eq. 9 (map) or eq. 8 (mse) of the paper
    #[arg(long)]
    loss: Option<LossKind>,
    /// Factor on the distances in the loss (s)
    #[arg(long)]
    loss_scale: Option<f32>,
    /// Penalty of the rubbish class in eq. 9 (j)
    #[arg(long)]
    rubbish: Option<f32>,
}

impl RecipeArgs {
    /// The named recipe.
    pub fn preset(&self) -> Preset {
        self.recipe.unwrap_or_default()
    }

    /// The share of the teachers that was asked for.
    pub fn teacher_share(&self) -> Option<f32> {
        self.teacher_share
    }

    /// The preset, with the values given instead of its own.
    pub fn recipe(&self, network: &NetworkArgs, passes: Option<usize>) -> Result<Recipe> {
        let mut recipe = self.preset().recipe();
        recipe.choices = network.apply(recipe.choices);
        self.apply_loss(&mut recipe)?;
        let replace = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        replace(&mut recipe.rate, self.lr);
        replace(&mut recipe.warmup, self.warmup);
        replace(&mut recipe.momentum, self.momentum);
        replace(&mut recipe.beta2, self.beta2);
        replace(&mut recipe.damping, self.damping);
        replace(&mut recipe.preconditioning, self.precondition);
        replace(&mut recipe.weight_decay, self.weight_decay);
        replace(&mut recipe.average, self.average);
        replace(&mut recipe.gain, self.gain);
        replace(&mut recipe.teacher_share, self.teacher_share);
        let distortion = &mut recipe.distortion;
        replace(&mut distortion.linear, self.distort);
        replace(&mut distortion.shift, self.shift);
        replace(&mut distortion.rotation, self.rotate);
        replace(&mut distortion.scale, self.scale);
        replace(&mut distortion.shear, self.shear);
        replace(&mut distortion.elastic, self.elastic);
        replace(&mut distortion.smoothness, self.smoothness);
        distortion.fixed_copies = self.fixed_copies.unwrap_or(distortion.fixed_copies);
        recipe.string_fields = self.string_fields.unwrap_or(recipe.string_fields);
        recipe.passes = passes.unwrap_or(recipe.passes);
        recipe.batch = self.batch.unwrap_or(recipe.batch);
        recipe.estimate_samples = self.estimate.unwrap_or(recipe.estimate_samples);
        recipe.decay = self.decay.unwrap_or(recipe.decay);
        recipe.optimiser = self.optimiser.unwrap_or(recipe.optimiser);
        recipe.initialisation = self.init.unwrap_or(recipe.initialisation);
        recipe.coefficients = self.coefficients.unwrap_or(recipe.coefficients);
        recipe.check()?;
        Ok(recipe)
    }

    fn apply_loss(&self, recipe: &mut Recipe) -> Result<()> {
        if recipe.choices.head == Head::Softmax {
            ensure!(
                self.loss.is_none() && self.loss_scale.is_none() && self.rubbish.is_none(),
                "the softmax head is trained with the cross-entropy; --loss, --loss-scale and \
                 --rubbish belong to --head rbf"
            );
            recipe.loss = Preset::Deck.recipe().loss;
            return Ok(());
        }
        if self.recipe == Some(Preset::Deck) {
            // The deck's network, but with the paper's head.
            recipe.loss = Preset::Default.recipe().loss;
        }
        recipe.loss.kind = self.loss.unwrap_or(recipe.loss.kind);
        recipe.loss.scale = self.loss_scale.unwrap_or(recipe.loss.scale);
        recipe.loss.rubbish = self.rubbish.unwrap_or(recipe.loss.rubbish);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::cli::errors::explain;
    use crate::model::Distortion;

    #[derive(Parser)]
    #[command(allow_negative_numbers = true)]
    struct Command {
        #[command(flatten)]
        recipe: RecipeArgs,
        #[command(flatten)]
        network: NetworkArgs,
        #[arg(long)]
        passes: Option<usize>,
    }

    fn recipe(arguments: &str) -> Result<Recipe> {
        let words = std::iter::once("train").chain(arguments.split_whitespace());
        let Command {
            recipe,
            network,
            passes,
        } = Command::try_parse_from(words)?;
        recipe.recipe(&network, passes)
    }

    #[test]
    fn options_replace_what_the_preset_says() {
        let recipe = recipe("--recipe sgd --batch 7 --c3 full --loss mse").unwrap();
        assert_eq!(recipe.batch, 7);
        assert_eq!(recipe.rate, Preset::Sgd.recipe().rate);
        assert_eq!(recipe.loss.kind, LossKind::Mse);
    }

    #[test]
    fn options_replace_the_parts_of_a_distortion() {
        let recipe = recipe("--recipe best --rotate 5 --elastic 0.3 --fixed-copies 2").unwrap();
        let expected = Distortion {
            rotation: 5.0,
            elastic: 0.3,
            fixed_copies: 2,
            ..Preset::Best.recipe().distortion
        };
        assert_eq!(recipe.distortion, expected);
    }

    #[test]
    fn every_preset_makes_sense() {
        for preset in Preset::ALL {
            assert_eq!(preset.recipe().check(), Ok(()), "{preset:?}");
        }
    }

    #[test]
    fn the_softmax_head_brings_its_own_loss() {
        assert_eq!(recipe("--head softmax").unwrap().loss.scale, 1.0);
        assert!(recipe("--head softmax --loss map").is_err());
        assert_eq!(recipe("--recipe deck --head rbf").unwrap().loss.scale, 0.05);
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        for bad in [
            "--lr -1",
            "--lr nan",
            "--momentum 1",
            "--batch 0",
            "--batch 4096",
            "--rubbish 0",
            "--damping 0",
            "--estimate 0",
            "--estimate 5000",
            "--rotate 91",
            "--scale 1",
            "--shear -0.1",
            "--elastic nan",
            "--smoothness 0.5",
            "--fixed-copies 100",
            "--fixed-copies 3 --recipe plain",
        ] {
            let error = explain(&recipe(bad).unwrap_err());
            let option = bad.split(' ').next().unwrap();
            assert!(error.starts_with(option), "{bad}: {error}");
        }
    }

    /// What stands where a number is expected.
    const NUMBERS: [&str; 17] = [
        "0",
        "-0",
        "1",
        "-1",
        "0.5",
        "1e-45",
        "1e-38",
        "1e38",
        "1e308",
        "-1e308",
        "1e999",
        "nan",
        "inf",
        "2049",
        "4294967296",
        "18446744073709551615",
        "18446744073709551616",
    ];

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 500,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_numbers_make_a_recipe_that_makes_sense_or_are_refused_by_name(
            given in proptest::collection::vec((any::<Index>(), select(&NUMBERS[..])), 1..5),
        ) {
            let command = Command::command();
            let options = command.get_opts().filter_map(|option| option.get_long());
            let options: Vec<&str> = options.collect();
            let given = given.iter().map(|(option, number)| (option.get(&options), number));
            let line = given.map(|(option, number)| format!("--{option} {number}"));
            let line = line.collect::<Vec<String>>().join(" ");
            match recipe(&line) {
                Ok(recipe) => prop_assert_eq!(recipe.check(), Ok(())),
                Err(error) => {
                    let message = explain(&error);
                    let is_named = |option: &&str| message.contains(&format!("--{option}"));
                    prop_assert!(options.iter().any(is_named), "{line}: {message}");
                }
            }
        }
    }

    #[test]
    fn presets_have_the_same_names_here_as_in_the_library() {
        use clap::ValueEnum;
        assert_eq!(Preset::value_variants(), Preset::ALL);
        for preset in Preset::ALL {
            assert_eq!(Preset::from_str(preset.name(), false), Ok(preset));
        }
    }
}
