//! A case together with what it is run on, ready to be run.

use serde::Serialize;

use super::adapter::KernelCase;
use super::compare::{Outcome, Tolerance};
use super::networks::{NetworkCase, Subject};
use crate::gpu::{Device, GpuError};

/// What came of a check, as `verify --json` and a page report it.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// The check's name.
    pub name: String,
    /// Whether it was run, and all is as it should be.
    pub passed: bool,
    /// How far off values might be.
    pub tolerance: Tolerance,
    /// How far off they were.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What kept the case from running at all.
    pub error: Option<String>,
}

/// A case together with what it is run on, ready to be run.
pub struct Check<'a> {
    /// The operation or the kind of network case, the problem, and how it is computed.
    pub name: String,
    /// How far off values may be.
    pub tolerance: Tolerance,
    work: Work<'a>,
}

/// What a check runs, and on what.
enum Work<'a> {
    Kernel(KernelCase, &'a Device),
    Network(NetworkCase, Subject<'a>),
    /// On the processor.
    Operation(Box<dyn Fn() -> Outcome + Send + Sync + 'a>),
}

impl<'a> Check<'a> {
    /// The check of a kernel on `device`.
    pub fn of_kernel(case: KernelCase, device: &'a Device) -> Self {
        Self {
            name: case.name(),
            tolerance: case.tolerance(),
            work: Work::Kernel(case, device),
        }
    }

    /// The check of a network, or of several models of it, on `subject`.
    pub fn of_network(case: NetworkCase, subject: Subject<'a>) -> Self {
        let name = match subject {
            Subject::Adapter(_) => case.name(),
            Subject::Cpu(level) => format!("{}, {}", case.name(), level.name()),
        };
        Self {
            name,
            tolerance: case.tolerance(),
            work: Work::Network(case, subject),
        }
    }

    /// The check that `run` makes of an operation of the CPU path or of the reference.
    pub(super) fn of_operation(
        name: String,
        tolerance: Tolerance,
        run: impl Fn() -> Outcome + Send + Sync + 'a,
    ) -> Self {
        Self {
            name,
            tolerance,
            work: Work::Operation(Box::new(run)),
        }
    }

    /// The report on what [`Check::run`] returned.
    pub fn report(&self, result: Result<Outcome, GpuError>) -> CaseReport {
        let (outcome, error) = match result {
            Ok(outcome) => (outcome, None),
            Err(error) => (Outcome::default(), Some(error.to_string())),
        };
        CaseReport {
            name: self.name.clone(),
            passed: error.is_none() && outcome.passed(),
            tolerance: self.tolerance,
            outcome,
            error,
        }
    }

    /// Makes the check.
    ///
    /// # Errors
    /// If an adapter fails altogether; a wrong result is an outcome, not an error.
    pub async fn run(&self) -> Result<Outcome, GpuError> {
        match &self.work {
            Work::Kernel(case, device) => case.run(device).await,
            Work::Network(case, subject) => case.run(*subject).await,
            Work::Operation(run) => Ok(run()),
        }
    }
}
