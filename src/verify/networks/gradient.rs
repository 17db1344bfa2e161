//! ∂E/∂parameter of one batch, in f64.

use super::compare::compare_models;
use super::start::{Model, StartingPoint, UNIT_RATES, Weights};
use super::subject::Subject;
use crate::gpu::GpuError;
use crate::model::Recipe;
use crate::reference;
use crate::verify::compare::{Outcome, Tolerance};

pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 2e-5,
    relative: 1e-3,
    reason: "rounding of f32 through seven layers and the drivers' tanh and exp",
};

/// One step of plain gradient descent at rate 1: what the parameters lost is the gradient.
pub fn run(subject: Subject, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let recipe = Recipe {
        weight_decay: 0.0,
        average: 0.0,
        ..start.recipe.clone()
    };
    let trained = subject.train(&start.task(&recipe, &[UNIT_RATES]), 1)?;
    // The velocity after the first step is the gradient itself.
    Ok(compare_models(
        start,
        &trained,
        &TOLERANCE,
        |state| &state.first_moment,
        |model| expected(start, model),
    ))
}

/// The gradient of a model's first batch.
fn expected(start: &StartingPoint, model: &Model) -> Vec<f64> {
    let StartingPoint {
        network,
        parameters,
        ..
    } = start;
    let mut gradient = vec![0.0; parameters.arena_len()];
    start.each_forward(model, 0, start.recipe.batch, |weights, activations| {
        let Weights { arena, codes } = weights;
        reference::backward(
            network,
            parameters,
            arena,
            codes,
            activations,
            &mut gradient,
        );
    });
    gradient
}
