//! The buffers of a forward pass.

use crate::gpu::groups::Batches;
use crate::gpu::layers::Values;
use crate::gpu::{Device, GpuError, View};
use crate::model::Network;

/// The activations of a batch in all layers. Clones are the same buffers.
#[derive(Clone)]
pub struct Activations {
    /// The batches they belong to.
    pub batches: Batches,
    /// The fields the network reads, [group][y][x].
    pub input: View,
    layers: Vec<View>,
}

impl Activations {
    /// Buffers for `batches`.
    pub fn new(device: &Device, network: &Network, batches: Batches) -> Result<Self, GpuError> {
        let input = tensor(device, "fields", batches, network.input().units())?;
        Self::reading(device, network, batches, input)
    }

    /// The same; the network reads `input`.
    pub fn reading(
        device: &Device,
        network: &Network,
        batches: Batches,
        input: View,
    ) -> Result<Self, GpuError> {
        let layers = network.layers().iter();
        Ok(Self {
            batches,
            input,
            layers: layers
                .map(|layer| tensor(device, layer.name, batches, layer.output.units()))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The output of the last layer.
    pub fn last(&self) -> &View {
        self.layers.last().expect("a network has layers")
    }

    /// The penalties of the ten classes, [group][class].
    pub fn penalties(&self) -> &View {
        self.last()
    }

    /// Input and output of the layer at `layer`.
    pub fn of_layer(&self, layer: usize) -> Values<'_> {
        Values {
            input: match layer.checked_sub(1) {
                Some(previous) => &self.layers[previous],
                None => &self.input,
            },
            output: &self.layers[layer],
        }
    }
}

/// A tensor of `units` units per sample, filled with 0.
pub fn tensor(
    device: &Device,
    what: &str,
    batches: Batches,
    units: usize,
) -> Result<View, GpuError> {
    device.zeros(what, batches.room() * units * size_of::<f32>())
}
