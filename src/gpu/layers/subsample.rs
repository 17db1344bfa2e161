//! A trainable sub-sampling.

use crate::gpu::View;
use crate::gpu::kernels::subsample;
use crate::gpu::launch::Launch;
use crate::model::{Layer, MapShape};

use super::layer::{Derivatives, LayerKernels, TrainableKernels, Values};
use super::parameters::LayerParameters;

/// The kernels of a trainable sub-sampling.
pub struct Subsample {
    input: MapShape,
    parameters: LayerParameters,
}

impl Subsample {
    /// Those of `layer`.
    pub fn new(layer: &Layer, parameters: LayerParameters) -> Self {
        Self {
            input: layer.input,
            parameters,
        }
    }
}

impl LayerKernels for Subsample {
    fn forward(&self, batch: usize, values: Values) -> Launch {
        Launch::new(
            subsample::forward(batch, self.input),
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
            subsample::backward_input(batch, self.input),
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
            subsample::second_backward_input(batch, self.input),
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

impl TrainableKernels for Subsample {
    fn parameters(&self) -> &LayerParameters {
        &self.parameters
    }

    fn slices(&self, batch: usize) -> Option<usize> {
        Some(subsample::slices(batch, self.input))
    }

    fn backward_weight(&self, batch: usize, input: &View, gradient: &View) -> Launch {
        Launch::new(
            subsample::backward_weight(batch, self.input),
            [("input", input), ("output_gradient", gradient)],
        )
    }

    fn second_slices(&self, batch: usize) -> Option<usize> {
        self.slices(batch)
    }

    fn second_backward_weight(&self, batch: usize, input: &View, curvature: &View) -> Launch {
        Launch::new(
            subsample::second_backward_weight(batch, self.input),
            [("input", input), ("output_curvature", curvature)],
        )
    }
}
