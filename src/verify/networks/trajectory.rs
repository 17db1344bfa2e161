//! The losses of ten steps and the parameters after them, in f32.

use super::compare::{compare_arenas, compare_lengths};
use super::start::StartingPoint;
use super::subject::{Subject, Trained, train};
use crate::gpu::GpuError;
use crate::model::{Optimiser, StepRates};
use crate::reference::ReferenceTrainer;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::samples::converted;

const STEPS: usize = 10;

pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 2e-4,
    relative: 2e-3,
    reason: "ten steps of the same, each starting from the last one's differences",
};

/// Ten steps of training.
pub async fn run(subject: Subject<'_>, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let rates: Vec<StepRates> = (0..STEPS)
        .map(|step| StepRates {
            rate: 0.002,
            first_correction: 1.0 / (1.0 - 0.9f32.powi(step as i32 + 1)),
            second_correction: 1.0 / (1.0 - 0.99f32.powi(step as i32 + 1)),
            average_share: 0.1,
        })
        .collect();
    let task = start.task(&start.recipe, &rates);
    let computed = subject.train(&task, STEPS).await?;
    let Ok(expected) = train(ReferenceTrainer::new(task.clone()), &task, STEPS).await;
    let mut outcome = Outcome::default();
    for (computed, expected) in computed.iter().zip(&expected) {
        compare(&mut outcome, start, computed, expected);
    }
    compare_lengths(&mut outcome, "models", &computed, start.models.len());
    Ok(outcome)
}

/// Compares what a model's steps measured, and its state after them.
fn compare(
    outcome: &mut Outcome,
    start: &StartingPoint,
    (state, computed): &Trained,
    (expected_state, expected): &Trained,
) {
    for (step, (computed, expected)) in computed.iter().zip(expected).enumerate() {
        let index = || format!("[step {step}]");
        outcome.compare("losses", index, computed.loss, expected.loss, &TOLERANCE);
        let (computed, expected) = (computed.count as f64, expected.count as f64);
        outcome.compare("counts", index, computed, expected, &Tolerance::EXACT);
    }
    compare_lengths(outcome, "losses", computed, expected.len());
    // Adam divides by the gradient's own size: where that is rounding noise, so is the update. Its
    // parameters are held by the optimiser's own cases and, here, through the losses.
    if start.recipe.optimiser != Optimiser::Adam {
        for (computed, expected) in [
            (&state.parameter, &expected_state.parameter),
            (&state.averaged, &expected_state.averaged),
        ] {
            let expected = converted(expected);
            compare_arenas(outcome, &TOLERANCE, &start.parameters, computed, &expected);
        }
    }
}
