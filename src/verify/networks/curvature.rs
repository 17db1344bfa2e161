//! ∂²E/∂parameter² as SDLM estimates it, in f64.

use super::compare::compare_models;
use super::start::{Model, StartingPoint, UNIT_RATES, Weights};
use super::subject::Subject;
use crate::gpu::GpuError;
use crate::reference;
use crate::verify::compare::{Outcome, Tolerance};

pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 2e-5,
    relative: 1e-3,
    reason: "sums of squares of what seven layers rounded to f32",
};

/// The estimate before the second pass, whose order is another than the first one's.
pub fn run(subject: Subject, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let mut task = start.task(&start.recipe, &[UNIT_RATES]);
    for state in &mut task.states {
        state.step = start.data.len().div_ceil(start.recipe.batch);
    }
    let trained = subject.train(&task, 0)?;
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
        parameters,
        ..
    } = start;
    let count = recipe.estimate_samples;
    let mut curvature = vec![0.0; parameters.arena_len()];
    let mut curvatures = reference::Curvatures::new(network);
    start.each_forward(model, 1, count, |weights, activations| {
        let Weights { arena, codes } = weights;
        let (y, _) = activations.penalties_and_gradient();
        reference::loss::second(&recipe.loss, y, count, curvatures.penalties_mut());
        reference::second_backward(
            network,
            parameters,
            arena,
            codes,
            activations,
            &mut curvatures,
            &mut curvature,
        );
    });
    curvature
}
