//! The only room with wgpu handles: adapters, kernels, buffers, the step plan.

mod adapter;
mod arenas;
mod device;
mod error;
mod estimate;
mod evaluator;
mod groups;
mod kernel;
pub mod kernels;
mod network;
mod plan;
mod profile;
mod progress;
mod shader;
mod trainer;
mod variant;

pub use adapter::{AdapterChoice, AdapterDescription, first_adapter, list_adapters, or_software};
pub use device::{Device, View};
pub use error::GpuError;
pub use evaluator::Evaluator;
pub use groups::{Batches, GROUP, deinterleave, group_count, interleave};
pub use kernel::Kernel;
pub use plan::{Dispatch, Plan};
pub use shader::{SHADERS, ShaderSource};
pub use trainer::GpuTrainer;
pub use variant::{DenseBlock, Variant};
