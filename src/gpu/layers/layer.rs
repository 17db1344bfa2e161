//! The interface between a layer's kernels and the passes (forward, backward, second derivatives),
//! whatever its operation.
//!
//! Each method returns the launch for one model. The passes make it one for all models, and fuse
//! squashing into it where that is possible. `batch` is the number of samples that a kernel sees as
//! one batch.

use crate::gpu::View;
use crate::gpu::launch::Launch;

use super::parameters::LayerParameters;

/// What a layer reads and writes in a forward pass.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub input: &'a View,
    /// After squashing, where it is squashed.
    pub output: &'a View,
}

/// Derivatives of the loss at a layer, first or second.
#[derive(Clone, Copy)]
pub struct Derivatives<'a> {
    /// With respect to its weighted sums; read.
    pub sums: &'a View,
    /// With respect to its input; written.
    pub input: &'a View,
}

/// The kernels of a layer.
pub trait LayerKernels {
    /// The output from the input; squashing is fused into it.
    fn forward(&self, batch: usize, values: Values) -> Launch;

    /// The gradient with respect to the input.
    fn backward_input(&self, batch: usize, values: Values, gradients: Derivatives) -> Launch;

    /// Whether the squashing of the layer before can be fused into
    /// [`LayerKernels::backward_input`]; otherwise it takes a kernel of its own.
    fn passes_squashing(&self) -> bool;

    /// The second derivatives with respect to the input. `penalty_gradient` is ∂E/∂penalty, which
    /// the second derivatives of a layer that computes penalties depend on.
    fn second_backward_input(
        &self,
        batch: usize,
        values: Values,
        curvatures: Derivatives,
        penalty_gradient: &View,
    ) -> Launch;

    /// The kernels of its trainable parameters, if it has any.
    fn trainable(&self) -> Option<&dyn TrainableKernels> {
        None
    }
}

/// The kernels of a layer's trainable parameters. They sum over a batch: either in one go into the
/// derivatives with respect to weights and biases, or in slices into `partial`, to be added up by
/// `reduce.sum`. What they write is not bound yet.
pub trait TrainableKernels {
    /// The parameters.
    fn parameters(&self) -> &LayerParameters;

    /// Slices in which [`TrainableKernels::backward_weight`] sums, if it does.
    fn slices(&self, batch: usize) -> Option<usize>;

    /// The gradient with respect to weights and biases, from ∂E/∂sum.
    fn backward_weight(&self, batch: usize, input: &View, gradient: &View) -> Launch;

    /// Slices in which [`TrainableKernels::second_backward_weight`] sums, if it does.
    fn second_slices(&self, batch: usize) -> Option<usize>;

    /// The second derivatives with respect to weights and biases, from ∂²E/∂sum².
    fn second_backward_weight(&self, batch: usize, input: &View, curvature: &View) -> Launch;
}
