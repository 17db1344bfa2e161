//! An adapter in words and numbers.

use std::fmt;

use serde::Serialize;
use wgpu::{Backend, DeviceType};

use super::backends::backend_name;
use crate::gpu::limits::needed_limits;

/// The types of GPUs, the fastest first.
const GPUS: [&str; 3] = ["discrete GPU", "integrated GPU", "virtual GPU"];

/// The type of what does not say whether it is a GPU.
pub(super) const UNKNOWN: &str = "unknown";

/// An adapter in words and numbers, as printed and as recorded with every result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterDescription {
    /// Its position in [`list_adapters`](super::list_adapters).
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
    pub(super) fn of(index: usize, adapter: &wgpu::Adapter) -> Self {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let shortfall = shortfall(adapter);
        let [discrete, integrated, virtual_gpu] = GPUS;
        Self {
            index,
            backend: backend_name(info.backend),
            kind: match info.device_type {
                DeviceType::DiscreteGpu => discrete,
                DeviceType::IntegratedGpu => integrated,
                DeviceType::VirtualGpu => virtual_gpu,
                DeviceType::Cpu => "software",
                DeviceType::Other => UNKNOWN,
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
        let unnamed_by_a_browser =
            self.kind == UNKNOWN && self.backend == backend_name(Backend::BrowserWebGpu);
        GPUS.contains(&self.kind) || unnamed_by_a_browser
    }

    /// Whether it is reached through OpenGL, which lists hardware of other backends once more, with
    /// fewer features.
    pub(super) fn is_gl(&self) -> bool {
        self.backend == backend_name(Backend::Gl)
    }

    /// Its rank: of two adapters that with the smaller one is taken.
    pub(super) fn rank(&self) -> (bool, bool, bool, usize) {
        let kind = GPUS.iter().position(|kind| *kind == self.kind);
        (
            !self.usable,
            !self.is_hardware(),
            self.is_gl(),
            kind.unwrap_or(GPUS.len()),
        )
    }
}

/// The first version of OpenGL, other than OpenGL ES, whose shading language has compute shaders.
const GL_WITH_COMPUTE: (u32, u32) = (4, 3);

/// The version of OpenGL that a driver's own `description` begins with; `None` where it is of OpenGL ES.
fn gl_version(description: &str) -> Option<(u32, u32)> {
    let mut numbers = description.split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

/// What `adapter` lacks of what the kernels need; `None` if it lacks nothing.
fn shortfall(adapter: &wgpu::Adapter) -> Option<String> {
    let info = adapter.get_info();
    // wgpu asks for OpenGL 3.3, and some drivers give just that. They offer compute shaders as an
    // extension, but wgpu writes shaders by the version.
    if info.backend == Backend::Gl
        && let Some(version) = gl_version(&info.driver_info)
        && version < GL_WITH_COMPUTE
    {
        let (major, minor) = version;
        return Some(format!(
            "its OpenGL {major}.{minor} has no compute shaders, which came with 4.3"
        ));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_opengl_are_read_as_drivers_write_them() {
        for (description, version) in [
            ("3.3.0 NVIDIA 580.159.04", Some((3, 3))),
            ("4.5 (Core Profile) Mesa 22.3.6", Some((4, 5))),
            ("4.10", Some((4, 10))),
            ("OpenGL ES 3.2 Mesa 22.3.6", None),
            ("", None),
        ] {
            assert_eq!(gl_version(description), version, "{description}");
        }
    }
}
