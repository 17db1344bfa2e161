//! What the CPU path asks of the operation of a layer.

use super::memory::Planes;
use super::simd::Simd;

/// The operation of a layer, on a block of `SAMPLES` samples. Each operation implements it in its own
/// file, out of the functions that are compared with the reference.
///
/// An operation computes the layer's sums a from the layer's input; squashing them is not its
/// business. Implementations are `#[inline(always)]`, so that they become part of the function that
/// is compiled for the instruction set `S`.
pub trait LayerOperation<const SAMPLES: usize> {
    /// The layout of the sums, and of the outputs in their place.
    fn output(&self) -> Planes<SAMPLES>;

    /// The layout of ∂E/∂output, and of ∂E/∂a in its place.
    fn output_gradient(&self) -> Planes<SAMPLES> {
        self.output()
    }

    /// The sums from `input`. `weight` and `bias` are empty where the layer has no parameters.
    fn forward<S: Simd>(
        &self,
        simd: S,
        input: &[f32],
        weight: &[f32],
        bias: &[f32],
        sums: &mut [f32],
    );

    /// ∂E/∂input.
    fn backward_input<S: Simd>(&self, simd: S, computed: &Computed, input_gradient: &mut [f32]);

    /// ∂E/∂weight and ∂E/∂bias, summed over the samples of the block; nothing where the layer has no
    /// parameters, or where they are those of a [`DenseLayer`](super::records::DenseLayer).
    #[inline(always)]
    fn backward_weight<S: Simd>(
        &self,
        _simd: S,
        _computed: &Computed,
        _weight_gradient: &mut [f32],
        _bias_gradient: &mut [f32],
    ) {
    }
}

/// What has been computed of a layer for a block when its gradient is asked for.
pub struct Computed<'a> {
    /// The layer's input.
    pub input: &'a [f32],
    /// Its weights; empty where it has none.
    pub weight: &'a [f32],
    /// Its output, squashed where the layer squashes its sums.
    pub output: &'a [f32],
    /// ∂E/∂a.
    pub sum_gradient: &'a [f32],
}
