//! Reading results back to the host.

use std::sync::{Arc, Mutex};

use bytemuck::{AnyBitPattern, NoUninit};
use wgpu::BufferUsages;

use super::GpuError;
use super::arrival::Arrival;
use super::fault::locked;

/// Buffers of one size that results are read back through. One whose results have been taken is used
/// again.
#[derive(Clone)]
pub(super) struct ReadbackBuffers {
    what: &'static str,
    size: u64,
    free: Arc<Mutex<Vec<wgpu::Buffer>>>,
}

impl ReadbackBuffers {
    /// Buffers of `size` bytes for `what`; none is made before it is needed.
    pub fn new(what: &'static str, size: u64) -> Self {
        Self {
            what,
            size,
            free: Arc::default(),
        }
    }

    /// One that nothing is read back through any more, from now on the caller's.
    pub fn take_free(&self) -> Option<wgpu::Buffer> {
        locked(&self.free).pop()
    }

    /// What a new one is made by.
    pub fn descriptor(&self) -> wgpu::BufferDescriptor<'static> {
        wgpu::BufferDescriptor {
            label: Some(self.what),
            size: self.size,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        }
    }
}

/// A submission's results on their way back to the host.
pub(super) struct Readback {
    buffer: wgpu::Buffer,
    arrival: Arrival,
    /// Where the buffer belongs.
    buffers: ReadbackBuffers,
}

impl Readback {
    /// The content of `buffer`, one of `buffers`, which `arrival` says can be read.
    pub fn new(buffers: &ReadbackBuffers, buffer: wgpu::Buffer, arrival: Arrival) -> Self {
        Self {
            buffer,
            arrival,
            buffers: buffers.clone(),
        }
    }

    /// Waits for the results. May be given up and begun again.
    pub async fn arrived(&mut self) -> Result<(), GpuError> {
        (&mut self.arrival).await
    }

    /// The results, which have arrived.
    pub fn take<T: AnyBitPattern + NoUninit>(self) -> Result<Vec<T>, GpuError> {
        let bytes = self
            .buffer
            .slice(..)
            .get_mapped_range()
            .map_err(|error| GpuError::Reported(error.to_string()))?;
        let results = bytemuck::pod_collect_to_vec(&bytes);
        drop(bytes);
        self.buffer.unmap();
        locked(&self.buffers.free).push(self.buffer);
        Ok(results)
    }

    /// Waits for the results and returns them.
    pub async fn values<T: AnyBitPattern + NoUninit>(mut self) -> Result<Vec<T>, GpuError> {
        self.arrived().await?;
        self.take()
    }
}
