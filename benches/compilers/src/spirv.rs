//! Kernels in SPIR-V, as wgpu hands them to a Vulkan driver.

use anyhow::{Context, Result, anyhow};
use lenet_gpu::gpu::{Kernel, SHADERS};
use naga::back::pipeline_constants::process_overrides;
use naga::back::spv;
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::{AddressSpace, ShaderStage};
use serde::{Deserialize, Serialize};

/// A kernel, ready for a driver's compiler.
#[derive(Serialize, Deserialize)]
pub struct Pipeline {
    /// Shader and entry point, as in `conv.forward`.
    pub name: String,
    /// Name of the entry point.
    pub entry_point: String,
    /// Invocations of a workgroup.
    pub workgroup_size: usize,
    /// The buffers it uses.
    pub bindings: Vec<Binding>,
    /// SPIR-V.
    pub words: Vec<u32>,
}

/// A buffer of a kernel.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Binding {
    /// Its number in the shader.
    pub number: u32,
    /// A uniform, or else a storage buffer.
    pub is_uniform: bool,
}

/// `kernel` with its constants, in SPIR-V.
///
/// # Errors
/// If naga refuses it.
pub fn pipeline(kernel: &Kernel) -> Result<Pipeline> {
    let shader = SHADERS
        .iter()
        .find(|shader| shader.name() == kernel.shader())
        .with_context(|| format!("{} names no shader", kernel.name))?;
    let (module, info) = shader.validated().map_err(|error| anyhow!(error))?;
    let entry_point = kernel.entry_point();
    // wgpu takes only constants that the shader declares.
    let declared = |name: &str| {
        let mut overrides = module.overrides.iter();
        overrides.any(|(_, constant)| constant.name.as_deref() == Some(name))
    };
    let constants = kernel.constants.iter();
    let constants = constants
        .filter(|(name, _)| declared(name))
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect();
    let entry = (ShaderStage::Compute, entry_point);
    let (module, info) = process_overrides(&module, &info, Some(entry), &constants)?;
    let index = module
        .entry_points
        .iter()
        .position(|entry| entry.name == entry_point)
        .with_context(|| format!("{} has no entry point {entry_point}", shader.name()))?;
    let usage = info.get_entry_point(index);
    let used = module
        .global_variables
        .iter()
        .filter(|(variable, _)| !usage[*variable].is_empty());
    let bindings = used.filter_map(|(_, variable)| {
        Some(Binding {
            number: variable.binding.as_ref()?.binding,
            is_uniform: variable.space == AddressSpace::Uniform,
        })
    });
    let writer = spv::PipelineOptions {
        shader_stage: ShaderStage::Compute,
        entry_point: entry_point.to_owned(),
    };
    Ok(Pipeline {
        name: kernel.name.to_owned(),
        entry_point: entry_point.to_owned(),
        workgroup_size: module.entry_points[index].workgroup_size[0] as usize,
        bindings: bindings.collect(),
        words: spv::write_vec(&module, &info, &trusted_options(), Some(&writer))?,
    })
}

/// What wgpu 30 asks of naga for a trusted module without bounded loops and bounds checks, on a
/// driver with Vulkan 1.3.
fn trusted_options() -> spv::Options<'static> {
    let unchecked = BoundsCheckPolicy::Unchecked;
    spv::Options {
        lang_version: (1, 6),
        flags: spv::WriterFlags::empty(),
        bounds_check_policies: BoundsCheckPolicies {
            index: unchecked,
            buffer: unchecked,
            image_load: unchecked,
            binding_array: unchecked,
        },
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::Native,
        force_loop_bounding: false,
        ..spv::Options::default()
    }
}
