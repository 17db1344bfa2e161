//! The outcome of a training: what it took, the error on the test set, and how to go on.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::training_run::{TrainingRun, count_passes};
use crate::cli::Output;
use crate::cli::eval::print_score;
use crate::cli::interrupt::INTERRUPTED;
use crate::cli::output::path_in_json;
use crate::platform::block_on;
use crate::store::write_whole;
use crate::train::{Ended, SeedsScore, Summary};

/// An error above this is no better than that of a network that always gives one of a few answers.
const GUESSING_PERCENT: f64 = 70.0;

/// The file with the outcome of several seeds, in the folder of their run.
const SEEDS_FILE: &str = "seeds.json";

/// Measures the networks of `run` on the test set and reports what became of them.
///
/// # Errors
/// If the adapter fails or a file cannot be written.
pub fn report(run: &TrainingRun, summary: &Summary, output: &Output) -> Result<ExitCode> {
    report_course(run, summary, output);
    let score = score(run, summary)?;
    output.result("On the test set:");
    print_scores(&score, output);
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
    let document = document(run, summary, &score);
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
fn score(run: &TrainingRun, summary: &Summary) -> Result<SeedsScore> {
    let test = &run.digits.test;
    let mut penalties = Vec::new();
    for (_, model) in &summary.models {
        let measured = run.compute.penalties(&model.network, &model.arena, test);
        penalties.push(block_on(measured)?);
    }
    let seeds = summary.models.iter().map(|(seed, _)| *seed).collect();
    Ok(SeedsScore::of(seeds, &penalties, test))
}

/// What `--json` prints.
fn document(run: &TrainingRun, summary: &Summary, score: &SeedsScore) -> Value {
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
    document
}

/// Samples per second, of all networks together.
fn samples_per_second(summary: &Summary) -> f64 {
    match summary.seconds > 0.0 {
        true => summary.samples as f64 / summary.seconds,
        false => 0.0,
    }
}

/// The error of a single network; or of each seed, their mean and deviation, and the ensemble's.
fn print_scores(score: &SeedsScore, output: &Output) {
    if let [only] = &score.scores[..] {
        return print_score(only, output);
    }
    for (seed, score) in score.seeds.iter().zip(&score.scores) {
        let (error, errors) = (score.error_percent, score.errors);
        output.result(format!(
            "seed {seed:>3}  error {error:.2} %, {errors} wrong"
        ));
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
