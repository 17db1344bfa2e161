//! `lenet-gpu train`.

mod args;
mod film;
mod first_stage;
mod progress;
mod report;
mod resume;
mod start;
mod teachers;
mod training_run;

use std::process::ExitCode;

use anyhow::Result;

use super::Output;
use super::interrupt::stop_on_ctrl_c;
use crate::train::Ended;

pub use args::TrainArgs;

pub(super) fn run(args: &TrainArgs, output: &Output) -> Result<ExitCode> {
    let mut run = match &args.resume {
        Some(folder) => resume::prepare(folder, args, output)?,
        None => start::prepare(args, output)?,
    };
    let stop = stop_on_ctrl_c()?;
    let teachers = run.train_teachers(&stop, output)?;
    match &teachers {
        Some(summary) if summary.ended == Ended::Interrupted => {
            Ok(report::report_teachers(&run, summary, output))
        }
        _ => {
            let summary = run.train(&stop, output)?;
            report::report(&run, teachers.as_ref(), &summary, output)
        }
    }
}
