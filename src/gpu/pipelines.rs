//! The compiled kernels of a device.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::compiled::CompiledKernels;
use super::error::GpuError;
use super::fault::{Fault, locked, reported};
use super::kernel::Kernel;
use super::options::{DeviceObserver, DeviceOptions};
use super::shader::{EntryPoint, Shader};
use crate::platform::map_in_parallel;

/// A compiled kernel.
pub(super) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub entry: EntryPoint,
}

/// What a pipeline is compiled from: the name of a kernel, and the bits of its constants.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct PipelineKey {
    kernel: &'static str,
    constants: Vec<(&'static str, u64)>,
}

impl PipelineKey {
    fn of(kernel: &Kernel) -> Self {
        let bits = |&(name, value): &(&'static str, f64)| (name, value.to_bits());
        Self {
            kernel: kernel.name,
            constants: kernel.constants.iter().map(bits).collect(),
        }
    }
}

/// The kernels that were compiled on a device, each once for each set of constants.
pub(super) struct Pipelines {
    device: wgpu::Device,
    fault: Fault,
    /// What the driver compiled, in this run or before.
    cache: Option<wgpu::PipelineCache>,
    observer: Option<Arc<dyn DeviceObserver>>,
    /// By the name of the shader.
    modules: Mutex<HashMap<&'static str, wgpu::ShaderModule>>,
    pipelines: Mutex<HashMap<PipelineKey, Arc<Pipeline>>>,
}

impl Pipelines {
    /// None yet, on `device`.
    pub fn new(device: &wgpu::Device, fault: &Fault, options: DeviceOptions) -> Self {
        let collects = options.observer.is_some()
            && device.features().contains(wgpu::Features::PIPELINE_CACHE);
        Self {
            device: device.clone(),
            fault: Arc::clone(fault),
            cache: collects.then(|| open_cache(device, fault, options.kernels)),
            observer: options.observer,
            modules: Mutex::default(),
            pipelines: Mutex::default(),
        }
    }

    /// The compiled `kernel`.
    ///
    /// # Panics
    /// As [`Pipelines::compile`].
    pub fn of(&self, kernel: &Kernel) -> Result<Arc<Pipeline>, GpuError> {
        self.compile([kernel])?;
        let pipelines = locked(&self.pipelines);
        Ok(Arc::clone(&pipelines[&PipelineKey::of(kernel)]))
    }

    /// Compiles those of `kernels` that are not yet, on several threads.
    ///
    /// # Panics
    /// If a kernel names no shader: kernels are part of the program, not of its input.
    pub fn compile<'a>(
        &self,
        kernels: impl IntoIterator<Item = &'a Kernel>,
    ) -> Result<(), GpuError> {
        let missing = self.missing(kernels);
        if missing.is_empty() {
            return Ok(());
        }
        let done = AtomicUsize::new(0);
        let tell = |done: usize| {
            if let Some(observer) = &self.observer {
                observer.compiling(done, missing.len());
            }
        };
        tell(0);
        self.compile_modules(missing.iter().map(|(_, kernel)| kernel.shader()));
        let pipelines = map_in_parallel(&missing, |(_, kernel)| {
            let shader = shader_of(kernel);
            let module = locked(&self.modules)[shader.name()].clone();
            let pipeline = self.pipeline(shader, &module, kernel)?;
            tell(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(Arc::new(pipeline))
        });
        let pipelines: Vec<Arc<Pipeline>> = pipelines.into_iter().collect::<Result<_, _>>()?;
        // Only now: the fault of one kernel could be taken for that of another.
        self.check()?;
        let keys = missing.into_iter().map(|(key, _)| key);
        locked(&self.pipelines).extend(keys.zip(pipelines));
        if let Some(observer) = &self.observer {
            observer.compiled(self.compiled());
        }
        Ok(())
    }

    /// Those of `kernels` that are not compiled yet, each once.
    fn missing<'a>(
        &self,
        kernels: impl IntoIterator<Item = &'a Kernel>,
    ) -> Vec<(PipelineKey, &'a Kernel)> {
        let with_key = |kernel: &'a Kernel| (PipelineKey::of(kernel), kernel);
        let mut distinct: BTreeMap<_, _> = kernels.into_iter().map(with_key).collect();
        let pipelines = locked(&self.pipelines);
        distinct.retain(|key, _| !pipelines.contains_key(key));
        distinct.into_iter().collect()
    }

    /// Compiles those of the shaders with these `names` that are not yet, on several threads.
    fn compile_modules(&self, names: impl Iterator<Item = &'static str>) {
        let mut missing: Vec<&'static str> = names.collect();
        missing.dedup();
        missing.retain(|name| !locked(&self.modules).contains_key(name));
        // SAFETY: these are texts of this program. All their loops end: they count up to bounds known
        // when the kernel is launched, or walk the cycle of a permutation. No index leaves its array:
        // each kernel compares its place with its sizes, blocks and data sets cannot be made of others
        // than fit, and the harness runs each kernel on shapes that fit no block, with inputs and
        // outputs between guard words. Only the crate makes kernels and launches them, on buffers of
        // the sizes that they are made for.
        let compile = |name: &&'static str| unsafe { self.unchecked_module(named_shader(name)) };
        let modules = map_in_parallel(&missing, compile);
        locked(&self.modules).extend(missing.into_iter().zip(modules));
    }

