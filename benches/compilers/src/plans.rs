//! The launches of a training step, from the program's own plans.

use anyhow::{Context, Result};
use lenet_gpu::bench::{
    MULTIPLY_ADD_FLOPS, Workload, dispatch_bytes, dispatch_multiply_adds, training_multiply_adds,
};
use lenet_gpu::block_on;
use lenet_gpu::data::{Dataset, IMAGE_PIXELS, Mnist};
use lenet_gpu::gpu::{AdapterChoice, Device, Dispatch, GpuTrainer, Kernel, Variant};
use lenet_gpu::train::Preset;

use crate::spirv::{Pipeline, pipeline};

/// As many digits as MNIST has: sizes in the kernels follow from it. What the digits are does not
/// matter.
const DIGITS: usize = 60_000;

/// A step of the default recipe.
pub struct StepPlan {
    /// The plan, and the variant of its kernels.
    pub name: &'static str,
    /// Whether GPUs train by it; otherwise it is there to compare with.
    pub is_for_gpus: bool,
    /// What it launches, in order.
    pub launches: Vec<Launch>,
}

/// A launch of a step.
pub struct Launch {
    /// The layer that it computes, or its place in the step.
    pub section: &'static str,
    /// The kernel, its constants and its grid.
    pub kernel: Kernel,
    /// The kernel in SPIR-V.
    pub pipeline: Pipeline,
    /// Floating-point operations of the layer for the whole batch; 0 where none is computed.
    pub flops: f64,
    /// Their share of the step's, from 0 to 1.
    pub share: f64,
    /// Bytes that it moves if it touches everything bound to it once.
    pub bytes: u64,
}

impl Launch {
    /// Invocations, of all models.
    pub fn invocations(&self) -> usize {
        self.kernel.invocations * self.kernel.models
    }

    /// Workgroups, of all models.
    pub fn workgroups(&self) -> usize {
        let of_a_model = self
            .kernel
            .invocations
            .div_ceil(self.pipeline.workgroup_size);
        of_a_model * self.kernel.models
    }
}

/// The plans that the program can train by, for updates of `batch` samples.
///
/// # Errors
/// If `batch` is no batch size, or there is no Vulkan adapter. A software adapter will do: plans are
/// the same on all adapters, and none is run.
pub fn plans(batch: usize) -> Result<Vec<StepPlan>> {
    let choice: AdapterChoice = "vulkan".parse().map_err(anyhow::Error::msg)?;
    let device = block_on(Device::open(&choice))?.context("a Vulkan adapter is needed")?;
    let digits = blank_digits()?;
    let workload = Workload::new(&digits, Preset::Default, batch, 1, 0)?;
    let by = |name, variant, is_for_gpus| {
        let launches = launches(&device.with_variant(variant), &workload)?;
        Ok(StepPlan {
            name,
            is_for_gpus,
            launches,
        })
    };
    [
        by(
            "fused plan",
            Variant::HARDWARE.by_plan(lenet_gpu::gpu::StepPlan::Fused),
            true,
        ),
        by(
            "layered plan for GPUs",
            Variant::HARDWARE.by_plan(lenet_gpu::gpu::StepPlan::Layered),
            true,
        ),
        by(
            "layered plan for software adapters",
            Variant::SOFTWARE,
            false,
        ),
    ]
    .into_iter()
    .collect()
}

/// What `device` launches in a step of `workload`.
fn launches(device: &Device, workload: &Workload) -> Result<Vec<Launch>> {
    let trainer = GpuTrainer::new(device, &workload.single_task())?;
    let dispatches = trainer.plan().dispatches().iter();
    dispatches
        .map(|dispatch| launch(dispatch, workload))
        .collect()
}

fn launch(dispatch: &Dispatch, workload: &Workload) -> Result<Launch> {
    let (network, batch) = (&workload.network, workload.recipe.batch);
    let multiply_adds = dispatch_multiply_adds(network, dispatch).unwrap_or(0);
    Ok(Launch {
        section: dispatch.section(),
        kernel: dispatch.kernel().clone(),
        pipeline: pipeline(dispatch.kernel())?,
        flops: MULTIPLY_ADD_FLOPS * (multiply_adds * batch) as f64,
        share: multiply_adds as f64 / training_multiply_adds(network) as f64,
        bytes: dispatch_bytes(dispatch, batch),
    })
}

fn blank_digits() -> Result<Mnist> {
    let blank = |count| Dataset::new(vec![0; count * IMAGE_PIXELS], vec![0; count]);
    Ok(Mnist {
        train: blank(DIGITS)?,
        test: blank(1)?,
        source: "blank".to_owned(),
    })
}
