//! The shaders as drivers get them: naga's SPIR-V, MSL and HLSL of every kernel that the harness runs,
//! with its constants, as wgpu asks for them. No adapter is needed, and no compiler of these languages:
//! what is found is what naga cannot say in them.

use std::collections::{BTreeMap, BTreeSet};

use lenet_gpu::gpu::{Kernel, SHADERS, Translator};
use lenet_gpu::verify::{TWINS, kernel_cases};
use naga::Module;
use naga::back::hlsl::ShaderModel;
use naga::valid::ModuleInfo;

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

#[test]
fn every_kernel_can_be_said_in_the_languages_of_drivers() {
    let modules = modules();
    for kernel in kernels() {
        let translator = Translator::new(&modules[kernel.shader()], &kernel)
            .unwrap_or_else(|error| panic!("constants of {kernel:?}: {error}"));
        let words = translator
            .spirv()
            .unwrap_or_else(|error| panic!("{kernel:?} cannot be said in SPIR-V: {error}"));
        assert_eq!(words[0], 0x0723_0203, "SPIR-V's magic number");
        for (language, translation) in [
            ("MSL", translator.msl()),
            ("HLSL 5.1", translator.hlsl(ShaderModel::V5_1)),
            ("HLSL 6.0", translator.hlsl(ShaderModel::V6_0)),
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
