//! Preconditioning in a training step on an adapter.

use crate::model::preconditioning::{PreconditionedLayer, Preconditioning};
use crate::model::{Network, Parameters, Recipe};

use super::kernels::preconditioning;
use super::launch::{Launch, Launches};
use super::layers::LayerParameters;
use super::network::Activations;
use super::progress::Progress;
use super::state::StateViews;
use super::{Device, GpuError, Kernel, View, arenas};

/// Multiplies the gradients of all models by the inverses of their inputs' second moments.
pub(super) struct Preconditioner {
    layers: Vec<Layer>,
    models: usize,
    damping: f32,
}

/// One layer, and what the adapter has to know of it.
struct Layer {
    layout: PreconditionedLayer,
    parameters: LayerParameters,
    blocks: View,
    places: View,
    teams: View,
}

impl Preconditioner {
    /// That of `network` trained by `recipe`, if it has any, for the models whose states are `state`.
    pub fn new(
        device: &Device,
        network: &Network,
        recipe: &Recipe,
        state: &StateViews,
    ) -> Result<Option<Self>, GpuError> {
        if !recipe.is_preconditioned() {
            return Ok(None);
        }
        let parameters = Parameters::of(network);
        let layers = Preconditioning::of(network)
            .layers
            .into_iter()
            .map(|layout| {
                let (blocks, places) = preconditioning::blocks_of(&layout);
                let teams = preconditioning::teams_of(&layout);
                let of_layer = LayerParameters::of_layer(
                    &parameters,
                    layout.layer,
                    &state.parameter,
                    state.models(),
                );
                Ok(Layer {
                    parameters: of_layer.expect("a layer with weights has parameters"),
                    blocks: device.upload("blocks", blocks.as_flattened())?,
                    places: device.upload("places", &places)?,
                    teams: device.upload("teams", teams.as_flattened())?,
                    layout,
                })
            });
        Ok(Some(Self {
            layers: layers.collect::<Result<_, GpuError>>()?,
            models: state.models(),
            damping: recipe.preconditioning,
        }))
    }

    /// Adds the launches to `launches` that take what the layers read, in `activations`, into the means,
    /// renew the inverses that are due, and multiply `gradient`, an arena.
    pub fn push(
        &self,
        launches: &mut Launches,
        progress: &Progress,
        activations: &Activations,
        state: &StateViews,
        gradient: &View,
    ) {
        for layer in &self.layers {
            let Layer { layout, .. } = layer;
            let mean = arenas::view(&layout.mean, self.models, &state.means);
            let inverses = arenas::view(&layout.inverses, self.models, &state.inverses);
            let [weight_gradient, _] = layer.parameters.places_in(gradient);
            let batch = activations.batches.size;
            let input = activations.of_layer(layout.layer).input;
            let (progress, blocks) = (&progress.view, &layer.blocks);
            launches.push(Launch::new(
                layer.for_all_models(preconditioning::accumulate(layout, batch)),
                [("progress", progress), ("input", input), ("mean", &mean)],
            ));
            launches.push(Launch::new(
                layer.for_all_models(preconditioning::invert(layout, self.damping)),
                [
                    ("progress", progress),
                    ("mean", &mean),
                    ("inverses", &inverses),
                    ("blocks", blocks),
                    ("places", &layer.places),
                ],
            ));
            launches.push(Launch::new(
                layer.for_all_models(preconditioning::apply(layout)),
                [
                    ("inverses", &inverses),
                    ("blocks", blocks),
                    ("teams", &layer.teams),
                    ("weight_gradient", &weight_gradient),
                ],
            ));
        }
    }
}

impl Layer {
    fn for_all_models(&self, kernel: Kernel) -> Kernel {
        self.parameters.for_all_models(kernel)
    }
}
