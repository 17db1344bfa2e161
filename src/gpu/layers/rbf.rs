//! The distances to the codes.

use crate::gpu::kernels::rbf;
use crate::gpu::launch::Launch;
use crate::gpu::{Device, GpuError, View};
use crate::model::{Layer, rbf_codes};

use super::layer::{Derivatives, LayerKernels, Values};

/// The kernels of the distances to the codes.
pub struct Rbf {
    inputs: usize,
    classes: usize,
    codes: View,
}

impl Rbf {
    /// Those of `layer`.
    pub fn new(device: &Device, layer: &Layer) -> Result<Self, GpuError> {
        Ok(Self {
            inputs: layer.input.units(),
            classes: layer.output.units(),
            codes: device.upload("codes", &rbf_codes())?,
        })
    }
}

impl LayerKernels for Rbf {
    fn forward(&self, batch: usize, values: Values) -> Launch {
        Launch::new(
            rbf::forward(batch, self.inputs, self.classes),
            [
                ("input", values.input),
                ("output", values.output),
                ("codes", &self.codes),
            ],
        )
    }

    fn backward_input(&self, batch: usize, values: Values, gradients: Derivatives) -> Launch {
        Launch::new(
            rbf::backward_input(batch, self.inputs, self.classes),
            [
                ("output_gradient", gradients.sums),
                ("input_gradient", gradients.input),
                ("input", values.input),
                ("codes", &self.codes),
            ],
        )
    }

    fn passes_squashing(&self) -> bool {
        true
    }

    fn second_backward_input(
        &self,
        batch: usize,
        values: Values,
        curvatures: Derivatives,
        penalty_gradient: &View,
    ) -> Launch {
        Launch::new(
            rbf::second_backward_input(batch, self.inputs, self.classes),
            [
                ("output_curvature", curvatures.sums),
                ("input_curvature", curvatures.input),
                ("input", values.input),
                ("codes", &self.codes),
                ("output_gradient", penalty_gradient),
            ],
        )
    }
}
