//! Mesa's RADV with an imaginary GPU: its compiler at work, and what it says of the result.
//!
//! Where `RADV_FORCE_FAMILY` names a family of GPUs, RADV opens one that is not there. Nothing runs on
//! it, but pipelines are compiled as for a real one, and `VK_KHR_pipeline_executable_properties` tells
//! what became of them.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char};

use anyhow::{Context, Result, bail};
use ash::{ext, khr, vk};
use serde::{Deserialize, Serialize};

use crate::spirv::{Binding, Pipeline};

/// What a compiler made of a kernel, by its own account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Statistics {
    /// Invocations of a wave.
    pub wave_size: u32,
    /// Vector registers of an invocation.
    pub vector_registers: u64,
    /// Scalar registers of a wave.
    pub scalar_registers: u64,
    /// Registers of either kind that are put by in memory.
    pub spilled_registers: u64,
    /// Waves that a SIMD unit can hold at once.
    pub waves_per_simd: u64,
    /// Bytes of workgroup memory.
    pub workgroup_memory: u64,
    /// Bytes of machine code.
    pub code_bytes: u64,
    /// Cycles from the first instruction of a wave to its last, as the compiler guesses, which does
    /// not know how often loops run.
    pub latency: u64,
    /// Cycles in which a wave keeps its SIMD unit busy, guessed likewise.
    pub inverse_throughput: u64,
}

/// An imaginary GPU.
pub struct ImaginaryGpu {
    /// Its name and the driver's.
    pub name: String,
    /// The driver's version, as in `Mesa 22.3.6`.
    pub driver: String,
    device: ash::Device,
    executables: khr::pipeline_executable_properties::Device,
    instance: ash::Instance,
    // The library stays loaded as long as it is used.
    _library: ash::Entry,
}

impl ImaginaryGpu {
    /// The GPU that `RADV_FORCE_FAMILY` names.
    ///
    /// # Errors
    /// If there is no Vulkan, or RADV does not know the family.
    pub fn open() -> Result<Self> {
        // SAFETY: Vulkan's own library is trusted to be one.
        let library = unsafe { ash::Entry::load() }.context("there is no Vulkan loader")?;
        let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_3);
        let description = vk::InstanceCreateInfo::default().application_info(&application);
        // SAFETY: the description is valid and names no extension.
        let instance = unsafe { library.create_instance(&description, None) }?;
        let (physical, name, driver) = imaginary_device(&instance)?;
        let device = open_device(&instance, physical)?;
        Ok(Self {
            name,
            driver,
            executables: khr::pipeline_executable_properties::Device::new(&instance, &device),
            device,
            instance,
            _library: library,
        })
    }

    /// Compiles `pipeline`.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn compile(&self, pipeline: &Pipeline) -> Result<Statistics> {
        let compiled = self.create(pipeline)?;
        let info = vk::PipelineInfoKHR::default().pipeline(compiled);
        let query = vk::PipelineExecutableInfoKHR::default().pipeline(compiled);
        // SAFETY: the pipeline is this device's and was made to be asked for its statistics; a compute
        // pipeline has one executable.
        let (executables, values) = unsafe {
            (
                self.executables.get_pipeline_executable_properties(&info)?,
                self.executables
                    .get_pipeline_executable_statistics(&query)?,
            )
        };
        let wave_size = executables
            .first()
            .context("RADV compiled nothing")?
            .subgroup_size;
        // SAFETY: all of RADV's statistics are unsigned numbers of 64 bits.
        let number = |value: &vk::PipelineExecutableStatisticKHR| unsafe { value.value.u64 };
        let values: HashMap<String, u64> = values
            .iter()
            .map(|value| (text(&value.name), number(value)))
            .collect();
        let value = |name: &str| {
            let value = values.get(name).copied();
            value.with_context(|| format!("this RADV does not tell {name:?}: {values:?}"))
        };
        Ok(Statistics {
            wave_size,
            vector_registers: value("VGPRs")?,
            scalar_registers: value("SGPRs")?,
            spilled_registers: value("Spilled VGPRs")? + value("Spilled SGPRs")?,
            waves_per_simd: value("Subgroups per SIMD")?,
            workgroup_memory: value("LDS size")?,
            code_bytes: value("Code size")?,
            latency: value("Latency")?,
            inverse_throughput: value("Inverse Throughput")?,
        })
    }

    /// The compiled pipeline. Like all that it is made of, it lives as long as this process.
    fn create(&self, pipeline: &Pipeline) -> Result<vk::Pipeline> {
        let name = CString::new(pipeline.entry_point.as_str())?;
        let bindings: Vec<_> = pipeline.bindings.iter().map(binding).collect();
        let set = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
        let module = vk::ShaderModuleCreateInfo::default().code(&pipeline.words);
        // SAFETY: naga validated the module, and the layout has all of its bindings.
        unsafe {
            let sets = [self.device.create_descriptor_set_layout(&set, None)?];
            let layout = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
            let layout = self.device.create_pipeline_layout(&layout, None)?;
            let stage = vk::PipelineShaderStageCreateInfo::default()
                .stage(vk::ShaderStageFlags::COMPUTE)
                .module(self.device.create_shader_module(&module, None)?)
                .name(&name);
            let description = vk::ComputePipelineCreateInfo::default()
                .stage(stage)
                .layout(layout)
                .flags(vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR);
            let created = self.device.create_compute_pipelines(
                vk::PipelineCache::null(),
                &[description],
                None,
            );
            created
                .map(|pipelines| pipelines[0])
                .map_err(|(_, error)| error.into())
        }
    }
}

