//! The buffers of derivatives, first or second, and the sums over a batch that parameters need.

use crate::gpu::launch::{Launch, Launches};
use crate::gpu::layers::LayerParameters;
use crate::gpu::{Device, GpuError, View, kernels};

/// Derivatives of a batch's loss in one layer.
pub struct LayerDerivatives {
    /// With respect to its weighted sums.
    pub sums: View,
    /// With respect to its outputs: the same buffer where no kernel goes from these to the sums.
    pub outputs: View,
}

/// Where the derivatives with respect to all parameters go.
pub struct ParameterDerivatives {
    arena: View,
    /// The slices of one layer's sums at a time, of all models.
    partial: View,
    /// What kernels that take no slices call the derivatives with respect to weights and biases.
    names: [&'static str; 2],
}

impl ParameterDerivatives {
    /// In `arena`, with space for up to `partial_sums` partial sums.
    pub fn new(
        device: &Device,
        arena: View,
        partial_sums: usize,
        names: [&'static str; 2],
    ) -> Result<Self, GpuError> {
        Ok(Self {
            arena,
            partial: device.zeros("partial sums", partial_sums * size_of::<f32>())?,
            names,
        })
    }

    /// The arena.
    pub fn arena(&self) -> &View {
        &self.arena
    }

    /// Adds `launch`, which sums the derivatives with respect to `parameters` over a batch, to
    /// `launches`; if it sums in `slices` slices, then also the launch that adds these up.
    pub fn push(
        &self,
        launches: &mut Launches,
        parameters: &LayerParameters,
        mut launch: Launch,
        slices: Option<usize>,
    ) {
        launch.kernel = parameters.for_all_models(launch.kernel);
        let places = parameters.places_in(&self.arena);
        let Some(slices) = slices else {
            launch.bindings.extend(self.names.into_iter().zip(places));
            launches.push(launch);
            return;
        };
        let bytes = parameters.partial_sums(slices) * size_of::<f32>();
        let partial = self.partial.part(0, bytes);
        launch.bindings.push(("partial", partial.clone()));
        launches.push(launch);
        let (weights, biases) = parameters.counts();
        let kernel = kernels::reduce::sum(slices, weights, biases);
        let [weight, bias] = &places;
        launches.push(Launch::new(
            parameters.for_all_models(kernel),
            [
                ("partial", &partial),
                ("weight_gradient", weight),
                ("bias_gradient", bias),
            ],
        ));
    }
}
