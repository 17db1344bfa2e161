//! The shaders: their texts, compiled into the program, and their interfaces, as naga reads them.

#[cfg(any(target_arch = "wasm32", test))]
mod bare;
mod source;
mod translation;

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use naga::Module;
use naga::valid::ModuleInfo;
use source::{File, Source};

use super::Kernel;

pub use translation::Translator;

macro_rules! files {
    ($($(#[$condition:meta])? $name:literal),+ $(,)?) => {
        &[$($(#[$condition])? File {
            name: $name,
            text: text!(include_str!(concat!("../../shaders/", $name, ".wgsl"))),
        }),+]
    };
}

#[cfg(target_arch = "wasm32")]
use bare::bare as text;

/// A text as it is.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! text {
    ($text:expr) => {
        $text
    };
}

/// The files with entry points, one per shader.
const FILES: &[File] = files![
    "average_pool",
    "batch",
    "conv",
    "dense",
    "empty",
    "fused_sample",
    "fused_update",
    "loss",
    "max_pool",
    "metrics",
    "optimiser",
    "peak",
    "preconditioning",
    "rbf",
    "reduce",
    "softmax",
    "squash",
    "subsample",
    #[cfg(feature = "strings")]
    "windows",
];

/// The files that they import.
const SHARED: &[File] = files![
    "shared/distortion",
    "shared/fused_squashing",
    "shared/halving",
    "shared/models",
    "shared/picture",
    "shared/progress",
    "shared/random_bits",
    "shared/rates",
    "shared/record",
    "shared/samples",
    "shared/selection",
    "shared/slices",
    "shared/squashing",
    "shared/step_metrics",
    "shared/updates",
];

/// All shaders, ordered by name; tests hold that they are valid.
pub static SHADERS: LazyLock<Vec<Shader>> = LazyLock::new(|| {
    let shader = |file: &File| match Source::assemble(*file, SHARED) {
        Ok(source) => Shader::new(source),
        Err(error) => panic!("{error}"),
    };
    FILES.iter().map(shader).collect()
});

/// A shader: one file of `shaders/`, with the files it imports.
#[derive(Clone, Debug)]
pub struct Shader {
    source: Source,
    /// Read when they are first asked for.
    entry_points: OnceLock<Result<EntryPoints, String>>,
}

type EntryPoints = HashMap<String, EntryPoint>;

/// The interface of an entry point.
#[derive(Clone, Debug)]
pub(super) struct EntryPoint {
    /// Invocations of a workgroup, all in the first dimension.
    workgroup_size: WorkgroupSize,
    /// The buffers it uses: name and binding.
    pub bindings: Vec<(String, u32)>,
    /// The override constants of its shader.
    pub constants: Vec<String>,
}

/// How many invocations a workgroup has.
#[derive(Clone, Debug)]
enum WorkgroupSize {
    Fixed(usize),
    /// As many as the override constant of this name says.
    Constant(String),
}

impl EntryPoint {
    /// Invocations of a workgroup of `kernel`, whose entry point this is.
    ///
    /// # Panics
    /// If they are an override constant that the kernel does not set.
    pub fn workgroup_size(&self, kernel: &Kernel) -> usize {
        match &self.workgroup_size {
            WorkgroupSize::Fixed(size) => *size,
            WorkgroupSize::Constant(name) => {
                let constant = kernel.constants.iter().find(|(known, _)| known == name);
                let (_, size) = constant.unwrap_or_else(|| panic!("{}: no {name}", kernel.name));
                *size as usize
            }
        }
    }

    /// Workgroups of `kernel`, in both dimensions of its grid: those of a model, and the models.
    ///
    /// # Panics
    /// As [`EntryPoint::workgroup_size`].
    pub fn workgroups(&self, kernel: &Kernel) -> [usize; 2] {
        let size = self.workgroup_size(kernel);
        [kernel.invocations.div_ceil(size), kernel.models]
    }

    /// Those of the constants of `kernel` that its shader has.
    pub fn constants_of(&self, kernel: &Kernel) -> Vec<(&'static str, f64)> {
        let is_known = |name: &str| self.constants.iter().any(|known| known == name);
        let constants = kernel.constants.iter().copied();
        constants.filter(|(name, _)| is_known(name)).collect()
    }
}

/// How a kernel is launched.
#[derive(Clone, Debug)]
pub struct LaunchFacts {
    /// The buffers that are bound, all in group 0: name and binding.
    pub bindings: Vec<(String, u32)>,
    /// Values of the shader's override constants.
    pub constants: Vec<(&'static str, f64)>,
    /// Invocations of a workgroup, all in the first dimension.
    pub workgroup_size: usize,
    /// Workgroups in the first and in the second dimension.
    pub workgroups: [usize; 2],
}

/// The workgroup size of an entry point of `module`.
fn workgroup_size(module: &Module, entry: &naga::EntryPoint) -> WorkgroupSize {
    let size = entry.workgroup_size_overrides.and_then(|sizes| sizes[0]);
    match size.map(|size| &module.global_expressions[size]) {
        Some(&naga::Expression::Override(constant)) => {
            let name = module.overrides[constant].name.clone();
            WorkgroupSize::Constant(name.unwrap_or_default())
        }
        _ => WorkgroupSize::Fixed(entry.workgroup_size[0] as usize),
    }
}

impl Shader {
    fn new(source: Source) -> Self {
        Self {
            source,
            entry_points: OnceLock::new(),
        }
    }

    /// The shader named `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        SHADERS.iter().find(|shader| shader.name() == name)
    }

    /// Name of its file, without the extension: the first half of a kernel's name.
    pub fn name(&self) -> &'static str {
        self.files().next().unwrap_or_default()
    }

    /// The files it is made of, its own first, as paths below `shaders/` without the extension.
    pub fn files(&self) -> impl Iterator<Item = &'static str> {
        self.source.files()
    }

    /// The WGSL text that runs: its own file, line by line, followed by its imports.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The text as naga parses and validates it, within WebGPU's base capabilities.
    ///
    /// # Errors
    /// Naga's message, if the text is not valid, with file, line and column of every place it
    /// points at.
    pub fn validated(&self) -> Result<(Module, ModuleInfo), String> {
        self.source.validated()
    }

    /// The same shader with `replacement` for every `needle`, anywhere in its text; `None` if there is
    /// none. The negative controls of the verification put their faults into shaders with it. Neither
    /// may hold a line break, so that lines keep their numbers.
    pub fn replaced(&self, needle: &str, replacement: &str) -> Option<Self> {
        self.source.replaced(needle, replacement).map(Self::new)
    }

    /// How `kernel`, which is of this shader, is launched.
    ///
    /// # Errors
    /// If the shader has no such entry point, or is not valid WGSL.
    pub fn launch_facts(&self, kernel: &Kernel) -> Result<LaunchFacts, String> {
        let entry = self.entry_point(kernel.entry_point())?;
        Ok(LaunchFacts {
            bindings: entry.bindings.clone(),
            constants: entry.constants_of(kernel),
            workgroup_size: entry.workgroup_size(kernel),
            workgroups: entry.workgroups(kernel),
        })
    }

    /// The entry point named `name`.
    ///
    /// # Errors
    /// If there is none, or the text is not valid WGSL.
    pub(super) fn entry_point(&self, name: &str) -> Result<&EntryPoint, String> {
        let entry_points = self.entry_points.get_or_init(|| {
            let (module, info) = self.validated()?;
            Ok(entry_points(&module, &info))
        });
        match entry_points {
            Ok(entry_points) => entry_points
                .get(name)
                .ok_or_else(|| format!("{} has no entry point '{name}'", self.name())),
            Err(error) => Err(error.clone()),
        }
    }
}

/// The interface of a module: its entry points, by name.
fn entry_points(module: &Module, info: &ModuleInfo) -> EntryPoints {
    let constants: Vec<String> = module
        .overrides
        .iter()
        .filter_map(|(_, constant)| constant.name.clone())
        .collect();
    module
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
                workgroup_size: workgroup_size(module, entry),
                bindings,
                constants: constants.clone(),
            };
            (entry.name.clone(), description)
        })
        .collect()
}