impl Drop for ImaginaryGpu {
    fn drop(&mut self) {
        // SAFETY: nothing was submitted; pipelines die with their device.
        unsafe {
            self.device.destroy_device(None);
            self.instance.destroy_instance(None);
        }
    }
}

/// The device that is not there, its name, and its driver.
fn imaginary_device(instance: &ash::Instance) -> Result<(vk::PhysicalDevice, String, String)> {
    // SAFETY: the instance is alive, and so are the devices that it lists.
    unsafe {
        for physical in instance.enumerate_physical_devices()? {
            let mut driver = vk::PhysicalDeviceDriverProperties::default();
            let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut driver);
            instance.get_physical_device_properties2(physical, &mut properties);
            let name = text(&properties.properties.device_name);
            if name.contains("Null hardware") {
                return Ok((physical, name, text(&driver.driver_info)));
            }
        }
    }
    let family = std::env::var("RADV_FORCE_FAMILY").unwrap_or_default();
    bail!("Mesa's RADV is not installed, or does not know the family {family:?}")
}

/// Opens `physical` with the features that wgpu would ask of it for these kernels.
fn open_device(instance: &ash::Instance, physical: vk::PhysicalDevice) -> Result<ash::Device> {
    let priorities = [1.0];
    let queues = [vk::DeviceQueueCreateInfo::default()
        .queue_family_index(0)
        .queue_priorities(&priorities)];
    let extensions = [
        khr::pipeline_executable_properties::NAME.as_ptr(),
        ext::robustness2::NAME.as_ptr(),
    ];
    let robust = vk::PhysicalDeviceFeatures::default().robust_buffer_access(true);
    let mut features = vk::PhysicalDeviceFeatures2::default().features(robust);
    let mut more_robust =
        vk::PhysicalDeviceRobustness2FeaturesEXT::default().robust_buffer_access2(true);
    let mut statistics = vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default()
        .pipeline_executable_info(true);
    let mut version_1_2 = vk::PhysicalDeviceVulkan12Features::default().vulkan_memory_model(true);
    let mut version_1_3 =
        vk::PhysicalDeviceVulkan13Features::default().shader_zero_initialize_workgroup_memory(true);
    let description = vk::DeviceCreateInfo::default()
        .queue_create_infos(&queues)
        .enabled_extension_names(&extensions)
        .push_next(&mut features)
        .push_next(&mut more_robust)
        .push_next(&mut statistics)
        .push_next(&mut version_1_2)
        .push_next(&mut version_1_3);
    // SAFETY: every pointer lives until the device is created.
    Ok(unsafe { instance.create_device(physical, &description, None) }?)
}

fn binding(binding: &Binding) -> vk::DescriptorSetLayoutBinding<'static> {
    let kind = match binding.is_uniform {
        true => vk::DescriptorType::UNIFORM_BUFFER,
        false => vk::DescriptorType::STORAGE_BUFFER,
    };
    vk::DescriptorSetLayoutBinding::default()
        .binding(binding.number)
        .descriptor_type(kind)
        .descriptor_count(1)
        .stage_flags(vk::ShaderStageFlags::COMPUTE)
}

fn text(characters: &[c_char]) -> String {
    // SAFETY: Vulkan ends its texts with a 0.
    let text = unsafe { CStr::from_ptr(characters.as_ptr()) };
    text.to_string_lossy().into_owned()
}
