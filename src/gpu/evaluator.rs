//! Running a trained network over a data set on an adapter.

use crate::data::Dataset;
use crate::model::{DIGITS, Distortion, Network};

use super::groups::{Batches, deinterleave};
use super::kernels::{self, batch::BatchShape};
use super::network::{Activations, NetworkTables, parameter_arena};
use super::{Device, GpuError, Plan, View};

/// A data set on an adapter: packed bytes and labels.
pub(super) struct ResidentData {
    pub images: View,
    pub labels: View,
    pub samples: usize,
}

impl ResidentData {
    pub fn upload(device: &Device, data: &Dataset) -> Result<Self, GpuError> {
        let labels: Vec<u32> = data.labels.iter().map(|&label| label.into()).collect();
        Ok(Self {
            images: device.upload("images", &data.images)?,
            labels: device.upload("labels", &labels)?,
            samples: data.len(),
        })
    }
}

/// The buffers through which a batch is put together, shared by training and evaluation.
pub(super) struct BatchViews {
    pub chosen: View,
    pub labels: View,
}

impl BatchViews {
    pub fn new(device: &Device, batches: Batches) -> Result<Self, GpuError> {
        let bytes = batches.room() * size_of::<u32>();
        Ok(Self {
            chosen: device.zeros("chosen samples", bytes)?,
            labels: device.zeros("batch labels", bytes)?,
        })
    }

    /// Adds the dispatches that fill `fields` with the samples of the step `progress` stands at.
    #[expect(clippy::too_many_arguments, reason = "all of them bindings")]
    pub fn push_assembly(
        &self,
        device: &Device,
        plan: &mut Plan,
        shape: BatchShape,
        data: &ResidentData,
        progress: &View,
        fields: &View,
        distortion: &Distortion,
    ) -> Result<(), GpuError> {
        plan.section("batch");
        plan.push(
            device,
            kernels::batch::select_samples(shape),
            &[
                ("progress", progress),
                ("data_labels", &data.labels),
                ("chosen", &self.chosen),
                ("labels", &self.labels),
            ],
        )?;
        let pixels = [
            ("images", &data.images),
            ("selected", &self.chosen),
            ("fields", fields),
        ];
        if distortion.is_none() {
            return plan.push(device, kernels::batch::assemble(shape), &pixels);
        }
        let kernel = kernels::batch::assemble_distorted(shape, distortion);
        plan.push(
            device,
            kernel,
            &[&pixels[..], &[("progress", progress)]].concat(),
        )
    }
}

/// Computes the penalties of every picture of one data set.
pub struct Evaluator {
    plan: Plan,
    progress: View,
    penalties: View,
    batch: usize,
    samples: usize,
}

impl Evaluator {
    /// Samples that are computed at once where nothing else is asked for.
    pub const BATCH: usize = 1000;

    /// An evaluator of `network`, with the parameters in `arena`, over `data`, of which `batch`
    /// samples are computed at once.
    ///
    /// # Errors
    /// If the adapter has no room for it.
    pub fn new(
        device: &Device,
        network: &Network,
        arena: &[f32],
        data: &Dataset,
        batch: usize,
    ) -> Result<Self, GpuError> {
        let arena = parameter_arena(device, arena)?;
        let batch = data.len().min(batch);
        let batches = Batches::single(batch);
        let data = ResidentData::upload(device, data)?;
        let tables = NetworkTables::new(device, network)?;
        let activations = Activations::new(device, network, batches)?;
        let progress = device.upload("progress", &[0u32; 4])?;
        let shape = BatchShape {
            batches,
            samples: data.samples,
            versions: 1,
            shuffle: false,
            field_side: network.input().height,
        };
        let mut plan = Plan::default();
        BatchViews::new(device, batches)?.push_assembly(
            device,
            &mut plan,
            shape,
            &data,
            &progress,
            &activations.input,
            &Distortion::NONE,
        )?;
        tables.push_forward(device, &mut plan, &arena, batches, &activations)?;
        Ok(Self {
            plan,
            progress,
            penalties: activations.penalties().clone(),
            batch,
            samples: data.samples,
        })
    }

    /// The penalties [n,class] of every picture.
    ///
    /// # Errors
    /// If the device reported an error.
    pub fn penalties(&self, device: &Device) -> Result<Vec<f32>, GpuError> {
        let steps = self.samples.div_ceil(self.batch);
        let size = self.penalties.size();
        let readback = device.readback("penalties", size * steps as u64);
        for step in 0..steps {
            device.write(&self.progress, &[step as u32]);
            let mut encoder = device.encoder();
            self.plan.encode(&mut encoder, 1);
            device.copy_out(&mut encoder, &self.penalties, &readback, size * step as u64);
            device.submit(encoder);
        }
        device.map(&readback);
        device.wait(None)?;
        let grouped: Vec<f32> = device.mapped(&readback, size * steps as u64)?;
        let step_len = size as usize / size_of::<f32>();
        Ok(grouped
            .chunks(step_len)
            .enumerate()
            .flat_map(|(step, values)| {
                let samples = self.batch.min(self.samples - step * self.batch);
                deinterleave(values, DIGITS, samples)
            })
            .collect())
    }
}
