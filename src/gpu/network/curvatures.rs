//! The second derivatives of a batch's loss, and the backward pass through all layers that computes
//! them: the same recursion as `src/reference/curvature.rs`, where it is described.

use crate::gpu::launch::{Launch, Launches};
use crate::gpu::layers::Derivatives;
use crate::gpu::{Device, GpuError, View, kernels};

use super::activations::{Activations, tensor};
use super::derivatives::{LayerDerivatives, ParameterDerivatives};
use super::layered::LayeredNetwork;

/// The buffers of a backward pass of second derivatives.
pub struct Curvatures {
    layers: Vec<LayerDerivatives>,
    parameters: ParameterDerivatives,
    /// Where ∂E/∂penalty goes, [group][class].
    pub penalty_gradient: View,
}

impl Curvatures {
    /// Buffers for a backward pass after `activations`. The second derivatives with respect to the
    /// parameters go into `arena`.
    pub fn new(
        device: &Device,
        network: &LayeredNetwork,
        activations: &Activations,
        arena: View,
    ) -> Result<Self, GpuError> {
        let batches = activations.batches;
        let layers = network.layers.iter().map(|layer| {
            let outputs = tensor(device, "second derivatives", batches, layer.units)?;
            let sums = match layer.squashed {
                true => tensor(device, "second derivatives", batches, layer.units)?,
                false => outputs.clone(),
            };
            Ok(LayerDerivatives { sums, outputs })
        });
        let partial_sums = network.trainable().filter_map(|trainable| {
            let slices = trainable.second_slices(batches.size)?;
            Some(trainable.parameters().partial_sums(slices))
        });
        let names = ["weight_curvature", "bias_curvature"];
        let most = partial_sums.max().unwrap_or(0);
        let penalties = activations.penalties().size() as usize;
        Ok(Self {
            layers: layers.collect::<Result<_, GpuError>>()?,
            parameters: ParameterDerivatives::new(device, arena, most, names)?,
            penalty_gradient: device.zeros("gradient", penalties)?,
        })
    }

    /// Where ∂²E/∂penalty² goes, [group][class]; 0 until then.
    pub fn penalties(&self) -> &View {
        &self.layers.last().expect("a network has layers").outputs
    }
}

impl LayeredNetwork {
    /// Adds the launches of all layers to `launches` that lead from ∂²E/∂penalty² and ∂E/∂penalty
    /// to ∂²E/∂parameter², all of them in `curvatures`.
    pub fn push_second_backward(
        &self,
        launches: &mut Launches,
        activations: &Activations,
        curvatures: &Curvatures,
    ) {
        let batches = activations.batches;
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (values, own) = (activations.of_layer(index), &curvatures.layers[index]);
            if layer.squashed {
                launches.push(Launch::new(
                    kernels::squash::second_backward_input(batches.room(), layer.units),
                    [
                        ("squashed", values.output),
                        ("output_curvature", &own.outputs),
                        ("input_curvature", &own.sums),
                    ],
                ));
            }
            if let Some(trainable) = layer.kernels.trainable() {
                let batch = batches.size;
                let launch = trainable.second_backward_weight(batch, values.input, &own.sums);
                let slices = trainable.second_slices(batch);
                let target = &curvatures.parameters;
                target.push(launches, trainable.parameters(), launch, slices);
            }
            if let Some(previous) = index.checked_sub(1) {
                let derivatives = Derivatives {
                    sums: &own.sums,
                    input: &curvatures.layers[previous].outputs,
                };
                let mut launch = layer.kernels.second_backward_input(
                    layer.batch(batches),
                    values,
                    derivatives,
                    &curvatures.penalty_gradient,
                );
                launch.kernel = layer.for_all_models(launch.kernel);
                launches.push(launch);
            }
        }
    }
}
