//! A full connection.

use crate::gpu::kernels::dense::{self, DenseBlock};
use crate::gpu::launch::Launch;
use crate::gpu::{Device, View};
use crate::model::Layer;

use super::layer::{Derivatives, LayerKernels, TrainableKernels, Values};
use super::parameters::LayerParameters;

/// The kernels of a full connection.
pub struct Dense {
    inputs: usize,
    outputs: usize,
    parameters: LayerParameters,
    block: DenseBlock,
}

impl Dense {
    /// Those of `layer`.
    pub fn new(device: &Device, layer: &Layer, parameters: LayerParameters) -> Self {
        Self {
            inputs: layer.input.units(),
            outputs: layer.output.units(),
            parameters,
            block: device.variant().dense_block,
        }
    }
}

impl LayerKernels for Dense {
    fn forward(&self, batch: usize, values: Values) -> Launch {
        Launch::new(
            dense::forward(batch, self.inputs, self.outputs, self.block),
            [
                ("input", values.input),
                ("output", values.output),
                ("weight", &self.parameters.weight),
                ("bias", &self.parameters.bias),
            ],
        )
    }

    fn backward_input(&self, batch: usize, values: Values, gradients: Derivatives) -> Launch {
        Launch::new(
            dense::backward_input(batch, self.inputs, self.outputs, self.block),
            [
                ("output_gradient", gradients.sums),
                ("input_gradient", gradients.input),
                ("input", values.input),
                ("weight", &self.parameters.weight),
            ],
        )
    }

    fn passes_squashing(&self) -> bool {
        true
    }

    fn second_backward_input(
        &self,
        batch: usize,
        _: Values,
        curvatures: Derivatives,
        _: &View,
    ) -> Launch {
        Launch::new(
            dense::second_backward_input(batch, self.inputs, self.outputs),
            [
                ("output_curvature", curvatures.sums),
                ("input_curvature", curvatures.input),
                ("weight", &self.parameters.weight),
            ],
        )
    }

    fn trainable(&self) -> Option<&dyn TrainableKernels> {
        Some(self)
    }
}

impl TrainableKernels for Dense {
    fn parameters(&self) -> &LayerParameters {
        &self.parameters
    }

    fn slices(&self, _: usize) -> Option<usize> {
        None
    }

    fn backward_weight(&self, batch: usize, input: &View, gradient: &View) -> Launch {
        Launch::new(
            dense::backward_weight(batch, self.inputs, self.outputs, self.block),
            [("input", input), ("output_gradient", gradient)],
        )
    }

    fn second_slices(&self, _: usize) -> Option<usize> {
        None
    }

    fn second_backward_weight(&self, batch: usize, input: &View, curvature: &View) -> Launch {
        Launch::new(
            dense::second_backward_weight(batch, self.inputs, self.outputs),
            [("input", input), ("output_curvature", curvature)],
        )
    }
}
