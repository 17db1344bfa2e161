//! What is said of every case, and of all of them.

use std::cell::Cell;
use std::path::Path;

use serde::Serialize;

use crate::cli::Output;
use crate::compute::Compute;
use crate::conformance::{Comparison, Finding, Observer, Status, Target};
use crate::cpu::{Level, thread_count};
use crate::gpu::AdapterDescription;
use crate::verify::Check;

#[derive(Serialize)]
struct Report<'a> {
    passed: bool,
    version: &'a str,
    adapter: SubjectReport<'a>,
    target: &'a Target,
    cases: &'a [Finding],
    compared: Option<&'a Comparison>,
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

/// All `findings` on `compute`, and how they compare with earlier ones.
pub fn document<'a>(
    compute: &'a Compute,
    target: &'a Target,
    findings: &'a [Finding],
    compared: Option<&'a Comparison>,
) -> impl Serialize + use<'a> {
    Report {
        passed: findings.iter().all(|finding| finding.status.is_expected()),
        version: &target.version,
        adapter: SubjectReport::of(compute),
        target,
        cases: findings,
        compared,
    }
}

/// Prints cases in columns.
pub struct Lines<'a> {
    /// Of the column of names.
    width: Cell<usize>,
    output: &'a Output,
}

impl<'a> Lines<'a> {
    /// Columns that `output` prints.
    pub fn new(output: &'a Output) -> Self {
        Self {
            width: Cell::default(),
            output,
        }
    }

    fn print_failure(&self, finding: &Finding) {
        let (output, outcome) = (self.output, &finding.report.outcome);
        if let Some(error) = &finding.report.error {
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
}

impl Observer for Lines<'_> {
    /// Prints the titles of the columns.
    fn begins(&self, checks: &[Check<'_>]) {
        /// The width for most runs.
        const USUAL: usize = 62;
        let longest = checks.iter().map(|check| check.name.chars().count()).max();
        let width = longest.unwrap_or(USUAL).max(USUAL);
        self.width.set(width);
        let output = self.output;
        output.note(format!("lenet-gpu {}", env!("CARGO_PKG_VERSION")));
        output.note(format!(
            "{:<width$} {:>8} {:>8} {:>9} {:>9}",
            "case", "max abs", "max rel", "tol. abs", "tol. rel"
        ));
    }

    /// Prints a case; with `--quiet`, if it is not as it should be.
    fn found(&self, finding: &Finding) {
        let (report, output, width) = (&finding.report, self.output, self.width.get());
        let outcome = &report.outcome;
        let line = format!(
            "{:<width$} {:>8.1e} {:>8.1e} {:>9.0e} {:>9.0e}  {}",
            report.name,
            outcome.max_abs,
            outcome.max_rel,
            report.tolerance.absolute,
            report.tolerance.relative,
            finding.status.name(),
        );
        match finding.status {
            Status::Passed => output.note(line),
            Status::KnownFailure => {
                output.note(line);
                output.note(format!(
                    "    {}",
                    finding.known.as_deref().unwrap_or_default()
                ));
            }
            Status::UnexpectedPass => {
                output.result(line);
                output.result("    it is listed as known to fail, but passes: remove the entry");
            }
            Status::Failed => {
                output.result(line);
                self.print_failure(finding);
            }
        }
    }
}

/// Prints what the `findings` on `target` come to.
pub fn print_summary(findings: &[Finding], target: &str, output: &Output) {
    let count = |status| findings.iter().filter(move |f| f.status == status).count();
    let others = [
        (count(Status::KnownFailure), "known to fail"),
        (count(Status::Failed), "failed"),
        (count(Status::UnexpectedPass), "passed unexpectedly"),
    ];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    let others: String = others
        .map(|(count, what)| format!("; {count} {what}"))
        .collect();
    output.result(format!(
        "{} of {} cases passed on {target}{others}",
        count(Status::Passed),
        findings.len(),
    ));
}

/// Prints how many of the `findings` were emitted into `folder`.
pub fn print_emitted(findings: &[Finding], folder: &Path, output: &Output) {
    let emitted = findings.iter().filter(|f| f.reproducer.is_some()).count();
    output.note(match emitted {
        0 => "No case failed, so none was emitted.".to_owned(),
        1 => format!(
            "The case that failed is in a folder in {}.",
            folder.display()
        ),
        _ => format!(
            "The {emitted} cases that failed are in folders in {}.",
            folder.display()
        ),
    });
}
