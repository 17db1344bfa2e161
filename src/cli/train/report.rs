//! The outcome of a training: what it took, the error on the test set, and how to go on.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::training_run::{TrainingRun, count_passes};
use crate::cli::Output;
use crate::cli::eval::{print_ensemble, print_score};
use crate::cli::interrupt::INTERRUPTED;
use crate::cli::output::path_in_json;
use crate::platform::block_on;
use crate::store::write_whole;
use crate::train::{Ended, EnsembleScore, Summary};

/// An error above this is no better than that of a network that always gives one of a few answers.
const GUESSING_PERCENT: f64 = 70.0;

/// The file with the outcome of several seeds, in the folder of their run.
const SEEDS_FILE: &str = "seeds.json";

/// Measures the networks of `run` on the test set and reports what became of them, after `teachers` were trained
/// if any were.
///
/// # Errors
/// If the adapter fails or a file cannot be written.
pub fn report(
    run: &TrainingRun,
    teachers: Option<&Summary>,
    summary: &Summary,
    output: &Output,
) -> Result<ExitCode> {
    report_course(run, summary, output);
    let score = score(run, summary)?;
    output.result("On the test set:");
    print_scores(summary, &score, output);
    if summary.ended == Ended::Completed && score.error_percent.mean > GUESSING_PERCENT {
        output.result(
            "That is hardly better than guessing: the network did not learn. Try a lower --lr or a \
             lower --loss-scale.",
        );
    }
    if run.digits.warnings.iter().any(|warning| warning.harmful) {
        output.result(
            "The digits are not like MNIST's (see the warning before the training): the network is \
             likely to misread other pictures.",
        );
    }
    let mut document = document(run, summary, &score);
    if let Some(teachers) = teachers {
        document["teachers"] = of_teachers(teachers);
    }
    match &run.members[..] {
        [only] => output.note(format!(
            "The network is in {}.",
            only.folder.model().display()
        )),
        _ => {
            let file = run.folder.join(SEEDS_FILE);
            let json = serde_json::to_string_pretty(&document)? + "\n";
            write_whole(&file, json.as_bytes())?;
            output.note(format!(
                "The networks are in {}, their errors in {}.",
                run.folder.display(),
                file.display()
            ));
        }
    }
    output.json(&document);
    Ok(match summary.ended {
        Ended::Completed => ExitCode::SUCCESS,
        Ended::Interrupted => ExitCode::from(INTERRUPTED),
    })
}

/// Reports that `run` was interrupted while its teachers were trained, which `summary` is about.
pub fn report_teachers(run: &TrainingRun, summary: &Summary, output: &Output) -> ExitCode {
    output.result(format!(
        "Interrupted after {} of the teachers; continue with: lenet-gpu train --resume {}",
        count_passes(summary.passes),
        run.folder.display()
    ));
    output.json(&json!({
        "completed": false,
        "passes": 0,
        "teachers": of_teachers(summary),
        "run": path_in_json(&run.folder),
        "adapter": run.compute.describe(),
        "data": run.digits.source,
        "data_warnings": run.digits.warnings,
        "config": run.config(),
    }));
    ExitCode::from(INTERRUPTED)
}

/// What `--json` prints of the training of teachers, which `summary` is about.
fn of_teachers(summary: &Summary) -> Value {
    json!({ "passes": summary.passes, "seconds": summary.seconds })
}

/// How long it took, or how to go on.
fn report_course(run: &TrainingRun, summary: &Summary, output: &Output) {
    match summary.ended {
        Ended::Completed => output.note(format!(
            "{} in {:.1} s of training, {:.0} samples/s.",
            count_passes(summary.passes),
            summary.seconds,
            samples_per_second(summary)
        )),
        Ended::Interrupted => output.result(format!(
            "Interrupted after {}; continue with: lenet-gpu train --resume {}",
            count_passes(summary.passes),
            run.folder.display()
        )),
    }
}

/// The scores of all models on the test set.
fn score(run: &TrainingRun, summary: &Summary) -> Result<EnsembleScore> {
    let test = &run.digits.test;
    let mut penalties = Vec::new();
    for (_, model) in &summary.models {
        let measured = run.compute.penalties(&model.network, &model.arena, test);
        penalties.push(block_on(measured)?);
    }
    Ok(EnsembleScore::of(&penalties, test))
}

/// What `--json` prints.
fn document(run: &TrainingRun, summary: &Summary, score: &EnsembleScore) -> Value {
    let mut document = json!({
        "test_error_percent": score.error_percent.mean,
        "passes": summary.passes,
        "completed": summary.ended == Ended::Completed,
        "seconds": summary.seconds,
        "samples_per_second": samples_per_second(summary),
        "run": path_in_json(&run.folder),
        "adapter": run.compute.describe(),
        "data": run.digits.source,
        "data_warnings": run.digits.warnings,
        "config": run.config(),
    });
    document["test"] = match &score.scores[..] {
        [only] => json!(only),
        _ => json!(score),
    };
    if score.scores.len() > 1 {
        document["test"]["seeds"] = seeds(summary).collect();
    }
    document
}

/// Samples per second, of all networks together.
fn samples_per_second(summary: &Summary) -> f64 {
    match summary.seconds > 0.0 {
        true => summary.samples as f64 / summary.seconds,
        false => 0.0,
    }
}

/// The seeds of the networks, in the order of their scores.
fn seeds(summary: &Summary) -> impl Iterator<Item = u32> {
    summary.models.iter().map(|(seed, _)| *seed)
}

/// The error of a single network, or of several, named after their seeds, and of all together.
fn print_scores(summary: &Summary, score: &EnsembleScore, output: &Output) {
    match &score.scores[..] {
        [only] => print_score(only, output),
        _ => {
            let names = seeds(summary).map(|seed| format!("seed {seed:>3}"));
            print_ensemble(&names.collect::<Vec<_>>(), score, output);
        }
    }
}
