//! A case together with what it is run on, ready to be run.

use super::compare::{Outcome, Tolerance};
use crate::gpu::GpuError;

/// A case together with what it is run on, ready to be run.
pub struct Check<'a> {
    /// The operation or the kind of network case, the problem, and how it is computed.
    pub name: String,
    /// How far off values may be.
    pub tolerance: Tolerance,
    run: Box<dyn Fn() -> Result<Outcome, GpuError> + Send + Sync + 'a>,
}

impl<'a> Check<'a> {
    /// A check that `run` makes.
    pub fn new(
        name: String,
        tolerance: Tolerance,
        run: impl Fn() -> Result<Outcome, GpuError> + Send + Sync + 'a,
    ) -> Self {
        Self {
            name,
            tolerance,
            run: Box::new(run),
        }
    }

    /// Makes the check.
    ///
    /// # Errors
    /// If an adapter fails altogether; a wrong result is an outcome, not an error.
    pub fn run(&self) -> Result<Outcome, GpuError> {
        (self.run)()
    }
}
