//! The penalties of all pictures, in f64.

use super::compare::compare_lengths;
use super::start::{StartingPoint, Weights};
use super::subject::Subject;
use crate::gpu::GpuError;
use crate::model::DIGITS;
use crate::reference;
use crate::verify::compare::{Outcome, Tolerance};

pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 1e-3,
    relative: 1e-4,
    reason: "rounding of f32 through seven layers; a distance sums 84 squares",
};

/// The penalties of the first model's start.
pub fn run(subject: Subject, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let StartingPoint {
        recipe,
        network,
        parameters,
        data,
        models,
    } = start;
    let state = &models[0].state;
    let computed = subject.penalties(network, &state.parameter, data, recipe.batch)?;
    let Weights { arena, codes } = Weights::of(state);
    let mut activations = reference::Activations::new(network);
    let mut outcome = Outcome::default();
    for (sample, computed) in computed.chunks(DIGITS).enumerate() {
        reference::batch::assemble(data.image(sample), activations.input_mut());
        reference::forward(network, parameters, &arena, &codes, &mut activations);
        let expected = reference::penalties(&activations);
        for (class, (&computed, &expected)) in computed.iter().zip(expected).enumerate() {
            let index = || format!("[{sample}][{class}]");
            outcome.compare("penalties", index, computed.into(), expected, &TOLERANCE);
        }
    }
    compare_lengths(&mut outcome, "penalties", &computed, data.len() * DIGITS);
    Ok(outcome)
}
