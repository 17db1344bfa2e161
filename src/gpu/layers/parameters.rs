//! The trainable parameters of one layer, of all models trained together.

use crate::gpu::{Device, GpuError, Kernel, View, arenas, kernels};
use crate::model::{Parameters, Range};

const F32: usize = size_of::<f32>();

/// An arena of parameters to compute with, which holds `values`. After them there is room enough to
/// bind the weights of the last convolution as a uniform of fixed size.
pub fn parameter_arena(device: &Device, values: &[f32]) -> Result<View, GpuError> {
    let bytes = size_of_val(values);
    let buffer = device.zeros("parameters", bytes + kernels::conv::MOST_WEIGHTS * F32)?;
    device.write(&buffer, values);
    Ok(buffer.part(0, bytes))
}

/// The parameters of one layer in an arena of several models, and where they stand in any other.
pub struct LayerParameters {
    /// The weights of all models.
    pub weight: View,
    /// The biases of all models.
    pub bias: View,
    weight_range: Range,
    bias_range: Range,
    models: usize,
}

impl LayerParameters {
    /// Those of the layer at `layer` of the network that `layout` belongs to, in `arena`, which is
    /// that of `models` models; none if the layer has no parameters.
    pub fn of_layer(
        layout: &Parameters,
        layer: usize,
        arena: &View,
        models: usize,
    ) -> Option<Self> {
        let (weight, bias) = layout.of_layer(layer)?;
        Some(Self {
            weight: arenas::view(weight, models, arena),
            bias: arenas::view(bias, models, arena),
            weight_range: weight.clone(),
            bias_range: bias.clone(),
            models,
        })
    }

    /// Numbers of weights and biases of one model.
    pub fn counts(&self) -> (usize, usize) {
        (self.weight_range.len(), self.bias_range.len())
    }

    /// Partial sums that `slices` slices of a batch make of each weight and bias of all models.
    pub fn partial_sums(&self, slices: usize) -> usize {
        let (weights, biases) = self.counts();
        self.models * slices * (weights + biases)
    }

    /// `kernel` of this layer, launched for all models.
    pub fn for_all_models(&self, kernel: Kernel) -> Kernel {
        kernel.side_by_side(
            self.models,
            self.weight_range.padded_len(),
            self.bias_range.padded_len(),
        )
    }

    /// What stands in the place of weights and biases in `arena`, another one of the same layout.
    pub fn places_in(&self, arena: &View) -> [View; 2] {
        [&self.weight_range, &self.bias_range].map(|range| arenas::view(range, self.models, arena))
    }
}