    /// All that the driver has compiled, where the backend hands it out.
    fn compiled(&self) -> Option<CompiledKernels> {
        let data = self.cache.as_ref()?.get_data()?;
        Some(CompiledKernels { data })
    }

    /// As [`Pipelines::of`], from `shader`, which may differ from the program's own: it runs with all of
    /// wgpu's checks, and is compiled each time.
    pub fn of_shader(&self, shader: &Shader, kernel: &Kernel) -> Result<Arc<Pipeline>, GpuError> {
        let module = self.device.create_shader_module(module_descriptor(shader));
        self.single(shader, &module, kernel)
    }

    /// As [`Pipelines::of_shader`], but compiled as the program's own shaders are.
    ///
    /// # Safety
    /// As for [`Pipelines::unchecked_module`].
    pub unsafe fn of_unchecked_shader(
        &self,
        shader: &Shader,
        kernel: &Kernel,
    ) -> Result<Arc<Pipeline>, GpuError> {
        // SAFETY: the caller's.
        let module = unsafe { self.unchecked_module(shader) };
        self.single(shader, &module, kernel)
    }

    /// The pipeline of `kernel` from the `module` of `shader`, which is not kept.
    fn single(
        &self,
        shader: &Shader,
        module: &wgpu::ShaderModule,
        kernel: &Kernel,
    ) -> Result<Arc<Pipeline>, GpuError> {
        let pipeline = self.pipeline(shader, module, kernel)?;
        self.check()?;
        Ok(Arc::new(pipeline))
    }

    /// The module of a shader without the counters by which wgpu would bound its loops and the clamps
    /// by which it would bound its indices: they keep drivers from unrolling loops, and arrays whose
    /// index is a loop's counter from becoming registers.
    ///
    /// # Safety
    /// Whatever is launched from it must end all its loops, and access nothing beyond its arrays and
    /// the buffers bound to it.
    unsafe fn unchecked_module(&self, shader: &Shader) -> wgpu::ShaderModule {
        let checks = wgpu::ShaderRuntimeChecks {
            force_loop_bounding: false,
            bounds_checks: false,
            ..wgpu::ShaderRuntimeChecks::checked()
        };
        // SAFETY: the caller's.
        unsafe {
            self.device
                .create_shader_module_trusted(module_descriptor(shader), checks)
        }
    }

    /// The pipeline of `kernel` from the `module` of `shader`. What the driver finds wrong with it, the
    /// device reports.
    fn pipeline(
        &self,
        shader: &Shader,
        module: &wgpu::ShaderModule,
        kernel: &Kernel,
    ) -> Result<Pipeline, GpuError> {
        let entry = shader
            .entry_point(kernel.entry_point())
            .map_err(GpuError::Reported)?;
        let constants = entry.constants_of(kernel);
        let pipeline = self
            .device
            .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(kernel.name),
                layout: None,
                module,
                entry_point: Some(kernel.entry_point()),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: &constants,
                    // Kernels write it before they read it; to set it to 0 beforehand takes compilers
                    // long where it is large.
                    zero_initialize_workgroup_memory: false,
                },
                cache: self.cache.as_ref(),
            });
        Ok(Pipeline {
            pipeline,
            entry: entry.clone(),
        })
    }

    fn check(&self) -> Result<(), GpuError> {
        match reported(&self.fault) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// The driver's cache on `device`, with `kernels` in it unless they are those of another adapter or
/// driver.
fn open_cache(
    device: &wgpu::Device,
    fault: &Fault,
    kernels: Option<CompiledKernels>,
) -> wgpu::PipelineCache {
    let open = |data: Option<&[u8]>| {
        let descriptor = wgpu::PipelineCacheDescriptor {
            label: Some("compiled kernels"),
            data,
            fallback: true,
        };
        // SAFETY: the data was handed out by wgpu, whole as its checksum shows, and kept where only
        // those write whom the user trusts, which is the promise of CompiledKernels::from_bytes. wgpu
        // compares adapter, driver and size of pointers, the driver its own identifier.
        unsafe { device.create_pipeline_cache(&descriptor) }
    };
    let Some(kernels) = kernels else {
        return open(None);
    };
    let cache = open(Some(&kernels.data));
    match reported(fault) {
        None => cache,
        // wgpu falls back by itself if the driver is another, but not if the adapter is.
        Some(_) => open(None),
    }
}

fn shader_of(kernel: &Kernel) -> &'static Shader {
    named_shader(kernel.shader())
}

fn named_shader(name: &str) -> &'static Shader {
    Shader::named(name).unwrap_or_else(|| panic!("there is no shader '{name}'"))
}

fn module_descriptor(shader: &Shader) -> wgpu::ShaderModuleDescriptor<'_> {
    wgpu::ShaderModuleDescriptor {
        label: Some(shader.name()),
        source: wgpu::ShaderSource::Wgsl(shader.text().into()),
    }
}
