//! An opened adapter: buffers, pipelines, submissions.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

use bytemuck::{AnyBitPattern, NoUninit};
use wgpu::{BufferUsages, Features};

use super::adapter::{AdapterChoice, AdapterDescription, find, needed_limits};
use super::arrival::Arrival;
use super::fault::{Fault, locked, report_faults, reported};
use super::readback::{Readback, ReadbackBuffers};
use super::shader::{EntryPoint, Shader};
use super::{GpuError, Kernel, Variant};

/// A part of a buffer on the adapter.
#[derive(Clone, Debug)]
pub struct View {
    buffer: wgpu::Buffer,
    offset: u64,
    size: u64,
    /// Bytes that are bound: more than `size` where the type in the shader demands it.
    bound: u64,
}

impl View {
    /// The part of this view from byte `offset` on, `size` bytes long; `offset` is a multiple of
    /// 256, WebGPU's alignment of a binding.
    pub fn part(&self, offset: usize, size: usize) -> Self {
        Self {
            buffer: self.buffer.clone(),
            offset: self.offset + offset as u64,
            size: size as u64,
            bound: size as u64,
        }
    }

    /// This view, bound together with as much of the buffer after it as makes `size` bytes: a
    /// uniform binding has to be as large as its type, however little of it is used.
    pub fn bound_as(&self, size: usize) -> Self {
        Self {
            bound: size as u64,
            ..self.clone()
        }
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn binding(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.buffer,
            offset: self.offset,
            size: NonZeroU64::new(self.bound),
        })
    }
}

/// A compiled kernel.
pub(super) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub entry: EntryPoint,
}

/// What a pipeline is compiled from: the name of a kernel, and the bits of its constants.
#[derive(PartialEq, Eq, Hash)]
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

/// An opened adapter. Clones are the same adapter and share what is compiled.
#[derive(Clone)]
pub struct Device {
    description: AdapterDescription,
    variant: Variant,
    device: wgpu::Device,
    queue: wgpu::Queue,
    fault: Fault,
    /// By the name of the shader.
    modules: Arc<Mutex<HashMap<&'static str, wgpu::ShaderModule>>>,
    pipelines: Arc<Mutex<HashMap<PipelineKey, Arc<Pipeline>>>>,
}

