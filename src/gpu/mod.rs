//! The only room with wgpu handles: adapters, kernels, buffers, the step plan.

mod adapter;
mod arenas;
mod device;
mod error;
mod estimate;
mod evaluator;
mod groups;
mod kernel;
mod network;
mod plan;
mod profile;
mod shader;
mod trainer;
mod variant;

pub use adapter::{AdapterChoice, AdapterDescription, list_adapters, or_software, why_no_hardware};
pub use device::{Device, View};
pub use error::GpuError;
pub use evaluator::Evaluator;
pub use groups::{Batches, GROUP, deinterleave, group_count, interleave};
pub use kernel::{Kernel, kernels};
pub use plan::{Dispatch, Plan};
pub use shader::{SHADERS, ShaderSource};
pub use trainer::Trainer;
pub use variant::{DenseBlock, Variant};
