//! The limits of a device.

use wgpu::Limits;

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

/// The limits to open a device with on an adapter that has `available`: those needed, but buffers as
/// large as it allows. No kernel depends on that; a large data set does.
pub(super) fn limits_to_ask_for(available: &Limits) -> Limits {
    Limits {
        max_storage_buffer_binding_size: available.max_storage_buffer_binding_size,
        max_buffer_size: available.max_buffer_size,
        ..needed_limits()
    }
}

/// The largest storage buffer, in bytes, that can be bound as a whole on a device with `limits`.
pub(super) fn largest_buffer(limits: &Limits) -> u64 {
    limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_alone_may_be_larger_than_webgpu_allows_by_default() {
        let available = Limits {
            max_storage_buffer_binding_size: 2 << 30,
            max_buffer_size: 4 << 30,
            max_compute_invocations_per_workgroup: 1024,
            max_storage_buffers_per_shader_stage: 64,
            ..Limits::default()
        };
        let asked = limits_to_ask_for(&available);
        assert_eq!(largest_buffer(&asked), 2 << 30);
        assert_eq!(asked.max_buffer_size, 4 << 30);
        let rest = Limits {
            max_storage_buffer_binding_size: 128 << 20,
            max_buffer_size: 256 << 20,
            ..asked
        };
        assert_eq!(rest, needed_limits());
    }

    #[test]
    fn a_buffer_is_bound_as_a_whole() {
        let limits = Limits {
            max_storage_buffer_binding_size: 2 << 30,
            max_buffer_size: 1 << 30,
            ..Limits::default()
        };
        assert_eq!(largest_buffer(&limits), 1 << 30);
        assert_eq!(largest_buffer(&needed_limits()), 128 << 20);
    }
}
