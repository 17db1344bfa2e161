//! Finding and choosing adapters.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use wgpu::{Backend, Backends, DeviceType, Limits};

use super::GpuError;

/// Which adapter is asked for, as read from a word such as `auto`, `vulkan`, `2` or `llvmpipe`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// A hardware GPU if there is one that can be used, otherwise the CPU path.
    #[default]
    Auto,
    /// The CPU path, without any adapter.
    Cpu,
    /// The first adapter of a backend, hardware before software.
    Backend(Backend),
    /// Its position in [`list_adapters`].
    Index(usize),
    /// The first adapter whose name contains this, ignoring case.
    Name(String),
}

impl FromStr for AdapterChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.to_lowercase().as_str() {
            "" => {
                return Err(
                    "expected auto, cpu, vulkan, metal, dx12, gl, an index or part of a name"
                        .to_owned(),
                );
            }
            "auto" => Self::Auto,
            "cpu" => Self::Cpu,
            "vulkan" => Self::Backend(Backend::Vulkan),
            "metal" => Self::Backend(Backend::Metal),
            "dx12" => Self::Backend(Backend::Dx12),
            "gl" => Self::Backend(Backend::Gl),
            lower => match lower.parse() {
                Ok(index) => Self::Index(index),
                Err(_) => Self::Name(lower.to_owned()),
            },
        })
    }
}

impl fmt::Display for AdapterChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Backend(backend) => f.write_str(backend_name(*backend)),
            Self::Index(index) => write!(f, "{index}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// An adapter in words and numbers, as printed and as recorded with every result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterDescription {
    /// Its position in the list of the adapters it was found among.
    pub index: usize,
    /// The driver's name for it.
    pub name: String,
    /// vulkan, metal, dx12 or gl; webgpu in a browser.
    pub backend: &'static str,
    /// discrete GPU, integrated GPU, virtual GPU, software or unknown.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Driver and its version.
    pub driver: String,
    /// Whether lenet-gpu can run on it.
    pub usable: bool,
    /// What it lacks, if it cannot be used.
    pub shortfall: Option<String>,
    /// Number of storage buffers that a kernel may bind.
    pub storage_buffers: u32,
    /// Size of the largest storage binding, in bytes.
    pub binding_bytes: u64,
    /// Most invocations in a workgroup.
    pub workgroup_invocations: u32,
    /// Memory shared by a workgroup, in bytes.
    pub workgroup_bytes: u32,
}

impl fmt::Display for AdapterDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}, {}, {})",
            self.name, self.backend, self.kind, self.driver
        )
    }
}

impl AdapterDescription {
    fn of(index: usize, adapter: &wgpu::Adapter) -> Self {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let shortfall = shortfall(adapter);
        Self {
            index,
            backend: backend_name(info.backend),
            kind: match info.device_type {
                DeviceType::DiscreteGpu => "discrete GPU",
                DeviceType::IntegratedGpu => "integrated GPU",
                DeviceType::VirtualGpu => "virtual GPU",
                DeviceType::Cpu => "software",
                DeviceType::Other => "unknown",
            },
            driver: [info.driver, info.driver_info].join(" ").trim().to_owned(),
            name: info.name,
            usable: shortfall.is_none(),
            shortfall,
            storage_buffers: limits.max_storage_buffers_per_shader_stage,
            binding_bytes: limits.max_storage_buffer_binding_size,
            workgroup_invocations: limits.max_compute_invocations_per_workgroup,
            workgroup_bytes: limits.max_compute_workgroup_storage_size,
        }
    }

    /// Whether it is a GPU, as opposed to a software implementation. A browser says only that of the
    /// latter, so what it does not name is taken for a GPU.
    pub fn is_hardware(&self) -> bool {
        match self.kind {
            "discrete GPU" | "integrated GPU" | "virtual GPU" => true,
            "unknown" => self.backend == backend_name(Backend::BrowserWebGpu),
            _ => false,
        }
    }
}

fn backend_name(backend: Backend) -> &'static str {
    match backend {
        Backend::Vulkan => "vulkan",
        Backend::Metal => "metal",
        Backend::Dx12 => "dx12",
        Backend::Gl => "gl",
        Backend::BrowserWebGpu => "webgpu",
        Backend::Noop => "noop",
    }
}

/// The limits that the kernels keep within: WebGPU's defaults for compute, and next to nothing for
/// textures, which no kernel uses.
pub(super) fn needed_limits() -> Limits {
    let webgpu = Limits::default();
    Limits {
        max_storage_buffers_per_shader_stage: webgpu.max_storage_buffers_per_shader_stage,
        max_storage_buffer_binding_size: webgpu.max_storage_buffer_binding_size,
        max_uniform_buffer_binding_size: webgpu.max_uniform_buffer_binding_size,
        max_buffer_size: webgpu.max_buffer_size,
        max_compute_workgroup_storage_size: webgpu.max_compute_workgroup_storage_size,
        max_compute_invocations_per_workgroup: webgpu.max_compute_invocations_per_workgroup,
        max_compute_workgroup_size_x: webgpu.max_compute_workgroup_size_x,
        max_compute_workgroup_size_y: webgpu.max_compute_workgroup_size_y,
        max_compute_workgroup_size_z: webgpu.max_compute_workgroup_size_z,
        max_compute_workgroups_per_dimension: webgpu.max_compute_workgroups_per_dimension,
        ..Limits::downlevel_webgl2_defaults()
    }
}

