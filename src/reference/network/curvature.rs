//! One sample's second derivatives, back through the whole network: the diagonal Gauss–Newton
//! approximation of Appendix C.
//!
//! With h for ∂²E/∂·² of a single value, everything else held: squashing passes on f′(a)²·h, a
//! connection w²·h, and a parameter gets Σ h_a·x² over the connections that share it. At every step
//! the mixed terms ∂²E/∂a_i∂a_k are left out, which makes the recursion as cheap as
//! back-propagation, and its results sums of squares. What starts it is documented in
//! [`loss::second`](super::super::loss::second) and in the `second_backward_input` of the two heads.

use super::{
    Activations, LayerValues, average_pool, conv, conv_shape, dense, layer_parameters, max_pool,
    rbf, softmax, squash, subsample,
};
use crate::model::{Layer, Network, Operation, Parameters};
use crate::reference::Real;

/// h of one sample in every layer.
pub struct Curvatures<T> {
    layers: Vec<LayerCurvatures<T>>,
}

struct LayerCurvatures<T> {
    /// ∂²E/∂a².
    sums: Vec<T>,
    /// ∂²E/∂output².
    outputs: Vec<T>,
}

impl<T: Real> Curvatures<T> {
    /// Room for one sample of `network`.
    pub fn new(network: &Network) -> Self {
        let layers = network.layers.iter().map(|layer| LayerCurvatures {
            sums: vec![T::zero(); layer.output.units()],
            outputs: vec![T::zero(); layer.output.units()],
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Where ∂²E/∂penalty² is to be put before [`second_backward`].
    pub fn penalties_mut(&mut self) -> &mut [T] {
        let last = self.layers.last_mut().expect("a network has layers");
        &mut last.outputs
    }
}

/// Propagates ∂²E/∂penalty² in `curvatures` back and adds ∂²E/∂parameter² to `curvature`, an arena.
/// `activations` hold a forward pass and ∂E/∂penalty.
pub fn second_backward<T: Real>(
    network: &Network,
    parameters: &Parameters,
    arena: &[T],
    codes: &[T],
    activations: &Activations<T>,
    curvatures: &mut Curvatures<T>,
    curvature: &mut [T],
) {
    for (index, layer) in network.layers.iter().enumerate().rev() {
        let (before, rest) = curvatures.layers.split_at_mut(index);
        let (values, own) = (&activations.layers[index], &mut rest[0]);
        if layer.squashed {
            squash::second_backward_input(&values.outputs, &own.outputs, &mut own.sums);
        } else {
            own.sums.copy_from_slice(&own.outputs);
        }
        let input = match index.checked_sub(1) {
            Some(previous) => &activations.layers[previous].outputs,
            None => &activations.input,
        };
        if let Some((weight, bias)) = parameters.of_layer(index) {
            let (head, tail) = curvature.split_at_mut(bias.offset);
            let (hw, hb) = (&mut head[weight.span()], &mut tail[..bias.len()]);
            weight_curvature(layer, input, &own.sums, hw, hb);
        }
        if let Some(previous) = before.last_mut() {
            let (weight, _) = layer_parameters(parameters, index, arena);
            let hx = &mut previous.outputs;
            input_curvature(layer, input, values, &own.sums, weight, codes, hx);
        }
    }
}

fn input_curvature<T: Real>(
    layer: &Layer,
    input: &[T],
    values: &LayerValues<T>,
    ha: &[T],
    weight: &[T],
    codes: &[T],
    hx: &mut [T],
) {
    // Only the last layer has a gradient here, and it is not squashed: ∂E/∂a is ∂E/∂output.
    let da = &values.output_gradient;
    match &layer.operation {
        _ if layer.is_dense() => dense::second_backward_input(ha, weight, hx),
        Operation::Convolution(table) => {
            conv::second_backward_input(&conv_shape(layer, table), ha, weight, hx);
        }
        Operation::Subsampling => subsample::second_backward_input(layer.input, ha, weight, hx),
        Operation::AveragePooling => average_pool::second_backward_input(layer.input, ha, hx),
        // A connection that is either 1 or 0 is its own square.
        Operation::MaxPooling => max_pool::backward_input(layer.input, input, ha, hx),
        Operation::Dense => dense::second_backward_input(ha, weight, hx),
        Operation::Rbf => rbf::second_backward_input(input, codes, da, ha, hx),
        Operation::Softmax => softmax::second_backward_input(&values.outputs, da, ha, hx),
    }
}

fn weight_curvature<T: Real>(layer: &Layer, input: &[T], ha: &[T], hw: &mut [T], hb: &mut [T]) {
    match &layer.operation {
        _ if layer.is_dense() => dense::second_backward_weight(input, ha, hw, hb),
        Operation::Convolution(table) => {
            conv::second_backward_weight(&conv_shape(layer, table), input, ha, hw, hb);
        }
        Operation::Subsampling => {
            subsample::second_backward_weight(layer.input, input, ha, hw, hb);
        }
        _ => unreachable!("only convolutions, sub-samplings and dense layers have parameters"),
    }
}
