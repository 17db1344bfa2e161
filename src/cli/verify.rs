//! `lenet-gpu verify`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use super::Output;
use super::options::AdapterArgs;
use crate::gpu::{AdapterDescription, Device};
use crate::train::Compute;
use crate::verify::{Case, Outcome, Tolerance, cases};

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    adapter: AdapterArgs,
    /// Only the cases whose name contains this, for example conv.forward
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    passed: bool,
    version: &'a str,
    adapter: &'a AdapterDescription,
    cases: Vec<CaseReport>,
}

#[derive(Serialize)]
struct CaseReport {
    name: String,
    passed: bool,
    tolerance: Tolerance,
    #[serde(flatten)]
    outcome: Outcome,
    /// What kept the case from running at all.
    error: Option<String>,
}

pub(super) fn run(args: &VerifyArgs, output: &Output) -> Result<ExitCode> {
    let device = match args.adapter.open(output)? {
        Compute::Gpu(device) => device,
        Compute::Cpu => anyhow::bail!(
            "the CPU path is the reference itself and there is nothing to hold it against; name \
             an adapter, for example --adapter vulkan (`lenet-gpu adapters` lists them)"
        ),
    };
    let wanted = |case: &Case| {
        let filter = args.filter.as_deref().unwrap_or_default();
        case.name().contains(filter)
    };
    output.note(format!("lenet-gpu {}", env!("CARGO_PKG_VERSION")));
    output.note(format!(
        "{:<62} {:>8} {:>8} {:>9} {:>9}",
        "case", "max abs", "max rel", "tol. abs", "tol. rel"
    ));
    let reports: Vec<CaseReport> = cases()
        .iter()
        .filter(|case| wanted(case))
        .map(|case| run_case(case, &device, output))
        .collect();
    (!reports.is_empty()).then_some(()).with_context(|| {
        format!(
            "no case contains '{}'",
            args.filter.clone().unwrap_or_default()
        )
    })?;
    let failed = reports.iter().filter(|report| !report.passed).count();
    let passed = failed == 0;
    output.result(format!(
        "{} of {} cases passed on {}",
        reports.len() - failed,
        reports.len(),
        device.description()
    ));
    output.json(&Report {
        passed,
        version: env!("CARGO_PKG_VERSION"),
        adapter: device.description(),
        cases: reports,
    });
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_case(case: &Case, device: &Device, output: &Output) -> CaseReport {
    let (outcome, error) = match case.run(device) {
        Ok(outcome) => (outcome, None),
        Err(error) => (Outcome::default(), Some(error.to_string())),
    };
    let report = CaseReport {
        name: case.name(),
        passed: error.is_none() && outcome.passed(),
        tolerance: case.tolerance(),
        outcome,
        error,
    };
    print_case(&report, output);
    report
}

fn print_case(report: &CaseReport, output: &Output) {
    let outcome = &report.outcome;
    let line = format!(
        "{:<62} {:>8.1e} {:>8.1e} {:>9.0e} {:>9.0e}  {}",
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
