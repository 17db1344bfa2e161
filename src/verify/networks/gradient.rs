//! ∂E/∂parameter of one batch, in f64.

use super::compare::compare_models;
use super::start::{Model, StartingPoint, UNIT_RATES};
use super::subject::Subject;
use crate::gpu::GpuError;
use crate::model::Recipe;
use crate::reference::{
    Activations, Presentations, ReferenceNetwork, Teachers, fused_sample, loss,
};
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::samples::converted;

pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 2e-5,
    relative: 1e-3,
    reason: "rounding of f32 through seven layers and the drivers' tanh and exp",
};

/// One step of plain gradient descent at rate 1: what the parameters lost is the gradient.
pub async fn run(subject: Subject<'_>, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let recipe = Recipe {
        weight_decay: 0.0,
        average: 0.0,
        ..start.recipe.clone()
    };
    let trained = subject
        .train(&start.task(&recipe, &[UNIT_RATES]), 1)
        .await?;
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
        recipe,
        network,
        data,
        ..
    } = start;
    let (reference, arena) = (
        ReferenceNetwork::new(network),
        converted(&model.state.parameter),
    );
    let presentations = Presentations::of(recipe, data, model.seed, 0);
    let mut activations = Activations::new(network);
    let mut gradient = vec![0.0; arena.len()];
    let mut teachers = Teachers::new(&model.teachers, recipe);
    for position in 0..recipe.batch {
        let label = presentations.assemble(position, activations.input_mut());
        let mut target = loss::by_label(label.into(), 1.0 - f64::from(recipe.teacher_share));
        teachers.teach(&presentations, position, &mut target);
        fused_sample::forward_backward(
            &reference,
            &arena,
            &recipe.loss,
            (label, &target),
            recipe.batch,
            &mut activations,
            &mut gradient,
        );
    }
    gradient
}
