//! A whole network on an adapter, computed layer by layer: the layers, the buffers of a batch in
//! each pass through them, and the dispatches of these passes.

mod activations;
mod curvatures;
mod derivatives;
mod gradients;
mod layered;
mod limits;

pub(super) use activations::Activations;
pub(super) use curvatures::Curvatures;
pub(super) use gradients::Gradients;
pub(super) use layered::LayeredNetwork;
pub(super) use limits::most_models;
