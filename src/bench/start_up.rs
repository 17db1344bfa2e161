//! How long it takes to open an adapter and to make the first update on it.

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use super::workload::Workload;
use crate::compute::Compute;
use crate::data::Mnist;
use crate::gpu::{AdapterChoice, StepPlan};
use crate::platform::block_on;
use crate::store::open_tuned;
use crate::trainer::Trainer;

/// The time before the first result, within this process: a driver that listing the adapters has
/// already loaded, or shaders that the driver keeps on disk, cost nothing here.
#[derive(Clone, Debug, Serialize)]
pub struct StartUp {
    /// Name of the adapter, or CPU.
    pub adapter: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: &'static str,
    /// The plan of a training step on an adapter.
    pub plan: Option<StepPlan>,
    /// Seconds to find and open the adapter.
    pub start_up_seconds: f64,
    /// Seconds from then to the end of the first update of the default recipe: uploading digits
    /// and weights, compiling kernels, one step.
    pub first_step_seconds: f64,
}

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The adapter, or the CPU path.
    pub choice: AdapterChoice,
    /// The plan that an adapter trains by; its own if none is given.
    pub plan: Option<StepPlan>,
}

/// Opens what is wanted and makes one update on it.
///
/// # Errors
/// If it cannot be opened or fails.
pub fn start_up(wanted: &Wanted, data: &Mnist, seed: u32) -> Result<(Compute, StartUp)> {
    let opening = Instant::now();
    let mut compute = open_tuned(&wanted.choice)?;
    if let Some(plan) = wanted.plan {
        compute = compute.by_plan(plan);
    }
    let start_up_seconds = opening.elapsed().as_secs_f64();
    let workload = Workload::first_step(data, seed)?;
    let stepping = Instant::now();
    let mut trainer = compute.trainer(&workload.single_task())?;
    block_on(trainer.run(1, |_| ControlFlow::Continue(())))?;
    let first_step_seconds = stepping.elapsed().as_secs_f64();
    drop(trainer);
    let start = StartUp {
        adapter: compute.name(),
        backend: compute.backend(),
        plan: compute.plan_at(workload.recipe.batch),
        start_up_seconds,
        first_step_seconds,
    };
    Ok((compute, start))
}
