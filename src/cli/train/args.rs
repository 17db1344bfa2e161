//! The options of `train`.

use std::path::PathBuf;

use clap::Args;

use super::film::FilmPath;
use super::teachers::TeacherArgs;
use crate::cli::data_args::DataArgs;
use crate::cli::options::NetworkArgs;
use crate::cli::recipe_args::RecipeArgs;
use crate::cli::run_args::RunArgs;
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
        conflicts_with_all = ["out", "RunArgs", "StartArgs", "TeacherArgs", "RecipeArgs", "NetworkArgs", "invert", "transpose", "ink"]
    )]
    pub resume: Option<PathBuf>,
    /// Passes over the training set [default: the recipe's]. With --resume it may be more than the run
    /// was planned for: from there on the rate is that of the longer schedule
    #[arg(long)]
    pub passes: Option<usize>,
    #[command(flatten)]
    pub runs: RunArgs,
    #[command(flatten)]
    pub start: StartArgs,
    #[command(flatten)]
    pub teachers: TeacherArgs,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub recipe: RecipeArgs,
    #[command(flatten, next_help_heading = "Network (defaults are the preset's)")]
    pub network: NetworkArgs,
}

/// The settings of a new run that no other command has.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// Hold out the last N training digits and measure the error on them instead of the test set
    #[arg(long, value_name = "N")]
    pub validation: Option<usize>,
    /// Film the network of the first seed as it learns, into a file that ends in .gif or a folder of PNG
    /// files; on an adapter the training waits for each of the sixty frames
    #[arg(long, value_name = "FILM")]
    pub film: Option<FilmPath>,
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
