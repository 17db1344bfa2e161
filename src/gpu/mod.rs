//! The GPU path, the only module that knows wgpu: adapters, kernels, buffers, plans of dispatches.

mod adapter;
mod answers;
pub(crate) mod arenas;
mod arrival;
mod batch;
mod compiled;
mod device;
mod error;
mod estimate;
mod evaluator;
mod fault;
pub(crate) mod fused;
pub(crate) mod groups;
mod kernel;
pub mod kernels;
mod launch;
mod layers;
mod limits;
pub(crate) mod metrics;
mod network;
mod options;
mod pace;
mod pipelines;
mod plan;
mod preconditioner;
mod profile;
mod progress;
mod rates;
mod readback;
mod shader;
mod state;
mod step;
#[cfg(feature = "strings")]
mod strip;
mod teachers;
mod trainer;
mod variant;

pub use adapter::{
    AdapterChoice, AdapterDescription, AdapterList, Found, Otherwise, list_adapters,
};
pub use compiled::CompiledKernels;
pub use device::{Device, View};
pub use error::{GpuError, GrowsWith};
pub use evaluator::Evaluator;
pub use fused::FusedBlock;
pub use groups::{Batches, GROUP, deinterleave, group_count, interleave};
pub use kernel::Kernel;
pub use kernels::{
    conv::{ConvBlock, ConvTile},
    dense::DenseBlock,
};
pub use options::{DeviceObserver, DeviceOptions};
pub use plan::{Dispatch, Plan};
pub use profile::LaunchTime;
pub use shader::{LaunchFacts, SHADERS, Shader, Translator};
#[cfg(feature = "strings")]
pub use strip::evaluate_strips;
pub use trainer::{GpuTrainer, missing_in_fused_plan};
pub use variant::{StepPlan, Variant, nearest_batch};
