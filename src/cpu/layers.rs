//! The layers of a network for a block of samples: what each computes, and where its values lie.

use std::ops::Range;

use super::average_pool::AveragePooling;
use super::conv;
use super::dense::Dense;
use super::halving;
use super::max_pool::MaxPooling;
use super::memory::Planes;
use super::operation::{Computed, LayerOperation};
use super::rbf::Rbf;
use super::simd::Simd;
use super::softmax::Softmax;
use super::subsample::Subsampling;
use crate::model::{Layer, Network, Operation, Parameters};

/// Defines the enum of all operations, each method of which is that of the operation at hand. A trait
/// object would not do: its methods could not be compiled for every instruction set.
macro_rules! operations {
    ($($name:ident($operation:ty),)+) => {
        /// The operation of a layer, one of all that there are.
        pub enum AnyOperation<const SAMPLES: usize> {
            $($name($operation),)+
        }

        impl<const SAMPLES: usize> LayerOperation<SAMPLES> for AnyOperation<SAMPLES> {
            fn output(&self) -> Planes<SAMPLES> {
                match self {
                    $(Self::$name(operation) => operation.output(),)+
                }
            }

            fn output_gradient(&self) -> Planes<SAMPLES> {
                match self {
                    $(Self::$name(operation) => operation.output_gradient(),)+
                }
            }

            #[inline(always)]
            fn forward<S: Simd>(
                &self,
                simd: S,
                input: &[f32],
                weight: &[f32],
                bias: &[f32],
                sums: &mut [f32],
            ) {
                match self {
                    $(Self::$name(operation) => operation.forward(simd, input, weight, bias, sums),)+
                }
            }

            #[inline(always)]
            fn backward_input<S: Simd>(
                &self,
                simd: S,
                computed: &Computed,
                input_gradient: &mut [f32],
            ) {
                match self {
                    $(Self::$name(operation) => {
                        operation.backward_input(simd, computed, input_gradient);
                    })+
                }
            }

            #[inline(always)]
            fn backward_weight<S: Simd>(
                &self,
                simd: S,
                computed: &Computed,
                weight_gradient: &mut [f32],
                bias_gradient: &mut [f32],
            ) {
                match self {
                    $(Self::$name(operation) => {
                        operation.backward_weight(simd, computed, weight_gradient, bias_gradient);
                    })+
                }
            }
        }
    };
}

operations! {
    Convolution(conv::Geometry<SAMPLES>),
    Subsampling(Subsampling<SAMPLES>),
    AveragePooling(AveragePooling<SAMPLES>),
    MaxPooling(MaxPooling<SAMPLES>),
    Dense(Dense<SAMPLES>),
    Rbf(Rbf<SAMPLES>),
    Softmax(Softmax<SAMPLES>),
}

/// A layer for a block of samples.
pub struct BlockLayer<const SAMPLES: usize> {
    /// What it computes.
    pub operation: AnyOperation<SAMPLES>,
    /// Whether its sums are squashed.
    pub squashed: bool,
    /// The layout of its output.
    pub output: Planes<SAMPLES>,
    /// The layout of ∂E/∂output.
    pub output_gradient: Planes<SAMPLES>,
    /// Places of its weights in an arena; empty if it has none.
    pub weight: Range<usize>,
    /// Places of its biases in an arena; empty if it has none.
    pub bias: Range<usize>,
}

impl<const SAMPLES: usize> BlockLayer<SAMPLES> {
    /// The layer's weights and biases in `arena`, the beginning of one; none if they lie beyond it.
    #[inline(always)]
    pub fn parameters_in<'a>(
        &self,
        arena: &'a mut [f32],
    ) -> Option<(&'a mut [f32], &'a mut [f32])> {
        let (head, tail) = arena.split_at_mut_checked(self.bias.start)?;
        Some((
            &mut head[self.weight.clone()],
            tail.get_mut(..self.bias.len())?,
        ))
    }
}

