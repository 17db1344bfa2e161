//! `curves.png`: training and test error after each pass, as in Figure 5 of the paper.

use std::path::Path;

use crate::plot::{Axis, COLOURS, Curve, CurveChart, Stroke};
use crate::store::{PassRow, RunError, write_whole};

/// Draws the errors of `rows` into the PNG at `path`.
///
/// # Errors
/// If it cannot be written.
pub fn draw(rows: &[PassRow], path: &Path) -> Result<(), RunError> {
    write_whole(path, &chart(rows).drawing(800.0, 500.0).png())
}

fn chart(rows: &[PassRow]) -> CurveChart {
    let last_pass = rows.last().map_or(1, |row| row.pass).max(2);
    let highest = rows
        .iter()
        .flat_map(|row| [Some(row.training_error_percent), row.watched_error()])
        .flatten()
        .fold(2.0, f64::max);
    CurveChart {
        title: "LeNet-5: error by pass".to_owned(),
        x: Axis::of_passes(last_pass),
        y: Axis {
            name: "error, per cent",
            range: 0.0..highest * 1.05,
            least_step: 0.0,
        },
        curves: curves(rows, last_pass).into(),
    }
}

fn curves(rows: &[PassRow], last_pass: usize) -> [Curve; 3] {
    let watched_name = match rows.last().and_then(|row| row.validation_error_percent) {
        Some(_) => "validation set, after the pass",
        None => "test set, after the pass",
    };
    let training = rows
        .iter()
        .map(|row| (row.pass as f64, row.training_error_percent));
    let watched = rows
        .iter()
        .filter_map(|row| Some((row.pass as f64, row.watched_error()?)));
    let dotted = |name: &str, colour, points| Curve {
        name: Some(name.to_owned()),
        colour,
        stroke: Stroke::Dotted,
        points,
    };
    [
        dotted(
            "training set, during the pass",
            COLOURS[0],
            training.collect(),
        ),
        dotted(watched_name, COLOURS[1], watched.collect()),
        Curve::paper_error(last_pass),
    ]
}
