//! The forward and the backward pass of one sample through the whole network.

use std::ops::Range;

use super::average_pool::AveragePooling;
use super::dense::Dense;
use super::max_pool::MaxPooling;
use super::operation::{Computed, LayerOperation};
use super::rbf::Rbf;
use super::softmax::Softmax;
use super::subsample::Subsampling;
use super::{Real, conv, squash};
use crate::model::{Layer, Network, Operation, Parameters, rbf_codes};

/// What one sample leaves in every layer, and the gradients of its loss there.
pub struct Activations<T> {
    input: Vec<T>,
    pub(super) layers: Vec<LayerValues<T>>,
}

/// The values of one layer.
pub(super) struct LayerValues<T> {
    /// The sums a, before squashing.
    sums: Vec<T>,
    /// The layer's output; equal to the sums where nothing is squashed.
    pub outputs: Vec<T>,
    /// ∂E/∂a.
    sum_gradient: Vec<T>,
    /// ∂E/∂output.
    pub output_gradient: Vec<T>,
}

impl<T: Real> Activations<T> {
    /// The buffers for one sample of `network`, filled with 0.
    pub fn new(network: &Network) -> Self {
        let zeros = |units| vec![T::zero(); units];
        let layers = network.layers().iter().map(|layer| {
            let units = layer.output.units();
            LayerValues {
                sums: zeros(units),
                outputs: zeros(units),
                sum_gradient: zeros(units),
                output_gradient: zeros(units),
            }
        });
        Self {
            input: zeros(network.input().units()),
            layers: layers.collect(),
        }
    }

    /// The input field [y,x].
    pub fn input(&self) -> &[T] {
        &self.input
    }

    /// The input field [y,x], to be filled before [`ReferenceNetwork::forward`].
    pub fn input_mut(&mut self) -> &mut [T] {
        &mut self.input
    }

    /// What the layer at place `layer` of the network's table reads, after
    /// [`ReferenceNetwork::forward`].
    pub(super) fn input_of(&self, layer: usize) -> &[T] {
        match layer {
            0 => &self.input,
            _ => &self.layers[layer - 1].outputs,
        }
    }

    /// The output [c,y,x] of the layer at place `layer` of the network's table, after
    /// [`ReferenceNetwork::forward`].
    pub fn output(&self, layer: usize) -> &[T] {
        &self.layers[layer].outputs
    }

    /// The sums a [c,y,x] of the layer at place `layer` of the network's table, before squashing, after
    /// [`ReferenceNetwork::forward`].
    pub fn sums(&self, layer: usize) -> &[T] {
        &self.layers[layer].sums
    }

    /// ∂E/∂a of the layer at place `layer` of the network's table, after
    /// [`ReferenceNetwork::backward`].
    pub fn sum_gradient(&self, layer: usize) -> &[T] {
        &self.layers[layer].sum_gradient
    }

    /// The penalties of the ten classes after [`ReferenceNetwork::forward`]: distances, or −log p.
    pub fn penalties(&self) -> &[T] {
        &self.layers.last().expect("a network has layers").outputs
    }

    /// The penalties, and where ∂E/∂penalty is to be put before [`ReferenceNetwork::backward`].
    pub fn penalties_and_gradient(&mut self) -> (&[T], &mut [T]) {
        let last = self.layers.last_mut().expect("a network has layers");
        (&last.outputs, &mut last.output_gradient)
    }
}

/// A network, to be computed one sample at a time. Its parameters are passed to each computation, as
/// an arena (see [`Parameters`]).
pub struct ReferenceNetwork<'a, T> {
    pub(super) layers: Vec<ReferenceLayer<'a, T>>,
}

/// One layer of a network.
pub(super) struct ReferenceLayer<'a, T> {
    /// What it computes.
    pub operation: Box<dyn LayerOperation<T> + 'a>,
    /// Whether its sums are squashed.
    pub squashed: bool,
    /// Places of its weights in an arena; empty if it has none.
    pub weight: Range<usize>,
    /// Places of its biases in an arena; empty if it has none.
    pub bias: Range<usize>,
}

