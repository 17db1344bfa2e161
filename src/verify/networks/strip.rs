//! The penalties along strips, in f64.

use super::compare::compare_lengths;
use super::inference;
use super::start::StartingPoint;
use super::subject::Subject;
use crate::data::IMAGE_SIDE;
use crate::data::strings::{Line, Strip};
use crate::gpu::GpuError;
use crate::model::{DIGITS, StripNetwork};
use crate::reference;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::samples::converted;

pub const TOLERANCE: Tolerance = inference::TOLERANCE;

/// Columns of the lines, in turn: odd numbers and even ones, one after which a position is, and two of a length.
const WIDTHS: [usize; 6] = [1, 29, 61, 118, 61, 32];

/// The penalties of the first model's start along as many strips as there are samples in a batch.
pub async fn run(subject: Subject<'_>, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let StartingPoint {
        recipe,
        network,
        models,
        ..
    } = start;
    let arena = &models[0].state.parameter;
    let strips = strips_of(start, recipe.batch);
    let computed = subject.penalties_along(network, arena, &strips).await?;
    let mut outcome = Outcome::default();
    let exact = converted::<f64>(arena);
    for (number, (strip, computed)) in strips.iter().zip(&computed).enumerate() {
        let of_strip = StripNetwork::new(network, strip.positions());
        let levels = converted(strip.levels());
        let expected = reference::strip::penalties(&of_strip, &exact, &levels);
        let both = computed.as_flattened().iter().zip(&expected);
        for (place, (&computed, &expected)) in both.enumerate() {
            let index = || format!("[{number}][{}][{}]", place / DIGITS, place % DIGITS);
            outcome.compare("penalties", index, computed.into(), expected, &TOLERANCE);
        }
        compare_lengths(&mut outcome, "penalties", computed, strip.positions());
    }
    compare_lengths(&mut outcome, "strips", &computed, strips.len());
    Ok(outcome)
}

/// `count` strips around lines of the start's pixels.
fn strips_of(start: &StartingPoint, count: usize) -> Vec<Strip> {
    let mut pixels = start.data.images().iter().copied().cycle();
    let widths = WIDTHS.into_iter().cycle().take(count);
    let lines = widths.map(|width| {
        let ink = pixels.by_ref().take(width * IMAGE_SIDE);
        Line::of(width, ink.collect())
    });
    lines.map(|line| Strip::around(&line)).collect()
}
