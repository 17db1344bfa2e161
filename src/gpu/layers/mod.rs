//! The kernels of each operation, one file per operation, and which layer has which.

mod average_pool;
mod conv;
mod dense;
mod layer;
mod max_pool;
mod parameters;
mod rbf;
mod softmax;
mod subsample;

pub(super) use layer::{Derivatives, LayerKernels, TrainableKernels, Values};
pub(super) use parameters::{LayerParameters, parameter_arena};

use crate::model::{Layer, Operation};

use super::{Device, GpuError};

/// The kernels of `layer` on `device`. `parameters` is asked for those of a layer that has any.
pub(super) fn kernels_of(
    device: &Device,
    layer: &Layer,
    parameters: impl FnOnce() -> LayerParameters,
) -> Result<Box<dyn LayerKernels>, GpuError> {
    Ok(match layer.computed_as() {
        Operation::Convolution(table) => {
            Box::new(conv::Conv::new(device, layer.input, table, parameters())?)
        }
        Operation::Subsampling => Box::new(subsample::Subsample::new(layer, parameters())),
        Operation::AveragePooling => Box::new(average_pool::AveragePool::new(layer)),
        Operation::MaxPooling => Box::new(max_pool::MaxPool::new(layer)),
        Operation::Dense => Box::new(dense::Dense::new(device, layer, parameters())),
        Operation::Rbf => Box::new(rbf::Rbf::new(device, layer)?),
        Operation::Softmax => Box::new(softmax::Softmax::new(layer)),
    })
}
