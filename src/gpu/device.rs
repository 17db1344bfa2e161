//! An opened adapter: buffers, pipelines, submissions.

use std::num::NonZeroU64;
use std::sync::Arc;

use bytemuck::{AnyBitPattern, NoUninit};
use wgpu::{BufferUsages, Features};

use super::adapter::{AdapterChoice, AdapterDescription, Found, Otherwise};
use super::arrival::Arrival;
use super::error::{GpuError, GrowsWith};
use super::fault::{Fault, report_faults, reported};
use super::limits::{largest_buffer, limits_to_ask_for, needed_limits};
use super::options::{DeviceObserver, DeviceOptions};
use super::pipelines::Pipelines;
use super::readback::{Readback, ReadbackBuffers};
use super::variant::{Variant, nearest_batch};

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

/// An opened adapter. Clones are the same adapter and share what is compiled.
#[derive(Clone)]
pub struct Device {
    description: AdapterDescription,
    variant: Variant,
    /// Batch sizes that another variant trains faster at, with it.
    by_batch: Arc<[(usize, Variant)]>,
    device: wgpu::Device,
    queue: wgpu::Queue,
    fault: Fault,
    pipelines: Arc<Pipelines>,
    observer: Option<Arc<dyn DeviceObserver>>,
}

impl Device {
    /// Opens the adapter that `choice` selects; `Ok(None)` stands for the CPU path.
    ///
    /// # Errors
    /// As [`Found::of`], and if it cannot be opened.
    pub async fn open(choice: &AdapterChoice) -> Result<Option<Self>, GpuError> {
        let found = Found::of(choice, Otherwise::CpuPath).await?;
        Self::of(found, DeviceOptions::default()).await
    }

    /// Opens the adapter in `found`; `Ok(None)` stands for the CPU path.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub async fn of(found: Found, options: DeviceOptions) -> Result<Option<Self>, GpuError> {
        let Some((description, adapter)) = found.adapter else {
            return Ok(None);
        };
        // No kernel needs these: the one is to profile with, the other saves time.
        let features = Features::TIMESTAMP_QUERY | Features::PIPELINE_CACHE;
        let request = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("lenet-gpu"),
            required_limits: limits_to_ask_for(&adapter.limits()),
            required_features: adapter.features() & features,
            ..Default::default()
        });
        let (device, queue) = request.await.map_err(|error| GpuError::Open {
            adapter: description.name.clone(),
            reason: error.to_string(),
        })?;
        let fault = Fault::default();
        report_faults(&device, &fault);
        let observer = options.observer.clone();
        let pipelines = Pipelines::new(&device, &fault, options);
        Ok(Some(Self {
            variant: Variant::for_adapter(&description),
            by_batch: Arc::default(),
            description,
            device,
            queue,
            fault,
            // In a browser, what belongs to a device stays on its thread.
            #[cfg_attr(target_arch = "wasm32", allow(clippy::arc_with_non_send_sync))]
            pipelines: Arc::new(pipelines),
            observer,
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

    /// The same for training in batches of `batch` samples.
    pub fn variant_at(&self, batch: usize) -> Variant {
        let known = nearest_batch(&self.by_batch, |(known, _)| *known, batch);
        known.map_or(self.variant, |&(_, variant)| variant)
    }

    /// Whether it trains in the same variant whatever the batch size is.
    pub fn has_one_variant(&self) -> bool {
        self.by_batch.is_empty()
    }

    /// The same adapter, with the work divided as `variant` says, whatever the batch size is.
    pub fn with_variant(&self, variant: Variant) -> Self {
        Self {
            variant,
            by_batch: Arc::default(),
            ..self.clone()
        }
    }

    /// The same adapter, which trains in batches of about so many samples in another variant.
    pub fn with_variants_at(&self, by_batch: impl IntoIterator<Item = (usize, Variant)>) -> Self {
        Self {
            by_batch: by_batch.into_iter().collect(),
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
    /// If it is larger than the adapter allows, or memory is out.
    pub fn zeros(&self, what: &str, bytes: usize) -> Result<View, GpuError> {
        let size = (bytes as u64).next_multiple_of(4).max(4);
        self.check_size(what, size)?;
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

    /// Refuses a buffer of `size` bytes that the adapter has no room for, and tells of one that other
    /// adapters may have none for.
    fn check_size(&self, what: &str, size: u64) -> Result<(), GpuError> {
        let limit = largest_buffer(&self.device.limits());
        if size > limit {
            return Err(GpuError::BufferTooLarge {
                what: what.to_owned(),
                bytes: size,
                adapter: self.description.name.clone(),
                limit,
                grows_with: GrowsWith::Batch,
            });
        }
        let default = largest_buffer(&needed_limits());
        if let Some(observer) = &self.observer
            && size > default
        {
            observer.large_buffer(what, size, default);
        }
        Ok(())
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

    /// Its compiled kernels.
    pub(super) fn pipelines(&self) -> &Pipelines {
        &self.pipelines
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
}
