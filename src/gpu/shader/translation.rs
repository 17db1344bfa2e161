//! Shaders in the languages that drivers read, as wgpu asks naga for the program's own: without checks,
//! and without clearing workgroup memory.

use std::collections::HashMap;

use naga::back::pipeline_constants::process_overrides;
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::ModuleInfo;
use naga::{Module, ShaderStage};

use crate::gpu::Kernel;

const UNCHECKED: BoundsCheckPolicies = BoundsCheckPolicies {
    index: BoundsCheckPolicy::Unchecked,
    buffer: BoundsCheckPolicy::Unchecked,
    image_load: BoundsCheckPolicy::Unchecked,
    binding_array: BoundsCheckPolicy::Unchecked,
};

/// A kernel with its constants in place, ready to be said in another language.
pub struct Translator {
    module: Module,
    info: ModuleInfo,
    entry_point: String,
}

impl Translator {
    /// The translator of `kernel`, whose shader `validated` is, as [`Shader::validated`] returns it.
    ///
    /// # Errors
    /// Naga's message, if the constants do not fit the shader.
    ///
    /// [`Shader::validated`]: super::Shader::validated
    pub fn new((module, info): &(Module, ModuleInfo), kernel: &Kernel) -> Result<Self, String> {
        let set: HashMap<&str, f64> = kernel.constants.iter().copied().collect();
        let declared = module
            .overrides
            .iter()
            .filter_map(|(_, constant)| constant.name.as_deref());
        let constants = declared
            .filter_map(|name| Some((name.to_owned(), *set.get(name)?)))
            .collect();
        let entry_point = kernel.entry_point();
        let entry = (ShaderStage::Compute, entry_point);
        let (module, info) = process_overrides(module, info, Some(entry), &constants)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            module: module.into_owned(),
            info: info.into_owned(),
            entry_point: entry_point.to_owned(),
        })
    }

    /// The words of SPIR-V 1.0, with names for debuggers. Groups and bindings have the numbers that they
    /// have in WGSL.
    ///
    /// # Errors
    /// Naga's reason why there is none.
    pub fn spirv(&self) -> Result<Vec<u32>, String> {
        let options = spv::Options {
            flags: spv::WriterFlags::DEBUG,
            bounds_check_policies: UNCHECKED,
            zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
            force_loop_bounding: false,
            ..spv::Options::default()
        };
        let pipeline = spv::PipelineOptions {
            shader_stage: ShaderStage::Compute,
            entry_point: self.entry_point.clone(),
        };
        spv::write_vec(&self.module, &self.info, &options, Some(&pipeline))
            .map_err(|error| error.to_string())
    }

    /// Metal's language, in a version that macOS has had since 10.15.
    ///
    /// # Errors
    /// Naga's reason why there is none.
    pub fn msl(&self) -> Result<String, String> {
        let options = msl::Options {
            lang_version: (2, 2),
            bounds_check_policies: UNCHECKED,
            zero_initialize_workgroup_memory: false,
            force_loop_bounding: false,
            ..msl::Options::default()
        };
        let pipeline = msl::PipelineOptions {
            entry_point: Some(self.entry()),
            ..msl::PipelineOptions::default()
        };
        let (text, translation) = msl::write_string(&self.module, &self.info, &options, &pipeline)
            .map_err(|error| error.to_string())?;
        expect_names(translation.entry_point_names)?;
        Ok(text)
    }

    /// DirectX's language, for FXC (shader model 5.1) or DXC (6.0 and later).
    ///
    /// # Errors
    /// Naga's reason why there is none.
    pub fn hlsl(&self, shader_model: hlsl::ShaderModel) -> Result<String, String> {
        let options = hlsl::Options {
            shader_model,
            zero_initialize_workgroup_memory: false,
            restrict_indexing: false,
            force_loop_bounding: false,
            ..hlsl::Options::default()
        };
        let pipeline = hlsl::PipelineOptions {
            entry_point: Some(self.entry()),
        };
        let mut text = String::new();
        let translation = hlsl::Writer::new(&mut text, &options, &pipeline)
            .write(&self.module, &self.info, None)
            .map_err(|error| error.to_string())?;
        expect_names(translation.entry_point_names)?;
        Ok(text)
    }

    fn entry(&self) -> (ShaderStage, String) {
        (ShaderStage::Compute, self.entry_point.clone())
    }
}

/// The first reason why an entry point was left out, if one was.
fn expect_names<E: ToString>(names: Vec<Result<String, E>>) -> Result<(), String> {
    let left_out = names.into_iter().find_map(Result::err);
    left_out.map_or(Ok(()), |reason| Err(reason.to_string()))
}
