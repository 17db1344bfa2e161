//! One sample's way through the whole network and back.

mod curvature;

pub use curvature::{Curvatures, second_backward};

use super::{Real, average_pool, conv, dense, max_pool, rbf, softmax, squash, subsample};
use crate::model::{Layer, Network, Operation, Parameters};

/// What one sample leaves in every layer, and the gradients of its loss there.
pub struct Activations<T> {
    input: Vec<T>,
    layers: Vec<LayerValues<T>>,
}

struct LayerValues<T> {
    /// Weighted sums a, before squashing.
    sums: Vec<T>,
    /// The layer's output; equal to the sums where nothing is squashed.
    outputs: Vec<T>,
    /// ∂E/∂a.
    sum_gradient: Vec<T>,
    /// ∂E/∂output.
    output_gradient: Vec<T>,
}

impl<T: Real> Activations<T> {
    /// Room for one sample of `network`.
    pub fn new(network: &Network) -> Self {
        let zeros = |units| vec![T::zero(); units];
        let layers = network.layers.iter().map(|layer| {
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

    /// The input field, to be filled before [`forward`].
    pub fn input_mut(&mut self) -> &mut [T] {
        &mut self.input
    }

    /// What layer `layer` of the network's table puts out, after [`forward`].
    pub fn output(&self, layer: usize) -> &[T] {
        &self.layers[layer].outputs
    }

    /// Where ∂E/∂penalty is to be put before [`backward`]; the penalties themselves come along.
    pub fn penalties_and_gradient(&mut self) -> (&[T], &mut [T]) {
        let last = self.layers.last_mut().expect("a network has layers");
        (&last.outputs, &mut last.output_gradient)
    }
}

/// The penalties of the ten classes after [`forward`]: distances, or −log p.
pub fn penalties<T>(activations: &Activations<T>) -> &[T] {
    &activations
        .layers
        .last()
        .expect("a network has layers")
        .outputs
}

/// Computes all layers from the input in `activations`. `arena` holds the parameters, `codes` the
/// RBF codes.
pub fn forward<T: Real>(
    network: &Network,
    parameters: &Parameters,
    arena: &[T],
    codes: &[T],
    activations: &mut Activations<T>,
) {
    for (index, layer) in network.layers.iter().enumerate() {
        let (before, rest) = activations.layers.split_at_mut(index);
        let input = before
            .last()
            .map_or(&activations.input, |values| &values.outputs);
        let values = &mut rest[0];
        let (weight, bias) = layer_parameters(parameters, index, arena);
        layer_forward(layer, input, weight, bias, codes, &mut values.sums);
        if layer.squashed {
            squash::forward(&values.sums, &mut values.outputs);
        } else {
            values.outputs.copy_from_slice(&values.sums);
        }
    }
}

/// Propagates ∂E/∂penalty in `activations` back and adds ∂E/∂parameter to `gradient`, an arena.
pub fn backward<T: Real>(
    network: &Network,
    parameters: &Parameters,
    arena: &[T],
    codes: &[T],
    activations: &mut Activations<T>,
    gradient: &mut [T],
) {
    for (index, layer) in network.layers.iter().enumerate().rev() {
        let (before, rest) = activations.layers.split_at_mut(index);
        let values = &mut rest[0];
        if layer.squashed {
            squash::backward_input(
                &values.outputs,
                &values.output_gradient,
                &mut values.sum_gradient,
            );
        } else {
            values.sum_gradient.copy_from_slice(&values.output_gradient);
        }
        let (input, input_gradient) = match before.last_mut() {
            Some(values) => (&values.outputs, Some(&mut values.output_gradient)),
            None => (&activations.input, None),
        };
        if let Some((weight, bias)) = parameters.of_layer(index) {
            let (head, tail) = gradient.split_at_mut(bias.offset);
            let (dw, db) = (&mut head[weight.span()], &mut tail[..bias.len()]);
            layer_backward_weight(layer, input, &values.sum_gradient, dw, db);
        }
        if let Some(input_gradient) = input_gradient {
            let (weight, _) = layer_parameters(parameters, index, arena);
            layer_backward_input(layer, input, values, weight, codes, input_gradient);
        }
    }
}

fn layer_parameters<'a, T>(
    parameters: &Parameters,
    layer: usize,
    arena: &'a [T],
) -> (&'a [T], &'a [T]) {
    match parameters.of_layer(layer) {
        Some((weight, bias)) => (&arena[weight.span()], &arena[bias.span()]),
        None => (&[], &[]),
    }
}

fn layer_forward<T: Real>(
    layer: &Layer,
    input: &[T],
    weight: &[T],
    bias: &[T],
    codes: &[T],
    sums: &mut [T],
) {
    match &layer.operation {
        _ if layer.is_dense() => dense::forward(input, weight, bias, sums),
        Operation::Convolution(table) => {
            conv::forward(&conv_shape(layer, table), input, weight, bias, sums);
        }
        Operation::Subsampling => subsample::forward(layer.input, input, weight, bias, sums),
        Operation::AveragePooling => average_pool::forward(layer.input, input, sums),
        Operation::MaxPooling => max_pool::forward(layer.input, input, sums),
        Operation::Dense => dense::forward(input, weight, bias, sums),
        Operation::Rbf => rbf::forward(input, codes, sums),
        Operation::Softmax => softmax::forward(input, sums),
    }
}

fn layer_backward_input<T: Real>(
    layer: &Layer,
    input: &[T],
    values: &LayerValues<T>,
    weight: &[T],
    codes: &[T],
    dx: &mut [T],
) {
    let da = &values.sum_gradient;
    match &layer.operation {
        _ if layer.is_dense() => dense::backward_input(da, weight, dx),
        Operation::Convolution(table) => {
            conv::backward_input(&conv_shape(layer, table), da, weight, dx);
        }
        Operation::Subsampling => subsample::backward_input(layer.input, da, weight, dx),
        Operation::AveragePooling => average_pool::backward_input(layer.input, da, dx),
        Operation::MaxPooling => max_pool::backward_input(layer.input, input, da, dx),
        Operation::Dense => dense::backward_input(da, weight, dx),
        Operation::Rbf => rbf::backward_input(input, codes, da, dx),
        Operation::Softmax => softmax::backward_input(&values.outputs, da, dx),
    }
}

fn layer_backward_weight<T: Real>(
    layer: &Layer,
    input: &[T],
    da: &[T],
    dw: &mut [T],
    db: &mut [T],
) {
    match &layer.operation {
        _ if layer.is_dense() => dense::backward_weight(input, da, dw, db),
        Operation::Convolution(table) => {
            conv::backward_weight(&conv_shape(layer, table), input, da, dw, db);
        }
        Operation::Subsampling => subsample::backward_weight(layer.input, input, da, dw, db),
        _ => unreachable!("only convolutions, sub-samplings and dense layers have parameters"),
    }
}

fn conv_shape<'a>(layer: &Layer, table: &'a crate::model::ConnectionTable) -> conv::Shape<'a> {
    conv::Shape {
        table,
        input: layer.input,
        output: layer.output,
    }
}
