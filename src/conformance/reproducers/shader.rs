//! The shader of a kernel's case, in all languages, and how it is launched.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use naga::back::hlsl::ShaderModel;
use serde::Serialize;

use super::new_folder::NewFolder;
use crate::gpu::{Kernel, LaunchFacts, Shader, Translator};

/// How a kernel is launched.
#[derive(Serialize)]
pub struct LaunchFile {
    pub entry_point: &'static str,
    /// Values of the WGSL's override constants; the other languages have them in place.
    pub constants: BTreeMap<&'static str, f64>,
    pub workgroup_size: [usize; 3],
    pub workgroups: [usize; 3],
    pub bindings: Vec<Binding>,
}

/// A buffer that is bound, with the content of `inputs/NAME.npy`.
#[derive(Serialize)]
pub struct Binding {
    pub group: u32,
    pub binding: u32,
    pub name: String,
}

/// Writes the shader of `kernel` into `folder`.
///
/// # Errors
/// If a file cannot be written, or naga does not take the shader.
pub fn write(folder: &NewFolder, kernel: &Kernel) -> Result<LaunchFile> {
    let shader = Shader::named(kernel.shader());
    let shader = shader.ok_or_else(|| anyhow!("there is no shader '{}'", kernel.shader()))?;
    let facts = shader
        .launch_facts(kernel)
        .map_err(|error| anyhow!(error))?;
    folder.write("shader.wgsl", shader.text())?;
    for (file, translation) in translations(shader, kernel)? {
        match translation {
            Ok(content) => folder.write(file, content)?,
            // What cannot be said in a language is a finding, too.
            Err(reason) => folder.write(&format!("{file}.missing.txt"), reason + "\n")?,
        }
    }
    Ok(LaunchFile::of(kernel, facts))
}

/// A file's name and its content, or naga's reason why there is none.
type Translation = (&'static str, Result<Vec<u8>, String>);

fn translations(shader: &Shader, kernel: &Kernel) -> Result<[Translation; 4]> {
    let validated = shader.validated().map_err(|error| anyhow!(error))?;
    let translator = Translator::new(&validated, kernel).map_err(|error| anyhow!(error))?;
    let spirv = translator.spirv().map(|words| {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        bytes.collect()
    });
    let hlsl = |model| translator.hlsl(model).map(String::into_bytes);
    Ok([
        ("shader.spv", spirv),
        ("shader.metal", translator.msl().map(String::into_bytes)),
        ("shader-5.1.hlsl", hlsl(ShaderModel::V5_1)),
        ("shader-6.0.hlsl", hlsl(ShaderModel::V6_0)),
    ])
}

impl LaunchFile {
    fn of(kernel: &Kernel, facts: LaunchFacts) -> Self {
        let [across, models] = facts.workgroups;
        let bindings = facts.bindings.into_iter();
        let mut bindings: Vec<Binding> = bindings
            .map(|(name, binding)| Binding {
                group: 0,
                binding,
                name,
            })
            .collect();
        bindings.sort_by_key(|bound| bound.binding);
        Self {
            entry_point: kernel.entry_point(),
            constants: facts.constants.into_iter().collect(),
            workgroup_size: [facts.workgroup_size, 1, 1],
            workgroups: [across, models, 1],
            bindings,
        }
    }
}
