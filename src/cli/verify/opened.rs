//! What is checked, opened.

use anyhow::{Result, ensure};

use crate::cli::Output;
use crate::cli::options::open_found;
use crate::compute::Compute;
use crate::conformance::Rig;
use crate::gpu::{AdapterChoice, DeviceOptions, Found, Otherwise};
use crate::platform::block_on;
use crate::verify::{Check, adapter_checks, cpu_checks};

/// An adapter or the CPU path.
pub struct Opened<'a> {
    compute: Compute,
    output: &'a Output,
}

impl<'a> Opened<'a> {
    /// What `compute` is; that it is opened anew is said to `output`.
    pub fn new(compute: Compute, output: &'a Output) -> Self {
        Self { compute, output }
    }

    /// What was opened.
    pub fn compute(&self) -> &Compute {
        &self.compute
    }
}

impl Rig for Opened<'_> {
    fn checks(&self) -> Vec<Check<'_>> {
        match &self.compute {
            Compute::Gpu(device) => adapter_checks(device),
            Compute::Cpu => cpu_checks(),
        }
    }

    fn reopen(&mut self) -> Result<()> {
        let Compute::Gpu(device) = &self.compute else {
            return Ok(());
        };
        let lost = device.description().clone();
        let choice = AdapterChoice::Index(lost.index);
        let found = block_on(Found::of(&choice, Otherwise::Software))?;
        ensure!(
            found.adapter() == Some(&lost),
            "in its place there is another adapter now"
        );
        self.compute = open_found(found, DeviceOptions::default(), self.output)?;
        Ok(())
    }
}
