//! `lenet-gpu eval`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::Output;
use super::options::{AdapterArgs, DataArgs, load_model};
use crate::model::DIGITS;
use crate::platform::block_on;
use crate::train::Score;

/// Options of `eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// A model.safetensors or the folder of a run; the newest under runs/ if left out
    model: Option<PathBuf>,
    #[command(flatten)]
    adapter: AdapterArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Which digits to measure on
    #[arg(long, default_value = "test")]
    set: Set,
}

/// Part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Set {
    Test,
    Train,
}

pub(super) fn run(args: &EvalArgs, output: &Output) -> Result<ExitCode> {
    let model = load_model(args.model.as_deref(), output)?;
    let data = args.data.load()?;
    let compute = args.adapter.open(output)?;
    let set = match args.set {
        Set::Test => &data.test,
        Set::Train => &data.train,
    };
    let penalties = block_on(compute.penalties(&model.network, &model.arena, set))?;
    let score = Score::of(&penalties, set);
    print_score(&score, output);
    print_confusion(&score, output);
    let mut document = serde_json::to_value(&score)?;
    document["adapter"] = json!(compute.describe());
    document["data"] = json!(data.source);
    output.json(&document);
    Ok(ExitCode::SUCCESS)
}

/// Error, count and interval in one line.
pub(super) fn print_score(score: &Score, output: &Output) {
    let [low, high] = score.interval_percent;
    output.result(format!(
        "Error {:.2} %: {} of {} wrong (95 % interval {low:.2} to {high:.2} %).",
        score.error_percent, score.errors, score.count
    ));
}

fn print_confusion(score: &Score, output: &Output) {
    output.result("Answers (columns) by true digit (rows):");
    let header: String = (0..DIGITS).map(|digit| format!("{digit:>6}")).collect();
    output.result(format!("   {header}"));
    for (digit, row) in score.confusion.iter().enumerate() {
        let cells: String = row
            .iter()
            .map(|&count| {
                if count == 0 {
                    format!("{:>6}", ".")
                } else {
                    format!("{count:>6}")
                }
            })
            .collect();
        output.result(format!("{digit:>3}{cells}"));
    }
}
