//! `lenet-gpu train`.

mod args;
mod film;
mod progress;
mod report;
mod resume;
mod start;
mod training_run;

use std::process::ExitCode;

use anyhow::Result;

use super::Output;

pub use args::TrainArgs;

pub(super) fn run(args: &TrainArgs, output: &Output) -> Result<ExitCode> {
    let run = match &args.resume {
        Some(folder) => resume::prepare(folder, args, output)?,
        None => start::prepare(args, output)?,
    };
    let summary = run.train(output)?;
    report::report(&run, &summary, output)
}
