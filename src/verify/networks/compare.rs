//! Comparing what a network's training leaves.

use super::start::{Model, StartingPoint};
use super::subject::Trained;
use crate::model::{Parameters, TrainingState};
use crate::verify::compare::{Outcome, Tolerance};

/// Compares the arena `computed` of every model's state after training with what is `expected` of the
/// model.
pub fn compare_models(
    start: &StartingPoint,
    trained: &[Trained],
    tolerance: &Tolerance,
    computed: fn(&TrainingState) -> &[f32],
    expected: impl Fn(&Model) -> Vec<f64>,
) -> Outcome {
    let mut outcome = Outcome::default();
    for (model, (state, _)) in start.models.iter().zip(trained) {
        let (computed, expected) = (computed(state), expected(model));
        compare_arenas(
            &mut outcome,
            tolerance,
            &start.parameters,
            computed,
            &expected,
        );
    }
    compare_lengths(&mut outcome, "models", trained, start.models.len());
    outcome
}

/// Compares an arena, which holds the parameters or something computed of each, with `expected`.
fn compare_arenas(
    outcome: &mut Outcome,
    tolerance: &Tolerance,
    parameters: &Parameters,
    computed: &[f32],
    expected: &[f64],
) {
    for range in parameters.ranges() {
        for (i, place) in range.span().enumerate() {
            let index = || format!("[{i}]");
            let (computed, expected) = (computed[place].into(), expected[place]);
            outcome.compare(&range.name, index, computed, expected, tolerance);
        }
    }
}

/// Compares how many values there are, so that nothing passes for being left out.
pub fn compare_lengths<T>(outcome: &mut Outcome, buffer: &str, computed: &[T], expected: usize) {
    let (index, computed) = (|| "[length]".to_owned(), computed.len() as f64);
    outcome.compare(buffer, index, computed, expected as f64, &Tolerance::EXACT);
}
