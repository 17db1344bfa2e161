//! The gradients of a batch's loss, and the backward pass through all layers that computes them.

use crate::gpu::launch::{Launch, Launches};
use crate::gpu::layers::Derivatives;
use crate::gpu::{Device, GpuError, View, kernels};

use super::activations::{Activations, tensor};
use super::derivatives::{LayerDerivatives, ParameterDerivatives};
use super::layered::LayeredNetwork;

/// The buffers of a backward pass.
pub struct Gradients {
    layers: Vec<LayerDerivatives>,
    parameters: ParameterDerivatives,
}

impl Gradients {
    /// Buffers for a backward pass after `activations`. The gradient with respect to the parameters
    /// goes into `arena`.
    pub fn new(
        device: &Device,
        network: &LayeredNetwork,
        activations: &Activations,
        arena: View,
    ) -> Result<Self, GpuError> {
        let batches = activations.batches;
        let layers = network.layers.iter().enumerate().map(|(index, layer)| {
            let sums = tensor(device, "gradients", batches, layer.units)?;
            let outputs = match squashing_kernel_follows(network, index) {
                true => tensor(device, "gradients", batches, layer.units)?,
                false => sums.clone(),
            };
            Ok(LayerDerivatives { sums, outputs })
        });
        let partial_sums = network.trainable().filter_map(|trainable| {
            let slices = trainable.slices(batches.size)?;
            Some(trainable.parameters().partial_sums(slices))
        });
        let names = ["weight_gradient", "bias_gradient"];
        let most = partial_sums.max().unwrap_or(0);
        Ok(Self {
            layers: layers.collect::<Result<_, GpuError>>()?,
            parameters: ParameterDerivatives::new(device, arena, most, names)?,
        })
    }

    /// Where ∂E/∂penalty goes, [group][class].
    pub fn penalties(&self) -> &View {
        &self.layers.last().expect("a network has layers").outputs
    }

    /// ∂E/∂parameter, an arena.
    pub fn parameters(&self) -> &View {
        self.parameters.arena()
    }
}

/// Whether the backward pass needs a kernel of its own for the squashing of layer `index`.
fn squashing_kernel_follows(network: &LayeredNetwork, index: usize) -> bool {
    let passed_by_next = network
        .layers
        .get(index + 1)
        .is_some_and(|next| next.kernels.passes_squashing());
    network.layers[index].squashed && !passed_by_next
}

impl LayeredNetwork {
    /// Adds the backward launches of all layers to `launches`: from ∂E/∂penalty to ∂E/∂parameter,
    /// both of them in `gradients`.
    pub fn push_backward(
        &self,
        launches: &mut Launches,
        activations: &Activations,
        gradients: &Gradients,
    ) {
        let batches = activations.batches;
        for (index, layer) in self.layers.iter().enumerate().rev() {
            launches.section(layer.name);
            let (values, own) = (activations.of_layer(index), &gradients.layers[index]);
            if squashing_kernel_follows(self, index) {
                launches.push(Launch::new(
                    kernels::squash::backward_input(batches.room(), layer.units),
                    [
                        ("squashed", values.output),
                        ("output_gradient", &own.outputs),
                        ("input_gradient", &own.sums),
                    ],
                ));
            }
            if let Some(trainable) = layer.kernels.trainable() {
                let launch = trainable.backward_weight(batches.size, values.input, &own.sums);
                let slices = trainable.slices(batches.size);
                let target = &gradients.parameters;
                target.push(launches, trainable.parameters(), launch, slices);
            }
            if let Some(previous) = index.checked_sub(1) {
                let derivatives = Derivatives {
                    sums: &own.sums,
                    input: &gradients.layers[previous].outputs,
                };
                let batch = layer.batch(batches);
                let mut launch = layer.kernels.backward_input(batch, values, derivatives);
                let input_squashed = self.layers[previous].squashed;
                launch.kernel = layer
                    .for_all_models(launch.kernel)
                    .after_squashing(input_squashed && layer.kernels.passes_squashing());
                launches.push(launch);
            }
        }
    }
}
