//! Families of GPUs, each compiled for in a process of its own: `RADV_FORCE_FAMILY` decides once per
//! process what it sees, and hides the adapter that plans are made on.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::radv::{ImaginaryGpu, Statistics};
use crate::spirv::Pipeline;

/// The argument by which this program is told to be such a process.
pub const WORKER: &str = "compile-from-standard-input";

/// A family of GPUs.
#[derive(Clone, Copy, Serialize)]
pub struct Family {
    /// As RADV calls it.
    pub name: &'static str,
    /// Its generation.
    pub generation: &'static str,
    /// Whether kernels have to keep within the budget there. On GCN they do not: its SIMD units have
    /// 256 vector registers for each of up to ten waves, so that eight waves leave 32 each.
    pub has_budget: bool,
}

/// The families that kernels are compiled for.
pub const FAMILIES: [Family; 3] = [
    Family {
        name: "navi21",
        generation: "RDNA2",
        has_budget: true,
    },
    Family {
        name: "gfx1100",
        generation: "RDNA3",
        has_budget: true,
    },
    Family {
        name: "polaris10",
        generation: "GCN 4",
        has_budget: false,
    },
];

/// What the compiler for a family made of a list of kernels.
#[derive(Serialize, Deserialize)]
pub struct Compiled {
    /// The GPU, as the driver names it.
    pub gpu: String,
    /// The driver's version.
    pub driver: String,
    /// Of each kernel, in order.
    pub statistics: Vec<Statistics>,
}

impl Family {
    /// Compiles `pipelines` for this family.
    ///
    /// # Errors
    /// If Mesa's RADV is not installed, does not know the family, or refuses a kernel.
    pub fn compile(self, pipelines: &[&Pipeline]) -> Result<Compiled> {
        let mut worker = Command::new(std::env::current_exe()?)
            .arg(WORKER)
            .env("RADV_FORCE_FAMILY", self.name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = worker.stdin.take().context("the worker has no input")?;
        input.write_all(&serde_json::to_vec(pipelines)?)?;
        // The worker reads until the end.
        drop(input);
        let output = worker.wait_with_output()?;
        ensure!(output.status.success(), "{}: {}", self.name, output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// Compiles the kernels on standard input, and says on standard output what became of them.
///
/// # Errors
/// As [`Family::compile`].
pub fn work() -> Result<()> {
    let pipelines: Vec<Pipeline> = serde_json::from_reader(io::stdin())?;
    let gpu = ImaginaryGpu::open()?;
    let compiled = pipelines.iter().map(|pipeline| {
        let compiled = gpu.compile(pipeline);
        compiled.with_context(|| pipeline.name.clone())
    });
    let compiled = Compiled {
        gpu: gpu.name.clone(),
        driver: gpu.driver.clone(),
        statistics: compiled.collect::<Result<_>>()?,
    };
    serde_json::to_writer(io::stdout(), &compiled)?;
    Ok(())
}
