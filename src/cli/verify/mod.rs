//! `lenet-gpu verify`.

mod compare;
mod opened;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use super::Output;
use super::options::open_found;
use super::result_files::ensure_new;
use crate::compute::Compute;
use crate::conformance::{Comparison, Finding, KnownFailures, Record, Survey, Target, table};
use crate::gpu::{AdapterChoice, DeviceOptions, Found, Otherwise};
use crate::platform::block_on;
use opened::Opened;
use report::{Lines, print_emitted, print_summary};

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The adapter to check, or cpu for the CPU path; auto takes a software adapter where there is
    /// no GPU
    #[arg(long, default_value = "auto", value_name = "ADAPTER")]
    adapter: AdapterChoice,
    /// Only the cases whose name contains this, for example conv.forward
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    filter: String,
    /// Write every case into a new file before and after it is run, a JSON document a line, so that a
    /// crash leaves its name
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Keep the result in a new file, for --compare
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Compare with what --save kept; of two files, compare the second with the first, and run nothing
    #[arg(long, value_name = "FILE", num_args = 1..=2)]
    compare: Vec<PathBuf>,
    /// Make a folder in this new folder for every case that fails, to be attached to a report: shader,
    /// inputs, what was expected and what came out
    #[arg(long, value_name = "DIR")]
    emit: Option<PathBuf>,
    /// A list of cases that are known to fail, in JSON, instead of the program's own
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Print a table of what --save kept, in Markdown, and run nothing
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = ["adapter", "filter", "log", "save", "compare", "emit", "known"],
    )]
    table: Vec<PathBuf>,
}

pub(super) fn run(args: &VerifyArgs, output: &Output) -> Result<ExitCode> {
    if !args.table.is_empty() {
        return print_table(&args.table, output);
    }
    match &args.compare[..] {
        [before, after] => compare_files(args, [before, after], output),
        earlier => verify(args, earlier.first().map(PathBuf::as_path), output),
    }
}

/// Runs the cases and, if there is an `earlier` result, compares with that.
fn verify(args: &VerifyArgs, earlier: Option<&Path>, output: &Output) -> Result<ExitCode> {
    // What cannot be used is found before anything is run.
    let earlier = earlier.map(Record::load).transpose()?;
    let known = known_failures(args)?;
    if let Some(path) = &args.save {
        ensure_new("--save", path)?;
    }
    let mut opened = Opened::new(open(args, output)?, output);
    let target = Target::of(opened.compute());
    let survey = Survey {
        target: &target,
        filter: &args.filter,
        known: &known,
        log: args.log.as_deref(),
        emit: args.emit.as_deref(),
        observer: &Lines::new(output),
    };
    let findings = survey.run(&mut opened)?;
    print_summary(&findings, &opened.compute().describe(), output);
    if let Some(folder) = &args.emit {
        print_emitted(&findings, folder, output);
    }
    let record = Record::new(target, &args.filter, &findings);
    if let Some(path) = &args.save {
        record.save(path)?;
    }
    let comparison = earlier.map(|earlier| {
        let comparison = Comparison::of(&earlier, &record)?;
        compare::print(&comparison, [&earlier, &record], output);
        anyhow::Ok(comparison)
    });
    let comparison = comparison.transpose()?;
    output.json(&report::document(
        opened.compute(),
        &record.target,
        &findings,
        comparison.as_ref(),
    ));
    let is_worse = comparison.is_some_and(|comparison| comparison.is_worse());
    let passed = findings.iter().all(is_expected) && !is_worse;
    Ok(code(passed))
}

fn is_expected(finding: &Finding) -> bool {
    finding.status.is_expected()
}

fn code(passed: bool) -> ExitCode {
    match passed {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Opens the adapter that is asked for.
fn open(args: &VerifyArgs, output: &Output) -> Result<Compute> {
    let found = block_on(Found::of(&args.adapter, Otherwise::Software))?;
    if args.adapter == AdapterChoice::Auto && found.adapter().is_none() {
        bail!(
            "this machine offers no adapter that can be checked (`lenet-gpu adapters` lists what \
             there is); --adapter cpu checks the CPU path"
        );
    }
    // What is verified is what this program makes the driver compile, here and now.
    open_found(found, DeviceOptions::default(), output)
}

fn known_failures(args: &VerifyArgs) -> Result<KnownFailures> {
    match &args.known {
        None => Ok(KnownFailures::built_in()),
        Some(path) => {
            let known = KnownFailures::load(path);
            known.with_context(|| format!("--known is '{}', which cannot be used", path.display()))
        }
    }
}

/// Compares two files. Options that are about a run are refused.
fn compare_files(
    args: &VerifyArgs,
    [before, after]: [&PathBuf; 2],
    output: &Output,
) -> Result<ExitCode> {
    let without_run = args.log.is_none()
        && args.save.is_none()
        && args.emit.is_none()
        && args.known.is_none()
        && args.filter.is_empty();
    ensure!(
        without_run,
        "--compare of two files runs nothing: leave out --log, --save, --emit, --known and --filter, or \
         name one file"
    );
    let records = [Record::load(before)?, Record::load(after)?];
    let comparison = Comparison::of(&records[0], &records[1])?;
    compare::print(&comparison, [&records[0], &records[1]], output);
    output.json(&compare::document(&comparison, [&records[0], &records[1]]));
    Ok(code(!comparison.is_worse()))
}

/// Prints the table of the results in `files`, whose names are links from `docs/adapters.md`.
fn print_table(files: &[PathBuf], output: &Output) -> Result<ExitCode> {
    let mut records = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        records.push((format!("adapters/{name}"), Record::load(file)?));
    }
    let rows = records.iter().map(|(link, record)| (&**link, record));
    output.result(table(rows).trim_end());
    output.json(&records.iter().map(|(_, record)| record).collect::<Vec<_>>());
    Ok(ExitCode::SUCCESS)
}
