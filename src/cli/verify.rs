//! `lenet-gpu verify`.

use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use clap::Args;
use serde::Serialize;

use super::Output;
use super::options::open_found;
use crate::compute::Compute;
use crate::cpu::{Level, thread_count};
use crate::gpu::{AdapterChoice, AdapterDescription, DeviceOptions, Found, Otherwise};
use crate::platform::block_on;
use crate::verify::{CaseReport, Check, adapter_checks, cpu_checks};

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The adapter to check, or cpu for the CPU path; auto takes a software adapter where there is
    /// no GPU
    #[arg(long, default_value = "auto", value_name = "ADAPTER")]
    adapter: AdapterChoice,
    /// Only the cases whose name contains this, for example conv.forward
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    passed: bool,
    version: &'a str,
    adapter: SubjectReport<'a>,
    cases: Vec<CaseReport>,
}

/// What was checked.
#[derive(Serialize)]
#[serde(untagged)]
enum SubjectReport<'a> {
    Adapter(&'a AdapterDescription),
    Processor {
        name: String,
        backend: &'static str,
        threads: usize,
        /// The instruction sets whose copies of the operations were checked.
        instruction_sets: Vec<&'static str>,
    },
}

impl<'a> SubjectReport<'a> {
    fn of(compute: &'a Compute) -> Self {
        match compute {
            Compute::Gpu(device) => Self::Adapter(device.description()),
            Compute::Cpu => Self::Processor {
                name: compute.name(),
                backend: compute.backend(),
                threads: thread_count(),
                instruction_sets: Level::available().into_iter().map(Level::name).collect(),
            },
        }
    }
}

pub(super) fn run(args: &VerifyArgs, output: &Output) -> Result<ExitCode> {
    let found = block_on(Found::of(&args.adapter, Otherwise::Software))?;
    if args.adapter == AdapterChoice::Auto && found.adapter().is_none() {
        bail!(
            "this machine offers no adapter that can be checked (`lenet-gpu adapters` lists what \
             there is); --adapter cpu checks the CPU path"
        );
    }
    // What is verified is what this program makes the driver compile, here and now.
    let compute = open_found(found, DeviceOptions::default(), output)?;
    let mut checks = match &compute {
        Compute::Gpu(device) => adapter_checks(device),
        Compute::Cpu => cpu_checks(),
    };
    let filter = args.filter.as_deref().unwrap_or_default();
    checks.retain(|check| check.name.contains(filter));
    ensure!(!checks.is_empty(), "no case contains '{filter}'");
    output.note(format!("lenet-gpu {}", env!("CARGO_PKG_VERSION")));
    let width = column_width(&checks);
    output.note(format!(
        "{:<width$} {:>8} {:>8} {:>9} {:>9}",
        "case", "max abs", "max rel", "tol. abs", "tol. rel"
    ));
    let reports: Vec<CaseReport> = checks
        .iter()
        .map(|check| run_check(check, width, output))
        .collect();
    let failed = reports.iter().filter(|report| !report.passed).count();
    let passed = failed == 0;
    output.result(format!(
        "{} of {} cases passed on {}",
        reports.len() - failed,
        reports.len(),
        compute.describe()
    ));
    output.json(&Report {
        passed,
        version: env!("CARGO_PKG_VERSION"),
        adapter: SubjectReport::of(&compute),
        cases: reports,
    });
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The width of the column of names: that of most runs, or of the longest name.
fn column_width(checks: &[Check]) -> usize {
    const USUAL: usize = 62;
    let longest = checks.iter().map(|check| check.name.chars().count()).max();
    longest.unwrap_or(USUAL).max(USUAL)
}

fn run_check(check: &Check, width: usize, output: &Output) -> CaseReport {
    let report = check.report(block_on(check.run()));
    print_case(&report, width, output);
    report
}

fn print_case(report: &CaseReport, width: usize, output: &Output) {
    let outcome = &report.outcome;
    let line = format!(
        "{:<width$} {:>8.1e} {:>8.1e} {:>9.0e} {:>9.0e}  {}",
        report.name,
        outcome.max_abs,
        outcome.max_rel,
        report.tolerance.absolute,
        report.tolerance.relative,
        if report.passed { "ok" } else { "FAILED" },
    );
    if report.passed {
        output.note(line);
        return;
    }
    output.result(line);
    if let Some(error) = &report.error {
        output.result(format!("    {error}"));
    }
    for buffer in &outcome.overwritten {
        output.result(format!("    wrote {buffer}"));
    }
    if outcome.off > 0 {
        output.result(format!(
            "    {} of {} values are off:",
            outcome.off, outcome.compared
        ));
    }
    for mismatch in &outcome.mismatches {
        output.result(format!(
            "    {}{}: computed {}, expected {}",
            mismatch.buffer, mismatch.index, mismatch.computed, mismatch.expected
        ));
    }
}
