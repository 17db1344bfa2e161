//! The second derivatives of one sample, back through the whole network: the diagonal Gauss–Newton
//! approximation of Appendix C.
//!
//! With h for ∂²E/∂·² of a single value, all others held: squashing passes on f′(a)²·h, a connection
//! w²·h, and a parameter gets Σ h_a·x² over the connections that share it. At every step the mixed
//! terms ∂²E/∂a_i∂a_k are left out, which makes the recursion as cheap as back-propagation, and its
//! results sums of squares. Where it starts is documented in [`loss::second`](super::loss::second)
//! and in the `second_backward_input` of the two heads.

use super::network::{Activations, ReferenceNetwork};
use super::operation::Computed;
use super::{Real, squash};
use crate::model::Network;

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
    /// The buffers for one sample of `network`, filled with 0.
    pub fn new(network: &Network) -> Self {
        let layers = network.layers().iter().map(|layer| LayerCurvatures {
            sums: vec![T::zero(); layer.output.units()],
            outputs: vec![T::zero(); layer.output.units()],
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Where ∂²E/∂penalty² is to be put before [`ReferenceNetwork::second_backward`].
    pub fn penalties_mut(&mut self) -> &mut [T] {
        let last = self.layers.last_mut().expect("a network has layers");
        &mut last.outputs
    }
}

impl<T: Real> ReferenceNetwork<'_, T> {
    /// Propagates ∂²E/∂penalty² in `curvatures` back and adds ∂²E/∂parameter² to `curvature`, an
    /// arena. `activations` hold a forward pass and ∂E/∂penalty.
    pub fn second_backward(
        &self,
        arena: &[T],
        activations: &Activations<T>,
        curvatures: &mut Curvatures<T>,
        curvature: &mut [T],
    ) {
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (before, rest) = curvatures.layers.split_at_mut(index);
            let (values, own) = (&activations.layers[index], &mut rest[0]);
            if layer.squashed {
                squash::second_backward_input(&values.outputs, &own.outputs, &mut own.sums);
            } else {
                own.sums.copy_from_slice(&own.outputs);
            }
            let computed = Computed {
                input: activations.input_of(index),
                weight: &arena[layer.weight.clone()],
                output: &values.outputs,
                // Only the last layer has a gradient here, and it is not squashed: ∂E/∂a is
                // ∂E/∂output.
                sum_gradient: &values.output_gradient,
            };
            let (hw, hb) = layer.parameters_in(curvature);
            let operation = &layer.operation;
            operation.second_backward_weight(&computed, &own.sums, hw, hb);
            if let Some(previous) = before.last_mut() {
                operation.second_backward_input(&computed, &own.sums, &mut previous.outputs);
            }
        }
    }
}
