//! A case together with what it is run on, ready to be run.

use std::sync::Arc;

use serde::Serialize;

use super::adapter::KernelCase;
use super::compare::{Outcome, Tolerance};
use super::networks::{NetworkCase, Subject};
use super::tensor::{Inputs, Tensor};
use crate::gpu::{Device, GpuError, Kernel};
use crate::model::Recipe;

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
    Operation(Box<dyn Operation + Send + Sync + 'a>),
}

/// An operation on a problem.
trait Operation {
    fn problem(&self) -> &dyn Inputs;
    fn run(&self) -> Result<Outcome, GpuError>;
}

/// The operation that `run` is.
struct OnProblem<P, F> {
    problem: Arc<P>,
    run: F,
}

impl<P: Inputs, F: Fn(&P) -> Outcome> Operation for OnProblem<P, F> {
    fn problem(&self) -> &dyn Inputs {
        &*self.problem
    }

    fn run(&self) -> Result<Outcome, GpuError> {
        Ok((self.run)(&self.problem))
    }
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

    /// The check that `run` makes of an operation of the CPU path or of the reference on `problem`.
    pub(super) fn of_operation<P: Inputs + Send + Sync + 'a>(
        name: String,
        tolerance: Tolerance,
        problem: Arc<P>,
        run: impl Fn(&P) -> Outcome + Send + Sync + 'a,
    ) -> Self {
        Self {
            name,
            tolerance,
            work: Work::Operation(Box::new(OnProblem { problem, run })),
        }
    }

    /// A check that ends as `result` says.
    #[cfg(test)]
    pub(crate) fn ending(name: &str, result: Result<Outcome, GpuError>) -> Self {
        Self {
            name: name.to_owned(),
            tolerance: Tolerance::EXACT,
            work: Work::Operation(Box::new(tests::Ending(result))),
        }
    }

    /// What the case is given: the buffers of a kernel as they are bound, the quantities of an
    /// operation's problem, or what the training of a network starts from.
    pub fn inputs(&self) -> Vec<Tensor> {
        match &self.work {
            Work::Kernel(case, _) => case.inputs(),
            Work::Network(case, _) => case.inputs(),
            Work::Operation(operation) => operation.problem().tensors(),
        }
    }

    /// The kernel that it launches, if it is a kernel's case.
    pub fn kernel(&self) -> Option<&Kernel> {
        match &self.work {
            Work::Kernel(case, _) => Some(case.kernel()),
            Work::Network(..) | Work::Operation(_) => None,
        }
    }

    /// The recipe that it trains by, if it is a network's case.
    pub fn recipe(&self) -> Option<&Recipe> {
        match &self.work {
            Work::Network(case, _) => Some(case.recipe()),
            Work::Kernel(..) | Work::Operation(_) => None,
        }
    }

    /// The report on what [`Check::run`] returned.
    pub fn report(&self, result: Result<Outcome, GpuError>) -> CaseReport {
        let (outcome, error) = match result {
            Ok(outcome) => (outcome.summary(), None),
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
            Work::Operation(operation) => operation.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An operation that ends as it is told.
    pub struct Ending(pub Result<Outcome, GpuError>);

    impl Operation for Ending {
        fn problem(&self) -> &dyn Inputs {
            self
        }

        fn run(&self) -> Result<Outcome, GpuError> {
            self.0.clone()
        }
    }

    impl Inputs for Ending {
        fn tensors(&self) -> Vec<Tensor> {
            Vec::new()
        }
    }

    #[test]
    fn a_report_keeps_no_values() {
        let mut outcome = Outcome::default();
        outcome.compare("output", String::new, 1.0, 1.0, &Tolerance::EXACT);
        let check = Check::ending("a case", Ok(outcome.clone()));
        let report = check.report(Ok(outcome));
        assert!(report.passed);
        assert_eq!(
            (report.outcome.compared, report.outcome.values.len()),
            (1, 0)
        );
    }
}
