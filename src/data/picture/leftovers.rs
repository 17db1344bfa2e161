//! Strokes that belong to no digit: what lies along a side, apart from the digit,
//! and specks.

use super::strokes::{Stroke, without_specks};

/// What is within this part of the side from the edge is along it. A digit of
/// MNIST's is 1/7 of the side from the edge.
const ZONE: f32 = 0.13;

/// Along a side and as far as this from the rest, as a part of the shorter side:
/// not the detached bar of a 5.
const APART: f32 = 0.05;

/// The digit's strokes. What lies along a side and apart from the others is left
/// out, and so are lines from side to side, if something is left then.
pub fn without(strokes: Vec<Stroke>, (width, height): (u32, u32)) -> (Vec<Stroke>, bool) {
    let count = strokes.len();
    let apart = APART * width.min(height) as f32;
    let (inner, outer): (Vec<Stroke>, Vec<Stroke>) = strokes
        .into_iter()
        .partition(|stroke| !is_along(stroke, (width, height)) && !spans(stroke, (width, height)));
    if inner.is_empty() {
        return (without_specks(outer), false);
    }
    let mut kept = without_specks(inner);
    let near: Vec<Stroke> = outer
        .into_iter()
        .filter(|stroke| {
            !spans(stroke, (width, height))
                && kept.iter().any(|other| gap(stroke, other) as f32 <= apart)
        })
        .collect();
    kept.extend(near);
    let left_out = kept.len() < count;
    (without_specks(kept), left_out)
}

/// Whether there is a digit that reaches no edge: what is not along a side stays
/// away from all of them.
pub fn stands_free(strokes: &[Stroke], (width, height): (u32, u32)) -> bool {
    let mut inner = strokes
        .iter()
        .filter(|stroke| !is_along(stroke, (width, height)))
        .peekable();
    inner.peek().is_some() && inner.all(|stroke| !reaches_edge(stroke, (width, height)))
}

/// Whether a stroke reaches an edge of the picture.
pub fn reaches_edge(stroke: &Stroke, (width, height): (u32, u32)) -> bool {
    let (columns, rows) = (&stroke.columns, &stroke.rows);
    columns.start == 0 || rows.start == 0 || columns.end == width || rows.end == height
}

fn is_along(stroke: &Stroke, (width, height): (u32, u32)) -> bool {
    let zone = |side: u32| (ZONE * side as f32) as u32;
    let (columns, rows) = (&stroke.columns, &stroke.rows);
    columns.end <= zone(width)
        || rows.end <= zone(height)
        || columns.start >= width - zone(width)
        || rows.start >= height - zone(height)
}

/// From one side to the opposite one.
fn spans(stroke: &Stroke, (width, height): (u32, u32)) -> bool {
    stroke.columns.len() as u32 == width || stroke.rows.len() as u32 == height
}

/// Pixels between the boxes around two strokes.
pub fn gap(one: &Stroke, other: &Stroke) -> u32 {
    let between = |a: &std::ops::Range<u32>, b: &std::ops::Range<u32>| {
        a.start
            .saturating_sub(b.end)
            .max(b.start.saturating_sub(a.end))
    };
    between(&one.columns, &other.columns).max(between(&one.rows, &other.rows))
}
