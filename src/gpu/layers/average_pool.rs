//! An average pooling.

use crate::gpu::View;
use crate::gpu::kernels::average_pool;
use crate::gpu::launch::Launch;
use crate::model::{Layer, MapShape};

use super::layer::{Derivatives, LayerKernels, Values};

/// The kernels of an average pooling.
pub struct AveragePool {
    input: MapShape,
}

impl AveragePool {
    /// Those of `layer`.
    pub fn new(layer: &Layer) -> Self {
        Self { input: layer.input }
    }
}

impl LayerKernels for AveragePool {
    fn forward(&self, batch: usize, values: Values) -> Launch {
        Launch::new(
            average_pool::forward(batch, self.input),
            [("input", values.input), ("output", values.output)],
        )
    }

    fn backward_input(&self, batch: usize, _: Values, gradients: Derivatives) -> Launch {
        Launch::new(
            average_pool::backward_input(batch, self.input),
            [
                ("output_gradient", gradients.sums),
                ("input_gradient", gradients.input),
            ],
        )
    }

    fn passes_squashing(&self) -> bool {
        false
    }

    fn second_backward_input(
        &self,
        batch: usize,
        _: Values,
        curvatures: Derivatives,
        _: &View,
    ) -> Launch {
        Launch::new(
            average_pool::second_backward_input(batch, self.input),
            [
                ("output_curvature", curvatures.sums),
                ("input_curvature", curvatures.input),
            ],
        )
    }
}
