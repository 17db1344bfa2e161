//! The layers of a network on an adapter, and the forward pass through them.

use crate::gpu::groups::Batches;
use crate::gpu::launch::Launches;
use crate::gpu::layers::{LayerKernels, LayerParameters, TrainableKernels, kernels_of};
use crate::gpu::{Device, GpuError, Kernel, View};
use crate::model::{Network, Parameters};

use super::activations::Activations;

/// The layers of a network on an adapter, with the parameters of one model or of several.
pub struct LayeredNetwork {
    pub layers: Vec<NetworkLayer>,
}

/// A layer's kernels, and its row of the layer table.
pub struct NetworkLayer {
    pub name: &'static str,
    /// Units of its output.
    pub units: usize,
    pub squashed: bool,
    pub kernels: Box<dyn LayerKernels>,
}

impl LayeredNetwork {
    /// `models` models of `network`, whose parameters are those in `arena`.
    pub fn new(
        device: &Device,
        network: &Network,
        arena: &View,
        models: usize,
    ) -> Result<Self, GpuError> {
        let layout = Parameters::of(network);
        let layers = network.layers().iter().enumerate().map(|(index, layer)| {
            let parameters = || {
                LayerParameters::of_layer(&layout, index, arena, models)
                    .expect("a layer with trainable kernels has parameters")
            };
            Ok(NetworkLayer {
                name: layer.name,
                units: layer.output.units(),
                squashed: layer.squashed,
                kernels: kernels_of(device, layer, parameters)?,
            })
        });
        Ok(Self {
            layers: layers.collect::<Result<_, GpuError>>()?,
        })
    }

    /// The kernels of all trainable layers.
    pub fn trainable(&self) -> impl Iterator<Item = &dyn TrainableKernels> {
        self.layers
            .iter()
            .filter_map(|layer| layer.kernels.trainable())
    }

    /// Adds the forward launches of all layers to `launches`, from the fields in `activations`.
    pub fn push_forward(&self, launches: &mut Launches, activations: &Activations) {
        for (index, layer) in self.layers.iter().enumerate() {
            launches.section(layer.name);
            let batch = layer.batch(activations.batches);
            let mut launch = layer.kernels.forward(batch, activations.of_layer(index));
            launch.kernel = layer
                .for_all_models(launch.kernel)
                .squashing(layer.squashed);
            launches.push(launch);
        }
    }
}

impl NetworkLayer {
    /// Samples that the layer's kernels see as one batch: a model's where the layer has parameters,
    /// else those of all models.
    pub fn batch(&self, batches: Batches) -> usize {
        match self.kernels.trainable() {
            Some(_) => batches.size,
            None => batches.room(),
        }
    }

    /// `kernel` of this layer for [`NetworkLayer::batch`], launched for all models.
    pub fn for_all_models(&self, kernel: Kernel) -> Kernel {
        match self.kernels.trainable() {
            Some(trainable) => trainable.parameters().for_all_models(kernel),
            None => kernel,
        }
    }
}
