//! The penalties of all pictures, in f64.

use super::compare::compare_lengths;
use super::start::StartingPoint;
use super::subject::Subject;
use crate::gpu::GpuError;
use crate::model::DIGITS;
use crate::reference::{Activations, ReferenceNetwork, batch};
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::samples::converted;

pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 1e-3,
    relative: 1e-4,
    reason: "rounding of f32 through seven layers; a distance sums 84 squares",
};

/// The penalties of the first model's start.
pub async fn run(subject: Subject<'_>, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let StartingPoint {
        recipe,
        network,
        data,
        models,
        ..
    } = start;
    let state = &models[0].state;
    let computed = subject
        .penalties(network, &state.parameter, data, recipe.batch)
        .await?;
    let (reference, arena) = (ReferenceNetwork::new(network), converted(&state.parameter));
    let mut activations = Activations::<f64>::new(network);
    let mut outcome = Outcome::default();
    for (sample, computed) in computed.chunks(DIGITS).enumerate() {
        batch::assemble(data.image(sample), activations.input_mut());
        reference.forward(&arena, &mut activations);
        let expected = activations.penalties();
        for (class, (&computed, &expected)) in computed.iter().zip(expected).enumerate() {
            let index = || format!("[{sample}][{class}]");
            outcome.compare("penalties", index, computed.into(), expected, &TOLERANCE);
        }
    }
    compare_lengths(&mut outcome, "penalties", &computed, data.len() * DIGITS);
    Ok(outcome)
}
