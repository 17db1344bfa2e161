//! The metrics of the latest steps, kept on the adapter until they are read together.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::model::StepMetrics;

use super::{Device, GpuError, View};

/// A model's metrics of a step, as `metrics.wgsl` writes them.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct RingEntry {
    loss: f32,
    errors: u32,
    count: u32,
}

/// The metrics of the latest steps: those of step s are at s modulo [`MetricsRing::STEPS`].
pub(crate) struct MetricsRing {
    /// [step][model] of [`RingEntry`].
    pub view: View,
    models: usize,
}

impl MetricsRing {
    /// Steps after which metrics are overwritten.
    pub const STEPS: usize = 1024;

    /// A ring for `models` models.
    pub fn new(device: &Device, models: usize) -> Result<Self, GpuError> {
        let bytes = Self::STEPS * models * size_of::<RingEntry>();
        Ok(Self {
            view: device.zeros("metrics", bytes)?,
            models,
        })
    }

    /// The metrics [step][model] of `steps`, from all entries of the ring.
    pub fn metrics_of(&self, steps: Range<usize>, entries: &[RingEntry]) -> Vec<StepMetrics> {
        let of_entry = |entry: &RingEntry| StepMetrics {
            loss: entry.loss.into(),
            errors: entry.errors as usize,
            count: entry.count as usize,
        };
        steps
            .flat_map(|step| &entries[step % Self::STEPS * self.models..][..self.models])
            .map(of_entry)
            .collect()
    }
}