impl<'a, T: Real> ReferenceNetwork<'a, T> {
    /// `network` with the codes of the ten digits.
    pub fn new(network: &'a Network) -> Self {
        let codes = rbf_codes().into_iter();
        let codes: Vec<T> = codes.map(|value| T::of(value.into())).collect();
        Self::with_codes(network, &codes)
    }

    /// `network` with other codes [class, unit] for its RBF units.
    pub fn with_codes(network: &'a Network, codes: &[T]) -> Self {
        let parameters = Parameters::of(network);
        let layers = network.layers().iter().enumerate().map(|(index, layer)| {
            let (weight, bias) = match parameters.of_layer(index) {
                Some((weight, bias)) => (weight.span(), bias.span()),
                None => (0..0, 0..0),
            };
            ReferenceLayer {
                operation: operation_of(layer, codes),
                squashed: layer.squashed,
                weight,
                bias,
            }
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Computes all layers from the input in `activations`, with the parameters in `arena`.
    pub fn forward(&self, arena: &[T], activations: &mut Activations<T>) {
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, rest) = activations.layers.split_at_mut(index);
            let input = match before.last() {
                Some(previous) => &previous.outputs,
                None => &activations.input,
            };
            let LayerValues { sums, outputs, .. } = &mut rest[0];
            let (weight, bias) = (&arena[layer.weight.clone()], &arena[layer.bias.clone()]);
            layer.operation.forward(input, weight, bias, sums);
            if layer.squashed {
                squash::forward(sums, outputs);
            } else {
                outputs.copy_from_slice(sums);
            }
        }
    }

    /// Propagates ∂E/∂penalty in `activations` back and adds ∂E/∂parameter to `gradient`, an arena.
    pub fn backward(&self, arena: &[T], activations: &mut Activations<T>, gradient: &mut [T]) {
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (before, rest) = activations.layers.split_at_mut(index);
            let LayerValues {
                outputs,
                sum_gradient,
                output_gradient,
                ..
            } = &mut rest[0];
            if layer.squashed {
                squash::backward_input(outputs, output_gradient, sum_gradient);
            } else {
                sum_gradient.copy_from_slice(output_gradient);
            }
            let (input, input_gradient) = match before.last_mut() {
                Some(previous) => (&previous.outputs, Some(&mut previous.output_gradient)),
                None => (&activations.input, None),
            };
            let computed = Computed {
                input,
                weight: &arena[layer.weight.clone()],
                output: outputs,
                sum_gradient,
            };
            let (dw, db) = layer.parameters_in(gradient);
            layer.operation.backward_weight(&computed, dw, db);
            if let Some(dx) = input_gradient {
                layer.operation.backward_input(&computed, dx);
            }
        }
    }
}

impl<T> ReferenceLayer<'_, T> {
    /// The layer's weights and biases in `arena`.
    pub fn parameters_in<'b>(&self, arena: &'b mut [T]) -> (&'b mut [T], &'b mut [T]) {
        let (head, tail) = arena.split_at_mut(self.bias.start);
        (&mut head[self.weight.clone()], &mut tail[..self.bias.len()])
    }
}

/// The operation of `layer`: the one place of the reference that knows them all.
fn operation_of<'a, T: Real>(layer: &'a Layer, codes: &[T]) -> Box<dyn LayerOperation<T> + 'a> {
    match &layer.operation {
        Operation::Convolution(table) if !layer.is_dense() => Box::new(conv::Shape {
            table,
            input: layer.input,
            output: layer.output,
        }),
        Operation::Subsampling => Box::new(Subsampling(layer.input)),
        Operation::AveragePooling => Box::new(AveragePooling(layer.input)),
        Operation::MaxPooling => Box::new(MaxPooling(layer.input)),
        Operation::Convolution(_) | Operation::Dense => Box::new(Dense),
        Operation::Rbf => Box::new(Rbf(codes.to_vec())),
        Operation::Softmax => Box::new(Softmax),
    }
}
