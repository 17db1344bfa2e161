//! `lenet-gpu sweep`.

mod args;
mod axes;
mod csv_file;
mod document;
mod live;
mod start;
mod table;
mod words;

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::Value;

use super::Output;
use super::interrupt::{INTERRUPTED, stop_on_ctrl_c};
use super::output::path_in_json;
use super::result_files::ensure_writable;
use crate::store::write_whole;
use crate::sweep::{Shard, Standings, SweepFolder, Training};
use crate::train::Ended;

pub use args::SweepArgs;

use csv_file::csv;
use document::document;
use live::Live;
use start::Prepared;
use table::print;
use words::count_of;

pub(super) fn run(args: &SweepArgs, output: &Output) -> Result<ExitCode> {
    if let Some(file) = &args.csv {
        ensure_writable("--csv", file)?;
    }
    if !args.summary.is_empty() {
        return sum_up(args, output);
    }
    let prepared = match &args.resume {
        Some(folder) => start::resume(folder, args, output)?,
        None => start::begin(args, output)?,
    };
    let ended = train(&prepared, args.shard.unwrap_or(Shard::WHOLE), output)?;
    let folder = &prepared.folder;
    let standings = Standings::read(std::slice::from_ref(folder))?;
    print(&standings, output);
    tell_what_is_next(args, folder, ended, &standings, output);
    let mut document = document(&standings);
    document["sweep"] = Value::from(path_in_json(folder.path()));
    document["data"] = Value::from(prepared.digits.source.as_str());
    document["data_warnings"] = serde_json::to_value(&prepared.digits.warnings)?;
    finish(args, &standings, &document, output)?;
    Ok(match ended {
        Ended::Interrupted => ExitCode::from(INTERRUPTED),
        Ended::Completed if standings.only_diverged() => ExitCode::FAILURE,
        Ended::Completed => ExitCode::SUCCESS,
    })
}

/// Trains what is in `shard` to its end, or until Ctrl-C.
fn train(prepared: &Prepared, shard: Shard, output: &Output) -> Result<Ended> {
    let Prepared {
        folder,
        description,
        digits,
        teachers,
        computes,
    } = prepared;
    let plan = &description.plan;
    let stop = stop_on_ctrl_c()?;
    output.note(format!(
        "{}{}, {} each, trained on {} digits ({}) and measured on {} others, in '{}'.",
        count_of("combination", plan.combinations.len()),
        match shard == Shard::WHOLE {
            true => String::new(),
            false => format!(", of which part {shard} is trained"),
        },
        count_of("seed", plan.seeds.len()),
        digits.train.len(),
        digits.source,
        plan.held_out.digits,
        folder.path().display()
    ));
    let live = Live::new(plan, shard, output);
    let training = Training {
        folder,
        description,
        computes,
        train: &digits.train,
        held_out: digits.watched(),
        teachers,
        stop: &stop,
    };
    let ended = training.run(shard, &live);
    live.finish();
    ended
}

/// Says how to go on, or that a part is not the whole.
fn tell_what_is_next(
    args: &SweepArgs,
    folder: &SweepFolder,
    ended: Ended,
    standings: &Standings,
    output: &Output,
) {
    let path = folder.path().display();
    match (ended, args.shard) {
        (Ended::Interrupted, shard) => {
            let shard = shard.map_or(String::new(), |shard| format!(" --shard {shard}"));
            output.result(format!(
                "Interrupted; continue with: lenet-gpu sweep --resume {path}{shard}"
            ));
        }
        (Ended::Completed, Some(shard)) if standings.missing().next().is_some() => {
            output.note(format!(
                "Part {shard} is done. Sum all parts up with: lenet-gpu sweep --summary {path} …"
            ));
        }
        (Ended::Completed, _) => {}
    }
}

/// Prints what is in the folders of `args`.
fn sum_up(args: &SweepArgs, output: &Output) -> Result<ExitCode> {
    let mut folders = Vec::new();
    for path in &args.summary {
        match SweepFolder::all_in(path)? {
            none if none.is_empty() => bail!(
                "there is no sweep in '{}': name its folder, or one that holds the folders of its parts",
                path.display()
            ),
            some => folders.extend(some),
        }
    }
    let standings = Standings::read(&folders)?;
    print(&standings, output);
    let mut document = document(&standings);
    let paths = folders.iter().map(|folder| path_in_json(folder.path()));
    document["sweeps"] = paths.map(Value::from).collect();
    finish(args, &standings, &document, output)?;
    Ok(match standings.only_diverged() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// Writes what is asked for besides the table.
fn finish(
    args: &SweepArgs,
    standings: &Standings,
    document: &Value,
    output: &Output,
) -> Result<()> {
    if let Some(file) = &args.csv {
        write_whole(file, &csv(standings))?;
        output.note(format!("The errors are in {}.", file.display()));
    }
    output.json(document);
    Ok(())
}
