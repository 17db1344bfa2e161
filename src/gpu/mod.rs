//! The GPU path, the only module that knows wgpu: adapters, kernels, buffers, plans of dispatches.

mod adapter;
mod answers;
mod arenas;
mod arrival;
mod batch;
mod device;
mod error;
mod estimate;
mod evaluator;
mod fault;
mod groups;
mod kernel;
pub mod kernels;
mod launch;
mod layers;
mod metrics;
mod network;
mod pace;
mod plan;
mod profile;
mod progress;
mod shader;
mod state;
mod step;
mod trainer;
mod variant;

pub use adapter::{AdapterChoice, AdapterDescription, first_adapter, list_adapters, or_software};
pub use device::{Device, View};
pub use error::GpuError;
pub use evaluator::Evaluator;
pub use groups::{Batches, GROUP, deinterleave, group_count, interleave};
pub use kernel::Kernel;
pub use kernels::{
    conv::{ConvBlock, ConvTile},
    dense::DenseBlock,
};
pub use plan::{Dispatch, Plan};
pub use shader::{SHADERS, Shader};
pub use trainer::GpuTrainer;
pub use variant::Variant;
