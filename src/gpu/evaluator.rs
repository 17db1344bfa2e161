//! Running a trained network over a data set on an adapter.

use crate::data::Dataset;
use crate::model::{DIGITS, Distortion, Network, Parameters};

use super::batch::{Batch, BatchSource, ResidentData};
use super::groups::{Batches, deinterleave};
use super::launch::Launches;
use super::layers::parameter_arena;
use super::network::{Activations, LayeredNetwork};
use super::progress::Progress;
use super::{Device, GpuError, Plan, View};

/// Computes the penalties of every picture of one data set.
pub struct Evaluator {
    plan: Plan,
    progress: Progress,
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
    ///
    /// # Panics
    /// If there are no pictures, `batch` is 0 or `arena` is that of another network.
    pub fn new(
        device: &Device,
        network: &Network,
        arena: &[f32],
        data: &Dataset,
        batch: usize,
    ) -> Result<Self, GpuError> {
        let size = data.len().min(batch);
        assert!(size > 0, "at least one picture is computed at once");
        let arena_len = Parameters::of(network).arena_len();
        assert_eq!(arena.len(), arena_len, "the parameters of another network");
        let batches = Batches::single(size);
        let data = ResidentData::upload(device, data)?;
        let progress = Progress::upload(device, 0, &[0])?;
        let arena = parameter_arena(device, arena)?;
        let layers = LayeredNetwork::new(device, network, &arena, batches.models)?;
        let activations = Activations::new(device, network, batches)?;
        let source = BatchSource {
            data: &data,
            progress: &progress,
            shuffled: false,
            distortion: &Distortion::NONE,
            field_side: network.input().height,
        };
        let mut launches = Launches::default();
        Batch::new(device, batches)?.push_assembly(&mut launches, &source, &activations);
        layers.push_forward(&mut launches, &activations);
        Ok(Self {
            plan: Plan::of(device, launches)?,
            progress,
            penalties: activations.penalties().clone(),
            batch: size,
            samples: data.samples,
        })
    }

    /// The penalties [n,class] of every picture.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn penalties(&self, device: &Device) -> Result<Vec<f32>, GpuError> {
        let steps = self.samples.div_ceil(self.batch);
        let size = self.penalties.size();
        let buffer = device.readback_buffer("penalties", size * steps as u64);
        let mut last = None;
        for step in 0..steps {
            self.progress.go_to(device, step);
            let mut encoder = device.encoder();
            self.plan.encode(&mut encoder, 1);
            device.copy_out(&mut encoder, &self.penalties, &buffer, size * step as u64);
            last = Some(device.submit(encoder));
        }
        let last = last.expect("there is a picture");
        let grouped: Vec<f32> = device.read_back(buffer, last).values().await?;
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
