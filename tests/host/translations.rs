//! The shaders as Metal and DirectX get them: naga's MSL and HLSL of every kernel that the harness
//! runs, with its constants, as wgpu asks for them. No adapter is needed, and no compiler of either
//! language: what is found is what naga cannot say in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lenet_gpu::gpu::{Kernel, SHADERS};
use lenet_gpu::verify::{TWINS, kernel_cases};
use naga::back::pipeline_constants::process_overrides;
use naga::back::{hlsl, msl};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::ModuleInfo;
use naga::{Module, ShaderStage};

/// The shaders, parsed and validated, by name.
type Modules = BTreeMap<&'static str, (Module, ModuleInfo)>;

fn modules() -> Modules {
    let validated = SHADERS.iter().map(|shader| {
        let validated = shader.validated().unwrap_or_else(|error| panic!("{error}"));
        (shader.name(), validated)
    });
    validated.collect()
}

/// The different kernels of the harness, which has a case for every kernel, and for every way of
/// dividing its work that a plan may choose.
fn kernels() -> Vec<Kernel> {
    let mut seen = BTreeSet::new();
    let kernels = kernel_cases().into_iter().map(|case| case.kernel().clone());
    let kernels: Vec<Kernel> = kernels
        .filter(|kernel| seen.insert(format!("{} {:?}", kernel.name, kernel.constants)))
        .collect();
    for (shader, entry_point) in TWINS {
        let name = format!("{shader}.{entry_point}");
        assert!(kernels.iter().any(|kernel| kernel.name == name), "{name}");
    }
    kernels
}

/// The module of `kernel` with its constants in place, as wgpu makes it before it translates it.
fn specialised(modules: &Modules, kernel: &Kernel) -> Result<(Module, ModuleInfo), String> {
    let (module, info) = &modules[kernel.shader()];
    let declared: HashMap<&str, f64> = kernel.constants.iter().copied().collect();
    let names = module
        .overrides
        .iter()
        .filter_map(|(_, constant)| constant.name.as_deref());
    let constants = names
        .filter_map(|name| Some((name.to_owned(), *declared.get(name)?)))
        .collect();
    let entry = (ShaderStage::Compute, kernel.entry_point());
    let (module, info) = process_overrides(module, info, Some(entry), &constants)
        .map_err(|error| error.to_string())?;
    Ok((module.into_owned(), info.into_owned()))
}

/// Text in another language, or naga's reason why there is none.
type Translation = Result<String, String>;

/// A module with one entry point, that of a kernel.
struct Translator<'a> {
    module: &'a Module,
    info: &'a ModuleInfo,
    entry_point: (ShaderStage, String),
}

impl Translator<'_> {
    /// Metal's language, in a version that macOS has had since 10.15.
    fn msl(&self) -> Translation {
        let unchecked = BoundsCheckPolicy::Unchecked;
        let options = msl::Options {
            lang_version: (2, 2),
            bounds_check_policies: BoundsCheckPolicies {
                index: unchecked,
                buffer: unchecked,
                image_load: unchecked,
                binding_array: unchecked,
            },
            force_loop_bounding: false,
            ..msl::Options::default()
        };
        let pipeline = msl::PipelineOptions {
            entry_point: Some(self.entry_point.clone()),
            ..msl::PipelineOptions::default()
        };
        let (text, translation) = msl::write_string(self.module, self.info, &options, &pipeline)
            .map_err(|error| error.to_string())?;
        expect_names(translation.entry_point_names)?;
        Ok(text)
    }

    /// DirectX's language, for FXC (shader model 5.1) or DXC (6.0 and later).
    fn hlsl(&self, shader_model: hlsl::ShaderModel) -> Translation {
        let options = hlsl::Options {
            shader_model,
            restrict_indexing: false,
            force_loop_bounding: false,
            ..hlsl::Options::default()
        };
        let pipeline = hlsl::PipelineOptions {
            entry_point: Some(self.entry_point.clone()),
        };
        let mut text = String::new();
        let translation = hlsl::Writer::new(&mut text, &options, &pipeline)
            .write(self.module, self.info, None)
            .map_err(|error| error.to_string())?;
        expect_names(translation.entry_point_names)?;
        Ok(text)
    }
}

/// The first reason why an entry point was left out, if one was.
fn expect_names<E: ToString>(names: Vec<Result<String, E>>) -> Result<(), String> {
    let left_out = names.into_iter().find_map(Result::err);
    left_out.map_or(Ok(()), |reason| Err(reason.to_string()))
}

#[test]
fn every_kernel_can_be_said_in_msl_and_hlsl() {
    let modules = modules();
    for kernel in kernels() {
        let (module, info) = specialised(&modules, &kernel)
            .unwrap_or_else(|error| panic!("constants of {kernel:?}: {error}"));
        let translator = Translator {
            module: &module,
            info: &info,
            entry_point: (ShaderStage::Compute, kernel.entry_point().to_owned()),
        };
        for (language, translation) in [
            ("MSL", translator.msl()),
            ("HLSL 5.1", translator.hlsl(hlsl::ShaderModel::V5_1)),
            ("HLSL 6.0", translator.hlsl(hlsl::ShaderModel::V6_0)),
        ] {
            let text = translation
                .unwrap_or_else(|error| panic!("{kernel:?} cannot be said in {language}: {error}"));
            assert!(
                text.contains(kernel.entry_point()),
                "{language} of {kernel:?} lacks it:\n{text}"
            );
        }
    }
}
