//! `lenet-gpu eval`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use super::Output;
use super::answers::answers_csv;
use super::data_args::DataArgs;
use super::options::{AdapterArgs, NamedModel, ensemble_of, load_models};
use super::output::path_in_json;
use super::result_files::ensure_new;
use crate::compute::Compute;
use crate::data::{Dataset, Mnist};
use crate::model::{DIGITS, DataRecord, Model};
use crate::platform::block_on;
use crate::store::write_new;
use crate::train::{EnsembleScore, Score};

/// Options of `eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// A model.safetensors or the folder of a run; the newest under runs/ if left out. Several, or the
    /// folder of a run of several seeds, are measured one by one and together, as an ensemble
    #[arg(value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    adapter: AdapterArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Which digits to measure on
    #[arg(long, default_value = "test")]
    set: Set,
    /// Write the answer to each digit, with its distances, into a new file, as CSV; of one model
    #[arg(long, value_name = "CSV")]
    answers: Option<PathBuf>,
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
pub(super) enum Known {
    /// Its own test set.
    Test,
    /// Those it was trained on, or those and more.
    Training,
    /// Others.
    Other,
}

impl Known {
    /// What `set` is to the network of `record`.
    fn of(set: &Dataset, record: &DataRecord) -> Self {
        if set.begins_with(&record.train) {
            Self::Training
        } else if set.record() == record.test {
            Self::Test
        } else {
            Self::Other
        }
    }

    /// Says so of the network called `name`, where it makes a difference to the error.
    fn print(self, name: &str, digits: usize, record: &DataRecord, output: &Output) {
        let trained = record.train.digits;
        match self {
            Self::Test => {}
            Self::Training if trained < digits => output.result(format!(
                "{name} was trained on the first {trained} of these digits."
            )),
            Self::Training => output.result(format!("{name} was trained on these digits.")),
            Self::Other => output.note(format!("{name} was trained on other digits than these.")),
        }
    }
}

pub(super) fn run(args: &EvalArgs, output: &Output) -> Result<ExitCode> {
    if let Some(file) = &args.answers {
        ensure_new("--answers", file)?;
    }
    let named = load_models(&args.models, output)?;
    ensure!(
        args.answers.is_none() || named.len() == 1,
        "--answers takes one model, and there are {}: name one of them",
        named.len()
    );
    let record = common_record(&named)?;
    let loaded = args.data.load_as_recorded(record, output)?;
    let compute = args.adapter.open(output)?;
    let set = args.set.of(&loaded.mnist);
    let mut document = match &named[..] {
        [only] => measure_one(&only.model, &compute, set, args, output)?,
        _ => measure_several(named, &compute, set, output)?,
    };
    document["adapter"] = json!(compute.describe());
    document["data"] = json!(loaded.mnist.source);
    document["data_warnings"] = json!(loaded.warnings);
    output.json(&document);
    Ok(ExitCode::SUCCESS)
}

/// What the first of `models` that says so was trained on.
///
/// # Errors
/// If they want pixels to be read in different ways.
fn common_record(models: &[NamedModel]) -> Result<Option<&DataRecord>> {
    let mut records = models.iter().filter_map(|named| {
        let record = named.model.trained_on.as_ref()?;
        Some((named, record))
    });
    let Some((first, record)) = records.next() else {
        return Ok(None);
    };
    match records.find(|(_, other)| other.conversion != record.conversion) {
        Some((other, _)) => bail!(
            "'{}' was trained on digits that were read in another way than those of '{}' (--invert, \
             --transpose, --ink): measure them one by one",
            other.file.display(),
            first.file.display()
        ),
        None => Ok(Some(record)),
    }
}

/// Measures `model` on `set`: the document that `--json` prints.
fn measure_one(
    model: &Model,
    compute: &Compute,
    set: &Dataset,
    args: &EvalArgs,
    output: &Output,
) -> Result<Value> {
    let penalties = block_on(compute.penalties(&model.network, &model.arena, set))?;
    if let Some(file) = &args.answers {
        write_new(file, &answers_csv(&penalties, set))?;
        output.note(format!("The answers are in {}.", file.display()));
    }
    let score = Score::of(&penalties, set);
    print_score(&score, output);
    let known = say_what_digits_are(model, "The network", set, output);
    print_confusion(&score, output);
    let mut document = serde_json::to_value(&score)?;
    document["digits_are"] = json!(known);
    document["answers"] = json!(args.answers.as_deref().map(path_in_json));
    Ok(document)
}

/// The same of several models, one by one and as an ensemble.
fn measure_several(
    named: Vec<NamedModel>,
    compute: &Compute,
    set: &Dataset,
    output: &Output,
) -> Result<Value> {
    let (files, ensemble) = ensemble_of(named)?;
    let mut penalties = Vec::new();
    for model in ensemble.models() {
        penalties.push(block_on(compute.penalties(
            &model.network,
            &model.arena,
            set,
        ))?);
    }
    let score = EnsembleScore::of(&penalties, set);
    let names: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    print_ensemble(&names, &score, output);
    let known = names
        .iter()
        .zip(ensemble.models())
        .map(|(name, model)| say_what_digits_are(model, name, set, output));
    let known: Vec<Option<Known>> = known.collect();
    print_confusion(&score.ensemble, output);
    let mut document = serde_json::to_value(&score)?;
    document["models"] = files.iter().map(|file| path_in_json(file)).collect();
    document["digits_are"] = json!(known);
    Ok(document)
}

/// Says what the digits of `set` are to `model`, called `name`, where that makes a difference.
pub(super) fn say_what_digits_are(
    model: &Model,
    name: &str,
    set: &Dataset,
    output: &Output,
) -> Option<Known> {
    let record = model.trained_on.as_ref()?;
    let known = Known::of(set, record);
    known.print(name, set.len(), record, output);
    Some(known)
}

/// Error, count and interval in one line.
pub(super) fn print_score(score: &Score, output: &Output) {
    let [low, high] = score.interval_percent;
    output.result(format!(
        "Error {:.2} %: {} of {} wrong (95 % interval {low:.2} to {high:.2} %).",
        score.error_percent, score.errors, score.count
    ));
}

/// The error of each of several networks, which have `names`, and of all together.
pub(super) fn print_ensemble(names: &[String], score: &EnsembleScore, output: &Output) {
    for (name, score) in names.iter().zip(&score.scores) {
        let (error, errors) = (score.error_percent, score.errors);
        output.result(format!("{name}  error {error:.2} %, {errors} wrong"));
    }
    let (errors, together) = (score.error_percent, &score.ensemble);
    output.result(format!(
        "Mean {:.2} % with a standard deviation of {:.2}. All together, as an ensemble: {:.2} %, {} \
         of {} wrong.",
        errors.mean,
        errors.deviation.unwrap_or_default(),
        together.error_percent,
        together.errors,
        together.count
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
