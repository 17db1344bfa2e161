//! The options of `sweep`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::axes::{Case, Vary};
use crate::cli::data_args::DataArgs;
use crate::cli::run_args::{RunArgs, at_least_1};
use crate::cli::settings::GivenSettings;
use crate::gpu::AdapterChoice;
use crate::sweep::Shard;

/// The options, and groups of them, that say what a new sweep is; one that is there has them in its folder.
const DESCRIBING: [&str; 12] = [
    "out",
    "vary",
    "case",
    "validation",
    "teacher",
    "RunArgs",
    "RecipeArgs",
    "NetworkArgs",
    "passes",
    "invert",
    "transpose",
    "ink",
];

/// Options of `sweep`.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    group(ArgGroup::new("what").args(["vary", "case", "resume", "summary"]).required(true).multiple(true))
)]
pub struct SweepArgs {
    /// An option of the recipe or the network below, and the values that it is to have: every one with every
    /// one of the other options named so, as in --vary lr=0.002,0.004 --vary batch=32,64
    #[arg(long, value_name = "OPTION=VALUE,…")]
    pub vary: Vec<Vary>,
    /// Some options with a value each, as in --case "batch=16 lr=0.001", to be compared with the recipe as it
    /// is and with other cases; with --vary, each of these at all its values
    #[arg(long, value_name = "OPTION=VALUE …")]
    pub case: Vec<Case>,
    /// Where to compute: auto (a hardware GPU if there is one, else the CPU), cpu, vulkan, metal,
    /// dx12, gl, or an index or part of a name from `lenet-gpu adapters` (a number is an index if the
    /// list goes that far) [default: auto, or what a resumed sweep was started with]
    #[arg(long, value_name = "ADAPTER")]
    pub adapter: Option<AdapterChoice>,
    /// Folder for the sweep; if the same sweep is in it already, that is continued
    /// [default: sweeps/<time>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Continue the sweep in this folder; --data says where its digits are if they have been moved
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = DESCRIBING
    )]
    pub resume: Option<PathBuf>,
    /// Train only a part of the combinations, such as the third of sixteen parts; every part may have a
    /// folder of its own, or all have the same
    #[arg(long, value_name = "PART/PARTS")]
    pub shard: Option<Shard>,
    /// Train nothing, but sum up the sweeps or parts of a sweep in these folders, or in the folders in them
    #[arg(
        long,
        value_name = "DIR",
        num_args = 1..,
        conflicts_with_all = DESCRIBING,
        conflicts_with_all = ["resume", "adapter", "shard", "data"]
    )]
    pub summary: Vec<PathBuf>,
    /// Write the errors into this file as well, one line per combination and seed; an older file is replaced
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Hold out the last N training digits and measure the error on them; the test set is never looked at
    /// [default: 10000]
    #[arg(long, value_name = "N", value_parser = at_least_1())]
    pub validation: Option<usize>,
    /// Learn from these models instead of the labels, or besides them with a teacher-share below 1: each a
    /// model.safetensors, or the folder of a run, whose seeds are all taken
    #[arg(long, value_name = "MODEL", num_args = 1..)]
    pub teacher: Vec<PathBuf>,
    #[command(flatten)]
    pub runs: RunArgs,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub given: GivenSettings,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        sweep: SweepArgs,
    }

    fn parse(words: &[&str]) -> Result<SweepArgs, String> {
        let words = std::iter::once(&"sweep").chain(words);
        let parsed = Command::try_parse_from(words);
        parsed
            .map(|command| command.sweep)
            .map_err(|error| error.to_string())
    }

    /// Expects that nothing but `kept` goes together with `words`.
    fn expect_nothing_else(words: &[&str], kept: &[&str]) {
        let command = Command::command();
        for option in command.get_opts().filter_map(|option| option.get_long()) {
            let name = format!("--{option}");
            let takes_value = !["invert", "transpose"].contains(&option);
            let more = if takes_value {
                vec![&name[..], "1"]
            } else {
                vec![&name[..]]
            };
            let parsed = parse(&[words, &more].concat());
            let is_kept = kept.contains(&option);
            // Words where a choice is expected are refused before conflicts are looked at.
            let is_refused = parsed.as_ref().is_err_and(|error| {
                ["cannot be used with", "invalid value", "--data <DIR>"]
                    .iter()
                    .any(|part| error.contains(part))
            });
            assert!(is_kept || is_refused, "{name}: {parsed:?}");
        }
    }

    #[test]
    fn resuming_takes_no_recipe() {
        let kept = ["resume", "adapter", "data", "csv"];
        expect_nothing_else(&["--resume", "d"], &kept);
        assert!(parse(&["--resume", "d", "--shard", "1/2", "--adapter", "cpu"]).is_ok());
        for wrong in [["--loss", "mse"], ["--head", "rbf"], ["--vary", "lr=1"]] {
            let error = parse(&[&["--resume", "d"], &wrong[..]].concat()).unwrap_err();
            assert!(error.contains("cannot be used with"), "{error}");
        }
    }

    #[test]
    fn a_summary_takes_folders_and_nothing_else() {
        expect_nothing_else(&["--summary", "d"], &["summary", "csv"]);
        let args = parse(&["--summary", "a", "b", "--csv", "c"]).unwrap();
        assert_eq!(args.summary, ["a", "b"].map(PathBuf::from));
        assert!(parse(&["--summary"]).is_err());
    }

    #[test]
    fn there_has_to_be_something_to_compare() {
        let error = parse(&["--batch", "3"]).unwrap_err();
        assert!(error.contains("--vary"), "{error}");
        assert!(parse(&["--case", "batch=3"]).is_ok());
        let error = parse(&["--vary", "lr=1", "--validation", "0"]).unwrap_err();
        assert!(error.contains("--validation"), "{error}");
        let error = parse(&["--vary", "lr=1", "--shard", "4/3"]).unwrap_err();
        assert!(error.contains("from 1 to 3"), "{error}");
    }
}
