//! How the samples of a step get from the data set into the network's input.

use crate::data::Dataset;
use crate::model::Distortion;

use super::groups::Batches;
use super::kernels::{self, batch::BatchShape};
use super::launch::{Launch, Launches};
use super::network::Activations;
use super::progress::Progress;
use super::{Device, GpuError, GrowsWith, View};

/// A data set on an adapter: packed bytes and labels.
pub(super) struct ResidentData {
    /// Packed bytes.
    pub images: View,
    /// The labels.
    pub labels: View,
    /// Pictures in the set.
    pub samples: usize,
}

impl ResidentData {
    /// Copies `data` to `device`.
    pub fn upload(device: &Device, data: &Dataset) -> Result<Self, GpuError> {
        let labels: Vec<u32> = data.labels().iter().map(|&label| label.into()).collect();
        let too_large = |error: GpuError| error.growing_with(GrowsWith::DataSet);
        let images = device.upload("images", data.images());
        let labels = device.upload("labels", &labels);
        Ok(Self {
            images: images.map_err(too_large)?,
            labels: labels.map_err(too_large)?,
            samples: data.len(),
        })
    }
}

/// Where the batch of a step comes from.
#[derive(Clone, Copy)]
pub(super) struct BatchSource<'a> {
    /// The data set.
    pub data: &'a ResidentData,
    /// The step.
    pub progress: &'a Progress,
    /// Whether each model takes the samples in an order of its own, which differs from pass to
    /// pass.
    pub shuffled: bool,
    /// How the samples are distorted.
    pub distortion: &'a Distortion,
    /// Rows and columns of the field they are put into.
    pub field_side: usize,
}

/// The buffers through which a batch is put together.
pub(super) struct Batch {
    chosen: View,
    /// The samples' labels, in groups.
    pub labels: View,
}

impl Batch {
    /// Buffers for `batches`.
    pub fn new(device: &Device, batches: Batches) -> Result<Self, GpuError> {
        let bytes = batches.room() * size_of::<u32>();
        Ok(Self {
            chosen: device.zeros("chosen samples", bytes)?,
            labels: device.zeros("batch labels", bytes)?,
        })
    }

    /// Adds the launches to `launches` that choose the samples of a step from `source` and put them
    /// into the fields of `activations`.
    pub fn push_assembly(
        &self,
        launches: &mut Launches,
        source: &BatchSource,
        activations: &Activations,
    ) {
        let shape = BatchShape {
            batches: activations.batches,
            samples: source.data.samples,
            versions: source.distortion.versions(),
            shuffle: source.shuffled,
            field_side: source.field_side,
        };
        let progress = ("progress", &source.progress.view);
        launches.section("batch");
        launches.push(Launch::new(
            kernels::batch::select_samples(shape),
            [
                progress,
                ("data_labels", &source.data.labels),
                ("chosen", &self.chosen),
                ("labels", &self.labels),
            ],
        ));
        let pixels = [
            ("images", &source.data.images),
            ("selected", &self.chosen),
            ("fields", &activations.input),
        ];
        launches.push(match source.distortion.is_none() {
            true => Launch::new(kernels::batch::assemble(shape), pixels),
            false => Launch::new(
                kernels::batch::assemble_distorted(shape, source.distortion),
                pixels.into_iter().chain([progress]),
            ),
        });
    }
}
