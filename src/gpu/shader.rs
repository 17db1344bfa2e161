//! The shader sources and what naga reads in them.

use std::collections::HashMap;
use std::sync::LazyLock;

use naga::valid::{Capabilities, ValidationFlags, Validator};

/// One file of `shaders/`.
pub struct ShaderSource {
    /// Stem of the file, as in `conv.forward`.
    pub name: &'static str,
    /// The WGSL text.
    pub text: &'static str,
}

macro_rules! shader_sources {
    ($($name:literal),+ $(,)?) => {
        &[$(ShaderSource {
            name: $name,
            text: include_str!(concat!("../../shaders/", $name, ".wgsl")),
        }),+]
    };
}

/// All shaders.
pub const SHADERS: &[ShaderSource] = shader_sources![
    "average_pool",
    "batch",
    "conv",
    "dense",
    "loss",
    "max_pool",
    "metrics",
    "optimiser",
    "peak",
    "rbf",
    "reduce",
    "softmax",
    "squash",
    "subsample",
];

/// What the host needs to know of an entry point.
#[derive(Clone, Debug)]
pub(super) struct EntryPoint {
    /// Invocations of a workgroup, all in the first dimension.
    pub workgroup_size: usize,
    /// The buffers it uses: name and binding.
    pub bindings: Vec<(String, u32)>,
    /// The override constants of its shader.
    pub constants: Vec<String>,
}

impl ShaderSource {
    /// The shader named `name`.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SHADERS.iter().find(|shader| shader.name == name)
    }

    /// The entry points, by name.
    ///
    /// # Errors
    /// What naga says of a text that is not valid WGSL within WebGPU's base capabilities.
    pub(super) fn entry_points(&self) -> Result<HashMap<String, EntryPoint>, String> {
        entry_points(self.text)
    }
}

/// Parses and validates `text` without any optional capability, and reads its interface.
pub(super) fn entry_points(text: &str) -> Result<HashMap<String, EntryPoint>, String> {
    let module = naga::front::wgsl::parse_str(text).map_err(|error| error.emit_to_string(text))?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .map_err(|error| error.emit_to_string(text))?;
    let constants: Vec<String> = module
        .overrides
        .iter()
        .filter_map(|(_, constant)| constant.name.clone())
        .collect();
    Ok(module
        .entry_points
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let usage = info.get_entry_point(index);
            let bindings = module
                .global_variables
                .iter()
                .filter(|(handle, _)| !usage[*handle].is_empty())
                .filter_map(|(_, variable)| {
                    let binding = variable.binding.as_ref()?.binding;
                    Some((variable.name.clone()?, binding))
                })
                .collect();
            let description = EntryPoint {
                workgroup_size: entry.workgroup_size[0] as usize,
                bindings,
                constants: constants.clone(),
            };
            (entry.name.clone(), description)
        })
        .collect())
}

/// The interfaces of all shaders, parsed once; tests hold that they are valid.
pub(super) fn interface(shader: &str) -> Option<&'static HashMap<String, EntryPoint>> {
    static INTERFACES: LazyLock<HashMap<&str, HashMap<String, EntryPoint>>> = LazyLock::new(|| {
        SHADERS
            .iter()
            .filter_map(|shader| Some((shader.name, shader.entry_points().ok()?)))
            .collect()
    });
    INTERFACES.get(shader)
}
