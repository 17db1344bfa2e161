//! `lenet-gpu eval`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::json;

use super::Output;
use super::data_args::DataArgs;
use super::options::{AdapterArgs, load_model};
use crate::data::{Dataset, Mnist};
use crate::model::{DIGITS, DataRecord};
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

impl Set {
    fn of(self, mnist: &Mnist) -> &Dataset {
        match self {
            Self::Test => &mnist.test,
            Self::Train => &mnist.train,
        }
    }
}

/// What the measured digits are to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Known {
    /// Its own test set.
    Test,
    /// Those it was trained on, or those and more.
    Training,
    /// Others.
    Other,
}

impl Known {
    /// What `set`, of the kind `kind`, is to the network of `record`. One that was measured on its
    /// training digits is asked for nothing else.
    fn of(kind: Set, set: &Dataset, record: &DataRecord) -> Self {
        let is_test = || set.record() == record.test;
        match kind {
            Set::Test if is_test() && record.test != record.train => Self::Test,
            _ if set.begins_with(&record.train) => Self::Training,
            Set::Train if is_test() => Self::Test,
            _ => Self::Other,
        }
    }

    /// Says so where it makes a difference to the error.
    fn print(self, digits: usize, record: &DataRecord, output: &Output) {
        let trained = record.train.digits;
        match self {
            Self::Test => {}
            Self::Training if trained < digits => output.result(format!(
                "The network was trained on the first {trained} of these digits."
            )),
            Self::Training => output.result("The network was trained on these digits."),
            Self::Other => output.note("These are other digits than those of its training."),
        }
    }
}

pub(super) fn run(args: &EvalArgs, output: &Output) -> Result<ExitCode> {
    let model = load_model(args.model.as_deref(), output)?;
    let record = model.trained_on.as_ref();
    let loaded = args.data.load_as_recorded(record, output)?;
    let compute = args.adapter.open(output)?;
    let set = args.set.of(&loaded.mnist);
    let known = record.map(|record| Known::of(args.set, set, record));
    let penalties = block_on(compute.penalties(&model.network, &model.arena, set))?;
    let score = Score::of(&penalties, set);
    print_score(&score, output);
    if let (Some(known), Some(record)) = (known, record) {
        known.print(set.len(), record, output);
    }
    print_confusion(&score, output);
    let mut document = serde_json::to_value(&score)?;
    document["adapter"] = json!(compute.describe());
    document["data"] = json!(loaded.mnist.source);
    document["data_warnings"] = json!(loaded.warnings);
    document["digits_are"] = json!(known);
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