/// The layers of `network`, and the layout of its input.
pub fn layers_of<const SAMPLES: usize>(
    network: &Network,
) -> (Planes<SAMPLES>, Vec<BlockLayer<SAMPLES>>) {
    let parameters = Parameters::of(network);
    // The units of a strip start with a dense layer.
    let input = match network.layers().first() {
        Some(first) if !is_convolved(first) => Planes::packed(network.input()),
        _ => Planes::aligned(network.input()),
    };
    let mut layers: Vec<BlockLayer<SAMPLES>> = Vec::new();
    for (index, layer) in network.layers().iter().enumerate() {
        let before = layers.last();
        let surroundings = Surroundings {
            input: before.map_or(input, |before| before.output),
            input_gradient: before.map(|before| before.output_gradient),
            next: network.layers().get(index + 1),
        };
        let operation = operation_of(layer, &surroundings);
        let (weight, bias) = match parameters.of_layer(index) {
            Some((weight, bias)) => (weight.span(), bias.span()),
            None => (0..0, 0..0),
        };
        layers.push(BlockLayer {
            output: operation.output(),
            output_gradient: operation.output_gradient(),
            operation,
            squashed: layer.squashed,
            weight,
            bias,
        });
    }
    (input, layers)
}

/// The operation of `layer`: the one place that knows them all.
fn operation_of<const SAMPLES: usize>(
    layer: &Layer,
    surroundings: &Surroundings<SAMPLES>,
) -> AnyOperation<SAMPLES> {
    let halving = || surroundings.halving(layer);
    match &layer.operation {
        Operation::Convolution(table) if !layer.is_dense() => {
            let (output, gradient) = surroundings.convolved(layer);
            let input = surroundings.input;
            AnyOperation::Convolution(conv::Geometry::new(table, input, output, gradient))
        }
        Operation::Subsampling => AnyOperation::Subsampling(Subsampling(halving())),
        Operation::AveragePooling => AnyOperation::AveragePooling(AveragePooling(halving())),
        Operation::MaxPooling => AnyOperation::MaxPooling(MaxPooling(halving())),
        Operation::Convolution(_) | Operation::Dense => AnyOperation::Dense(Dense::new(layer)),
        Operation::Rbf => AnyOperation::Rbf(Rbf::new(layer)),
        Operation::Softmax => AnyOperation::Softmax(Softmax),
    }
}

/// What the layout of a layer's values depends on besides the layer itself.
struct Surroundings<'a, const SAMPLES: usize> {
    /// The layout of what the layer reads.
    input: Planes<SAMPLES>,
    /// The layout of the gradient with respect to it; none at the first layer, which computes none.
    input_gradient: Option<Planes<SAMPLES>>,
    /// The next layer, if there is one.
    next: Option<&'a Layer>,
}

impl<const SAMPLES: usize> Surroundings<'_, SAMPLES> {
    /// The layouts of the output of a convolution and of its gradient.
    fn convolved(&self, layer: &Layer) -> (Planes<SAMPLES>, Planes<SAMPLES>) {
        let output = match SAMPLES {
            // Maps of the same stride are convolved in one run.
            1 => Planes::with_row(layer.output, self.input.row),
            _ => Planes::aligned(layer.output),
        };
        // The rows of the input gradient are computed from a gradient of their own stride.
        let row = match self.input_gradient {
            Some(_) => self.input.row,
            None => output.row,
        };
        (output, Planes::framed(layer.output, row))
    }

    /// The layouts that a sub-sampling or a pooling reads and writes.
    fn halving(&self, layer: &Layer) -> halving::Geometry<SAMPLES> {
        halving::Geometry {
            input: self.input,
            input_gradient: self.input_gradient.unwrap_or(self.input),
            output: match self.next {
                Some(next) if is_convolved(next) => Planes::aligned(layer.output),
                _ => Planes::packed(layer.output),
            },
        }
    }
}

/// Whether a layer is computed as a convolution.
fn is_convolved(layer: &Layer) -> bool {
    matches!(layer.operation, Operation::Convolution(_)) && !layer.is_dense()
}
