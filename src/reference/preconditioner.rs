//! Preconditioning in a training step.

use super::{Activations, preconditioning};
use crate::model::preconditioning::{
    Preconditioning, SAMPLES_LOOKED_AT, is_renewed_at, share_of_step,
};
use crate::model::{Network, Parameters, Recipe, TrainingState};

/// Multiplies the gradients of a network by the inverses of its inputs' second moments.
pub struct Preconditioner {
    layout: Preconditioning,
    parameters: Parameters,
    damping: f32,
    /// The inputs [sample][c,y,x] of each layer that this step looks at.
    inputs: Vec<Vec<f32>>,
}

impl Preconditioner {
    /// That of `network` trained by `recipe`, if it has any.
    pub fn of(network: &Network, recipe: &Recipe) -> Option<Self> {
        let layout = Preconditioning::of(network);
        recipe.is_preconditioned().then(|| Self {
            inputs: vec![Vec::new(); layout.layers.len()],
            parameters: Parameters::of(network),
            damping: recipe.preconditioning,
            layout,
        })
    }

    /// Looks at what the layers read of the sample at place `place` of the batch, if it is one of those
    /// that are looked at.
    pub fn look_at(&mut self, place: usize, activations: &Activations<f32>) {
        if place < SAMPLES_LOOKED_AT {
            for (inputs, layer) in self.inputs.iter_mut().zip(&self.layout.layers) {
                inputs.extend_from_slice(activations.input_of(layer.layer));
            }
        }
    }

    /// Takes what was looked at into the means of `state`, renews its inverses if they are due, and
    /// multiplies `gradient`, an arena.
    pub fn precondition(&mut self, state: &mut TrainingState, gradient: &mut [f32]) {
        let (step, kept) = (state.step, &mut state.inputs);
        for (layer, inputs) in self.layout.layers.iter().zip(&mut self.inputs) {
            let size = layer.windows.inputs();
            let mean = &mut kept.means[layer.mean.span()];
            let seen = preconditioning::look_at(&layer.windows, inputs);
            preconditioning::accumulate(&seen, size, share_of_step(step), 0, mean);
            inputs.clear();
            let inverses = &mut kept.inverses[layer.inverses.span()];
            let (weight, _) = self.parameters.of_layer(layer.layer).expect("weights");
            let gradient = &mut gradient[weight.span()];
            for block in &layer.blocks {
                let (inputs, inverse) = (&block.inputs, &mut inverses[block.span()]);
                if is_renewed_at(step) {
                    preconditioning::invert(mean, size, inputs, self.damping, inverse);
                }
                for &first in &block.first_weights {
                    let of_unit = &mut gradient[first..first + inputs.len()];
                    let before = of_unit.to_vec();
                    preconditioning::apply(inverse, &before, inputs.len(), of_unit);
                }
            }
        }
    }
}
