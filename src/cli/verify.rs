//! `lenet-gpu verify`.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use super::Output;
use super::options::open;
use crate::gpu::{AdapterChoice, AdapterDescription, Device, or_software};
use crate::train::Compute;
use crate::verify::{Case, Outcome, Tolerance, cases};

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The adapter to check; auto takes a software adapter where there is no GPU
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
    let device = match open(&or_software(&args.adapter), output)? {
        Compute::Gpu(device) => device,
        Compute::Cpu => anyhow::bail!(
            "the CPU path is the reference itself and there is nothing to hold it against; this \
             needs an adapter (`lenet-gpu adapters` lists them)"
        ),
    };
    let mut cases = cases();
    let filter = args.filter.as_deref().unwrap_or_default();
    cases.retain(|case| case.name().contains(filter));
    ensure!(!cases.is_empty(), "no case contains '{filter}'");
    output.note(format!("lenet-gpu {}", env!("CARGO_PKG_VERSION")));
    output.note(format!(
        "{:<62} {:>8} {:>8} {:>9} {:>9}",
        "case", "max abs", "max rel", "tol. abs", "tol. rel"
    ));
    let reports: Vec<CaseReport> = cases
        .iter()
        .map(|case| run_case(case, &device, output))
        .collect();
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
