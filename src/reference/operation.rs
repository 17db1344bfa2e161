//! What the reference asks of the operation of a layer.

use super::Real;

/// The operation of a layer, on one sample. Each operation implements it in its own file, out of the
/// functions that are read beside its shader.
///
/// An operation computes the layer's sums a from the layer's input; squashing them is not its
/// business.
pub trait LayerOperation<T: Real>: Send + Sync {
    /// The sums from `input`. `weight` and `bias` are empty where the layer has no parameters.
    fn forward(&self, input: &[T], weight: &[T], bias: &[T], sums: &mut [T]);

    /// ∂E/∂input.
    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]);

    /// Adds ∂E/∂weight and ∂E/∂bias; nothing where the layer has no parameters.
    fn backward_weight(
        &self,
        _computed: &Computed<T>,
        _weight_gradient: &mut [T],
        _bias_gradient: &mut [T],
    ) {
    }

    /// ∂²E/∂input² from ∂²E/∂a². Only in the last layer, whose sums are its outputs, does `computed`
    /// hold the first derivatives.
    fn second_backward_input(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    );

    /// Adds ∂²E/∂weight² and ∂²E/∂bias²; nothing where the layer has no parameters.
    fn second_backward_weight(
        &self,
        _computed: &Computed<T>,
        _sum_curvature: &[T],
        _weight_curvature: &mut [T],
        _bias_curvature: &mut [T],
    ) {
    }
}

/// What has been computed of a layer for one sample when its gradient is asked for.
pub struct Computed<'a, T> {
    /// The layer's input.
    pub input: &'a [T],
    /// Its weights; empty where it has none.
    pub weight: &'a [T],
    /// Its output, squashed where the layer squashes its sums.
    pub output: &'a [T],
    /// ∂E/∂a.
    pub sum_gradient: &'a [T],
}