/// What `adapter` lacks of what the kernels need; `None` if it lacks nothing.
fn shortfall(adapter: &wgpu::Adapter) -> Option<String> {
    let capabilities = adapter.get_downlevel_capabilities();
    if !capabilities
        .flags
        .contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
    {
        return Some("it has no compute shaders".to_owned());
    }
    let mut missing = Vec::new();
    needed_limits().check_limits_with_fail_fn(&adapter.limits(), false, |name, needed, has| {
        missing.push(format!("{name} is {has}, {needed} needed"));
    });
    (!missing.is_empty()).then(|| missing.join("; "))
}

fn instance(backends: Backends) -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        // None, unless the environment asks: WGPU_VALIDATION=1, WGPU_DEBUG=1.
        flags: wgpu::InstanceFlags::empty().with_env() & wgpu::InstanceFlags::debugging(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    })
}

async fn enumerate(backends: Backends) -> Vec<(AdapterDescription, wgpu::Adapter)> {
    let adapters = instance(backends).enumerate_adapters(backends).await;
    adapters
        .into_iter()
        .enumerate()
        .map(|(index, adapter)| (AdapterDescription::of(index, &adapter), adapter))
        .collect()
}

/// The adapters that `auto` chooses from. OpenGL is asked only where the other backends offer
/// nothing: it lists the same hardware once more, with fewer features.
async fn enumerate_for_auto() -> Vec<(AdapterDescription, wgpu::Adapter)> {
    let adapters = enumerate(Backends::PRIMARY).await;
    if adapters.is_empty() {
        return enumerate(Backends::SECONDARY).await;
    }
    adapters
}

/// All adapters of this machine, in the order of their indices.
pub async fn list_adapters() -> Vec<AdapterDescription> {
    let adapters = enumerate(Backends::all()).await;
    adapters
        .into_iter()
        .map(|(description, _)| description)
        .collect()
}

/// `choice` where an adapter is wanted and a software one will do: `auto` becomes the first that can
/// be used, hardware before software, or the CPU path if there is none.
pub async fn or_software(choice: &AdapterChoice) -> AdapterChoice {
    if *choice != AdapterChoice::Auto {
        return choice.clone();
    }
    let adapters = list_adapters().await;
    adapters
        .iter()
        .filter(|adapter| adapter.usable)
        .min_by_key(|adapter| !adapter.is_hardware())
        .map_or(AdapterChoice::Cpu, |adapter| {
            AdapterChoice::Index(adapter.index)
        })
}

/// The first adapter that `auto` looks at, whether it takes it or not; `None` on a machine without
/// adapters.
pub async fn first_adapter() -> Option<AdapterDescription> {
    let (description, _) = enumerate_for_auto().await.into_iter().next()?;
    Some(description)
}

/// The adapters in one sentence, for messages.
fn describe_adapters(adapters: &[AdapterDescription]) -> String {
    if adapters.is_empty() {
        return "this machine offers no adapter at all (is a Vulkan, Metal or DirectX 12 driver \
                installed?)"
            .to_owned();
    }
    let list: Vec<String> = adapters
        .iter()
        .map(|adapter| format!("{}: {adapter}", adapter.index))
        .collect();
    format!("there is {}", list.join(", "))
}

/// The adapter that `choice` means. `Ok(None)` stands for the CPU path: because it was asked for or,
/// with `auto`, because there is no hardware GPU that can be used.
pub(super) async fn find(
    choice: &AdapterChoice,
) -> Result<Option<(AdapterDescription, wgpu::Adapter)>, GpuError> {
    let mut adapters = match choice {
        AdapterChoice::Cpu => return Ok(None),
        AdapterChoice::Backend(backend) => enumerate(Backends::from(*backend)).await,
        AdapterChoice::Auto => enumerate_for_auto().await,
        AdapterChoice::Index(_) | AdapterChoice::Name(_) => enumerate(Backends::all()).await,
    };
    // `auto`, a backend and a name prefer usable adapters and hardware; indices stay as listed.
    if !matches!(choice, AdapterChoice::Index(_)) {
        adapters.sort_by_key(|(adapter, _)| (!adapter.usable, !adapter.is_hardware()));
    }
    let found = adapters.into_iter().find(|(adapter, _)| match choice {
        AdapterChoice::Auto => adapter.is_hardware() && adapter.usable,
        AdapterChoice::Index(index) => adapter.index == *index,
        AdapterChoice::Name(name) => adapter.name.to_lowercase().contains(name.as_str()),
        AdapterChoice::Backend(_) | AdapterChoice::Cpu => true,
    });
    match (found, choice) {
        (None, AdapterChoice::Auto) => Ok(None),
        (None, _) => Err(GpuError::NoMatch {
            wanted: choice.to_string(),
            available: describe_adapters(&list_adapters().await),
        }),
        (Some((adapter, _)), _) if !adapter.usable => Err(GpuError::Unusable {
            adapter: adapter.name,
            shortfall: adapter.shortfall.unwrap_or_default(),
        }),
        (Some(found), _) => Ok(Some(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_from_words_numbers_and_names() {
        let choice = |text: &str| text.parse::<AdapterChoice>().unwrap();
        assert!("".parse::<AdapterChoice>().is_err());
        assert_eq!(choice("auto"), AdapterChoice::Auto);
        assert_eq!(choice("CPU"), AdapterChoice::Cpu);
        assert_eq!(choice("vulkan"), AdapterChoice::Backend(Backend::Vulkan));
        assert_eq!(choice("2"), AdapterChoice::Index(2));
        assert_eq!(
            choice("LLVMpipe"),
            AdapterChoice::Name("llvmpipe".to_owned())
        );
    }
}
