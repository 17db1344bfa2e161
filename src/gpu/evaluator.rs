//! Running a trained network over a data set on an adapter.

use crate::data::Dataset;
use crate::model::{DIGITS, Distortion, Network, Parameters};

use super::batch::{Batch, BatchSource, ResidentData};
use super::groups::{Batches, deinterleave};
use super::launch::Launches;
use super::layers::parameter_arena;
use super::network::{Activations, LayeredNetwork};
use super::progress::Progress;
use super::readback::ReadbackBuffers;
use super::{Device, GpuError, Plan, View};

/// Computes the penalties of every picture of one data set.
pub struct Evaluator {
    plan: Plan,
    progress: Progress,
    /// The parameters it computes with.
    arena: View,
    penalties: View,
    readback: ReadbackBuffers,
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
        let penalties = activations.penalties().clone();
        let bytes = penalties.size() * data.samples.div_ceil(size) as u64;
        Ok(Self {
            plan: Plan::of(device, launches)?,
            progress,
            arena,
            penalties,
            readback: ReadbackBuffers::new("penalties", bytes),
            batch: size,
            samples: data.samples,
        })
    }

    /// The parameters it computes with, to be overwritten.
    pub(super) fn arena(&self) -> &View {
        &self.arena
    }

    /// The penalties [n,class] of every picture.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn penalties(&self, device: &Device) -> Result<Vec<f32>, GpuError> {
        self.request(device).await
    }

    /// Asks for the penalties [n,class] of every picture: with the parameters after everything
    /// submitted before. The future is ready when they have arrived.
    pub(super) fn request(
        &self,
        device: &Device,
    ) -> impl Future<Output = Result<Vec<f32>, GpuError>> + use<> {
        let (batch, samples) = (self.batch, self.samples);
        let steps = samples.div_ceil(batch);
        let size = self.penalties.size();
        let buffer = device.readback_buffer(&self.readback);
        let mut last = None;
        for step in 0..steps {
            self.progress.go_to(device, step);
            let mut encoder = device.encoder();
            self.plan.encode(&mut encoder, 1);
            device.copy_out(&mut encoder, &self.penalties, &buffer, size * step as u64);
            last = Some(device.submit(encoder));
        }
        let last = last.expect("there is a picture");
        let requested = device.read_back(&self.readback, buffer, last);
        async move {
            let grouped: Vec<f32> = requested.values().await?;
            let step_len = size as usize / size_of::<f32>();
            let of_step = |(step, values)| {
                let samples = batch.min(samples - step * batch);
                deinterleave(values, DIGITS, samples)
            };
            let steps = grouped.chunks(step_len).enumerate();
            Ok(steps.flat_map(of_step).collect())
        }
    }
}
