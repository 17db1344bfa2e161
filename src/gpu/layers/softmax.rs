//! −log of the softmax.

use crate::gpu::View;
use crate::gpu::kernels::softmax;
use crate::gpu::launch::Launch;
use crate::model::Layer;

use super::layer::{Derivatives, LayerKernels, Values};

/// The kernels of −log of the softmax.
pub struct Softmax {
    classes: usize,
}

impl Softmax {
    /// Those of `layer`.
    pub fn new(layer: &Layer) -> Self {
        Self {
            classes: layer.output.units(),
        }
    }
}

impl LayerKernels for Softmax {
    fn forward(&self, batch: usize, values: Values) -> Launch {
        Launch::new(
            softmax::forward(batch, self.classes),
            [("input", values.input), ("output", values.output)],
        )
    }

    fn backward_input(&self, batch: usize, values: Values, gradients: Derivatives) -> Launch {
        Launch::new(
            softmax::backward_input(batch, self.classes),
            [
                ("output_gradient", gradients.sums),
                ("input_gradient", gradients.input),
                ("penalties", values.output),
            ],
        )
    }

    fn passes_squashing(&self) -> bool {
        false
    }

    fn second_backward_input(
        &self,
        batch: usize,
        values: Values,
        curvatures: Derivatives,
        penalty_gradient: &View,
    ) -> Launch {
        Launch::new(
            softmax::second_backward_input(batch, self.classes),
            [
                ("output_curvature", curvatures.sums),
                ("input_curvature", curvatures.input),
                ("penalties", values.output),
                ("output_gradient", penalty_gradient),
            ],
        )
    }
}
