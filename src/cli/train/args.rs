//! The options of `train`.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::film::FilmPath;
use super::recipe_args::RecipeArgs;
use crate::cli::data_args::DataArgs;
use crate::cli::options::NetworkArgs;
use crate::cli::plan::PlanChoice;
use crate::gpu::AdapterChoice;

/// Options of `train`.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub struct TrainArgs {
    /// Where to compute: auto (a hardware GPU if there is one, else the CPU), cpu, vulkan, metal,
    /// dx12, gl, or an index or part of a name from `lenet-gpu adapters` (a number is an index if the
    /// list goes that far) [default: auto, or what a resumed run was started with]
    #[arg(long, value_name = "ADAPTER")]
    pub adapter: Option<AdapterChoice>,
    /// Folder for the run, which must be empty or not exist yet [default: runs/<time>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Continue the run in this folder from its last checkpoint; --data says where its digits are if
    /// they have been moved
    // clap leaves the group of a struct empty if that flattens another: so none of these holds another.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["out", "StartArgs", "RecipeArgs", "NetworkArgs", "invert", "transpose", "ink"]
    )]
    pub resume: Option<PathBuf>,
    /// Passes over the training set [default: the recipe's]. With --resume it may be more than the run
    /// was planned for: from there on the rate is that of the longer schedule
    #[arg(long)]
    pub passes: Option<usize>,
    #[command(flatten)]
    pub start: StartArgs,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub recipe: RecipeArgs,
    #[command(flatten, next_help_heading = "Network (defaults are the preset's)")]
    pub network: NetworkArgs,
}

/// The settings of a new run besides its recipe.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// Seed of the initial weights and of the order of the digits [default: 0]
    #[arg(long)]
    pub seed: Option<u32>,
    /// Train N networks side by side, with seeds from --seed on, each in a folder of its own
    /// within that of the run, and report the spread of their errors and the error of all together
    /// [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub seeds: Option<u32>,
    /// Hold out the last N training digits and measure the error on them instead of the test set
    #[arg(long, value_name = "N")]
    pub validation: Option<usize>,
    /// Train on the first N digits only
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// The kernels of a training step on an adapter; recorded with the run [default: auto]
    #[arg(long, value_enum, value_name = "PLAN")]
    pub plan: Option<PlanChoice>,
    /// Film the network of the first seed as it learns, into a file that ends in .gif or a folder of PNG
    /// files; on an adapter the training waits for each of the sixty frames
    #[arg(long, value_name = "FILM")]
    pub film: Option<FilmPath>,
    /// Passes between checkpoints; there is always one after the last [default: 1]
    #[arg(long, value_name = "N")]
    pub checkpoint_every: Option<usize>,
}

impl StartArgs {
    /// The seeds to be trained.
    ///
    /// # Errors
    /// If they go beyond the largest seed.
    pub fn seeds(&self) -> Result<Range<u32>> {
        let (first, count) = (self.seed.unwrap_or(0), self.seeds.unwrap_or(1));
        let end = first.checked_add(count).with_context(|| {
            format!(
                "--seed {first} leaves no room for {count} seeds: the largest is {}",
                u32::MAX
            )
        })?;
        Ok(first..end)
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        train: TrainArgs,
    }

    #[test]
    fn resuming_takes_no_recipe() {
        let command = Command::command();
        let kept = ["adapter", "data", "passes", "resume", "help"];
        let others = command
            .get_opts()
            .filter(|option| !kept.contains(&option.get_id().as_str()));
        for option in others {
            let name = format!("--{}", option.get_long().expect("all options are long"));
            let words = match option.get_action().takes_values() {
                true => vec!["train", "--resume", "r", "--data", "d", &name, "1"],
                false => vec!["train", "--resume", "r", "--data", "d", &name],
            };
            let refusal = Command::try_parse_from(words)
                .err()
                .expect(&name)
                .to_string();
            let conflict = refusal.contains("cannot be used with");
            // Words where a choice is expected are refused before conflicts are looked at.
            assert!(
                conflict || refusal.contains("possible values"),
                "{name}: {refusal}"
            );
        }
        assert!(Command::try_parse_from(["train", "--resume", "r", "--batch", "3"]).is_err());
        assert!(Command::try_parse_from(["train", "--resume", "r", "--head", "rbf"]).is_err());
        for kept in [["--adapter", "cpu"], ["--passes", "9"], ["--data", "d"]] {
            let words = ["train", "--resume", "r"].into_iter().chain(kept);
            assert!(Command::try_parse_from(words).is_ok(), "{kept:?}");
        }
    }
}
