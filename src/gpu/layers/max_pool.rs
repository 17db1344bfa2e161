//! A max pooling.

use crate::gpu::View;
use crate::gpu::kernels::max_pool;
use crate::gpu::launch::Launch;
use crate::model::{Layer, MapShape};

use super::layer::{Derivatives, LayerKernels, Values};

/// The kernels of a max pooling.
pub struct MaxPool {
    input: MapShape,
}

impl MaxPool {
    /// Those of `layer`.
    pub fn new(layer: &Layer) -> Self {
        Self { input: layer.input }
    }
}

impl LayerKernels for MaxPool {
    fn forward(&self, batch: usize, values: Values) -> Launch {
        Launch::new(
            max_pool::forward(batch, self.input),
            [("input", values.input), ("output", values.output)],
        )
    }

    fn backward_input(&self, batch: usize, values: Values, gradients: Derivatives) -> Launch {
        Launch::new(
            max_pool::backward_input(batch, self.input),
            [
                ("output_gradient", gradients.sums),
                ("input_gradient", gradients.input),
                ("input", values.input),
            ],
        )
    }

    fn passes_squashing(&self) -> bool {
        false
    }

    /// The same as the gradient: a connection that is either 1 or 0 is its own square.
    fn second_backward_input(
        &self,
        batch: usize,
        values: Values,
        curvatures: Derivatives,
        _: &View,
    ) -> Launch {
        self.backward_input(batch, values, curvatures)
    }
}
