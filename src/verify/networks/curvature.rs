//! ∂²E/∂parameter² as SDLM estimates it, in f64.

use super::compare::compare_models;
use super::start::{Model, StartingPoint, UNIT_RATES};
use super::subject::Subject;
use crate::gpu::GpuError;
use crate::reference::{Presentations, second_derivatives};
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::samples::converted;

pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 2e-5,
    relative: 1e-3,
    reason: "sums of squares of what seven layers rounded to f32",
};

/// The estimate before the second pass, whose order is another than the first one's.
pub async fn run(subject: Subject<'_>, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let mut task = start.task(&start.recipe, &[UNIT_RATES]);
    for state in &mut task.states {
        state.step = start.data.len().div_ceil(start.recipe.batch);
    }
    let trained = subject.train(&task, 0).await?;
    Ok(compare_models(
        start,
        &trained,
        &TOLERANCE,
        |state| &state.second_moment,
        |model| expected(start, model),
    ))
}

/// The mean of a model's second derivatives over the first samples of its second pass.
fn expected(start: &StartingPoint, model: &Model) -> Vec<f64> {
    let StartingPoint {
        recipe,
        network,
        data,
        ..
    } = start;
    let presentations = Presentations::of(recipe, data, model.seed, 1);
    let arena: Vec<f64> = converted(&model.state.parameter);
    second_derivatives(network, recipe, &presentations, &arena)
}