impl Device {
    /// Opens the adapter that `choice` selects; `Ok(None)` stands for the CPU path.
    ///
    /// # Errors
    /// If nothing matches, or what matches cannot be used or opened.
    pub async fn open(choice: &AdapterChoice) -> Result<Option<Self>, GpuError> {
        let Some((description, adapter)) = find(choice).await? else {
            return Ok(None);
        };
        let request = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("lenet-gpu"),
            required_limits: needed_limits(),
            // Only to profile with; no kernel needs it.
            required_features: adapter.features() & Features::TIMESTAMP_QUERY,
            ..Default::default()
        });
        let (device, queue) = request.await.map_err(|error| GpuError::Open {
            adapter: description.name.clone(),
            reason: error.to_string(),
        })?;
        let fault = Fault::default();
        report_faults(&device, &fault);
        Ok(Some(Self {
            variant: Variant::for_adapter(&description),
            description,
            device,
            queue,
            fault,
            modules: Arc::default(),
            pipelines: Arc::default(),
        }))
    }

    /// Name, backend, type and driver.
    pub fn description(&self) -> &AdapterDescription {
        &self.description
    }

    /// How the kernels of all plans that are made with it divide their work.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// The same adapter, with the work divided as `variant` says.
    pub fn with_variant(&self, variant: Variant) -> Self {
        Self {
            variant,
            ..self.clone()
        }
    }

    /// Fails with the error that the device reported since it was last checked, if any.
    ///
    /// # Errors
    /// That error.
    pub fn check(&self) -> Result<(), GpuError> {
        match reported(&self.fault) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// A buffer of `bytes` bytes, filled with 0; errors call it `what`.
    ///
    /// # Errors
    /// If it is larger than one binding may be, or memory is out.
    pub fn zeros(&self, what: &str, bytes: usize) -> Result<View, GpuError> {
        let limit = self.device.limits().max_storage_buffer_binding_size;
        let size = (bytes as u64).next_multiple_of(4).max(4);
        if size > limit {
            return Err(GpuError::BufferTooLarge {
                what: what.to_owned(),
                bytes: size,
                limit,
            });
        }
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(what),
            size,
            usage: BufferUsages::STORAGE
                | BufferUsages::UNIFORM
                | BufferUsages::COPY_SRC
                | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.check()?;
        Ok(View {
            buffer,
            offset: 0,
            size,
            bound: size,
        })
    }

    /// A buffer that holds `values`.
    ///
    /// # Errors
    /// As [`Device::zeros`].
    pub fn upload<T: NoUninit>(&self, what: &str, values: &[T]) -> Result<View, GpuError> {
        let view = self.zeros(what, size_of_val(values))?;
        self.write(&view, values);
        Ok(view)
    }

    /// Overwrites the start of `view`, before whatever is submitted next.
    pub fn write<T: NoUninit>(&self, view: &View, values: &[T]) {
        self.write_at(view, 0, values);
    }

    /// As [`Device::write`], from byte `offset` of `view` on, a multiple of 4.
    pub(super) fn write_at<T: NoUninit>(&self, view: &View, offset: usize, values: &[T]) {
        let mut bytes = bytemuck::cast_slice(values).to_vec();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let offset = view.offset + offset as u64;
        self.queue.write_buffer(&view.buffer, offset, &bytes);
    }

    /// Reads all of `view`, after everything submitted before.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn read<T: AnyBitPattern + NoUninit>(&self, view: &View) -> Result<Vec<T>, GpuError> {
        let buffers = ReadbackBuffers::new("read", view.size);
        let buffer = self.readback_buffer(&buffers);
        let mut encoder = self.encoder();
        self.copy_out(&mut encoder, view, &buffer, 0);
        let submission = self.submit(encoder);
        self.read_back(&buffers, buffer, submission).values().await
    }

    /// A free one of `buffers`, or a new one; the caller's until [`Device::read_back`].
    pub(super) fn readback_buffer(&self, buffers: &ReadbackBuffers) -> wgpu::Buffer {
        let new = || self.device.create_buffer(&buffers.descriptor());
        buffers.take_free().unwrap_or_else(new)
    }

    pub(super) fn encoder(&self) -> wgpu::CommandEncoder {
        self.device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    pub(super) fn copy_out(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        from: &View,
        to: &wgpu::Buffer,
        to_offset: u64,
    ) {
        encoder.copy_buffer_to_buffer(&from.buffer, from.offset, to, to_offset, from.size);
    }

    /// Copies all of `from` to the start of `to`, another buffer.
    pub(super) fn copy(&self, encoder: &mut wgpu::CommandEncoder, from: &View, to: &View) {
        self.copy_out(encoder, from, &to.buffer, to.offset);
    }

    /// Submits `encoder`, without waiting for it.
    pub(super) fn submit(&self, encoder: wgpu::CommandEncoder) -> wgpu::SubmissionIndex {
        self.queue.submit([encoder.finish()])
    }

    /// Submits `encoder`, and waits for its end.
    ///
    /// # Errors
    /// If the device reported an error.
    pub(super) async fn run(&self, encoder: wgpu::CommandEncoder) -> Result<(), GpuError> {
        self.run_encoded(encoder.finish()).await
    }

    /// Submits `commands`, and waits for their end.
    ///
    /// # Errors
    /// If the device reported an error.
    pub(super) async fn run_encoded(&self, commands: wgpu::CommandBuffer) -> Result<(), GpuError> {
        let submission = self.queue.submit([commands]);
        let (sender, arrival) = Arrival::new(&self.device, &self.fault, submission);
        self.queue
            .on_submitted_work_done(move || sender.send(Ok(())));
        arrival.await
    }

    /// Asks for `buffer`, one of `buffers`, to be read back after `submission`, the last that writes
    /// it.
    pub(super) fn read_back(
        &self,
        buffers: &ReadbackBuffers,
        buffer: wgpu::Buffer,
        submission: wgpu::SubmissionIndex,
    ) -> Readback {
        let (sender, arrival) = Arrival::new(&self.device, &self.fault, submission);
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            sender.send(result.map_err(|error| {
                GpuError::Reported(format!("its results could not be read back ({error})"))
            }));
        });
        Readback::new(buffers, buffer, arrival)
    }

    /// Whether the adapter can tell the time between compute passes.
    pub fn has_timestamps(&self) -> bool {
        self.device.features().contains(Features::TIMESTAMP_QUERY)
    }

    /// A set of `count` timestamps, on a device that has them.
    pub(super) fn timestamps(&self, count: u32) -> wgpu::QuerySet {
        self.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("timestamps"),
            ty: wgpu::QueryType::Timestamp,
            count,
        })
    }

    /// Runs `encoder`, which writes the `count` timestamps of `set`, and returns them in seconds
    /// since the first of them.
    pub(super) async fn run_timed(
        &self,
        mut encoder: wgpu::CommandEncoder,
        set: &wgpu::QuerySet,
        count: u32,
    ) -> Result<Vec<f64>, GpuError> {
        let size = u64::from(count) * u64::from(wgpu::QUERY_SIZE);
        let resolved = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("timestamps"),
            size,
            usage: BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let buffers = ReadbackBuffers::new("timestamps", size);
        let buffer = self.readback_buffer(&buffers);
        encoder.resolve_query_set(set, 0..count, &resolved, 0);
        encoder.copy_buffer_to_buffer(&resolved, 0, &buffer, 0, size);
        let readback = self.read_back(&buffers, buffer, self.submit(encoder));
        let ticks: Vec<u64> = readback.values().await?;
        let first = ticks.iter().copied().min().unwrap_or_default();
        let seconds_per_tick = f64::from(self.queue.get_timestamp_period()) * 1e-9;
        // The raw numbers have more digits than a float holds.
        let seconds = |tick: u64| (tick - first) as f64 * seconds_per_tick;
        Ok(ticks.into_iter().map(seconds).collect())
    }

    pub(super) fn create_bind_group(
        &self,
        pipeline: &wgpu::ComputePipeline,
        entries: &[wgpu::BindGroupEntry<'_>],
    ) -> wgpu::BindGroup {
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries,
        })
    }

    /// The compiled `kernel`; compiled once for each set of constants.
    ///
    /// # Panics
    /// If `kernel` names no shader: kernels are part of the program, not of its input.
    pub(super) fn pipeline(&self, kernel: &Kernel) -> Result<Arc<Pipeline>, GpuError> {
        let key = PipelineKey::of(kernel);
        if let Some(pipeline) = locked(&self.pipelines).get(&key) {
            return Ok(Arc::clone(pipeline));
        }
        let shader = Shader::named(kernel.shader())
            .unwrap_or_else(|| panic!("{} names no shader", kernel.name));
        let entry = entry_point(shader, kernel)?;
        // SAFETY: this is a text of this program. All its loops end: they count up to bounds known when
        // the kernel is launched, or walk the cycle of a permutation. No index leaves its array: each
        // kernel compares its place with its sizes, blocks and data sets cannot be made of others than
        // fit, and the harness runs each kernel on shapes that fit no block, with inputs and outputs
        // between guard words. Only the crate makes kernels and launches them, on buffers of the sizes
        // that they are made for.
        let compiled = || unsafe { self.unchecked_module(shader) };
        let module = locked(&self.modules)
            .entry(shader.name())
            .or_insert_with(compiled)
            .clone();
        let pipeline = Arc::new(self.compile(entry, &module, kernel)?);
        locked(&self.pipelines).insert(key, Arc::clone(&pipeline));
        Ok(pipeline)
    }

    /// As [`Device::pipeline`], from `shader`, which may differ from the program's own: it runs with
    /// all of wgpu's checks, and is compiled each time.
    pub(super) fn pipeline_of(
        &self,
        shader: &Shader,
        kernel: &Kernel,
    ) -> Result<Arc<Pipeline>, GpuError> {
        let entry = entry_point(shader, kernel)?;
        let module = self.device.create_shader_module(module_descriptor(shader));
        Ok(Arc::new(self.compile(entry, &module, kernel)?))
    }

    /// As [`Device::pipeline_of`], but compiled as the program's own shaders are.
    ///
    /// # Safety
    /// As for [`Device::unchecked_module`].
    pub(super) unsafe fn unchecked_pipeline_of(
        &self,
        shader: &Shader,
        kernel: &Kernel,
    ) -> Result<Arc<Pipeline>, GpuError> {
        let entry = entry_point(shader, kernel)?;
        // SAFETY: the caller's.
        let module = unsafe { self.unchecked_module(shader) };
        Ok(Arc::new(self.compile(entry, &module, kernel)?))
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

    /// The pipeline of `kernel`, whose entry point `entry` is in `module`.
    fn compile(
        &self,
        entry: &EntryPoint,
        module: &wgpu::ShaderModule,
        kernel: &Kernel,
    ) -> Result<Pipeline, GpuError> {
        let constants: Vec<(&str, f64)> = kernel
            .constants
            .iter()
            .filter(|(name, _)| entry.constants.iter().any(|known| known == name))
            .copied()
            .collect();
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
                cache: None,
            });
        self.check()?;
        Ok(Pipeline {
            pipeline,
            entry: entry.clone(),
        })
    }
}

/// The entry point of `kernel` in `shader`.
fn entry_point<'a>(shader: &'a Shader, kernel: &Kernel) -> Result<&'a EntryPoint, GpuError> {
    shader
        .entry_point(kernel.entry_point())
        .map_err(GpuError::Reported)
}

fn module_descriptor(shader: &Shader) -> wgpu::ShaderModuleDescriptor<'_> {
    wgpu::ShaderModuleDescriptor {
        label: Some(shader.name()),
        source: wgpu::ShaderSource::Wgsl(shader.text().into()),
    }
}
