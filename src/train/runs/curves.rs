//! `curves.png`: training and test error after each pass, as in Figure 5 of the paper, and the loss.

use std::path::Path;

use crate::plot::{Axis, COLOURS, Curve, CurveChart, Drawing, Frame, Stroke};
use crate::store::{PassRow, RunError, write_whole};

/// Size of the picture in pixels, and height of the part with the errors.
const SIZE: (f64, f64) = (800.0, 800.0);
const ERRORS: f64 = 480.0;

/// Draws the errors and, below them, the losses of `rows` into the PNG at `path`.
///
/// # Errors
/// If it cannot be written.
pub fn draw(rows: &[PassRow], path: &Path) -> Result<(), RunError> {
    let (width, height) = SIZE;
    let mut drawing = Drawing::new(width, height);
    let part = |top: f64, height: f64| Frame {
        left: 0.0,
        top,
        width,
        height,
    };
    error_chart(rows).draw(&mut drawing, part(0.0, ERRORS));
    loss_chart(rows).draw(&mut drawing, part(ERRORS, height - ERRORS));
    write_whole(path, &drawing.png())
}

/// The last pass that a chart shows: an axis has two ends.
fn last_pass(rows: &[PassRow]) -> usize {
    rows.last().map_or(1, |row| row.pass).max(2)
}

fn error_chart(rows: &[PassRow]) -> CurveChart {
    let last_pass = last_pass(rows);
    let highest = rows
        .iter()
        .flat_map(|row| [Some(row.training_error_percent), row.watched_error()])
        .flatten()
        .fold(2.0, f64::max);
    CurveChart {
        title: "LeNet-5: error and loss by pass".to_owned(),
        x: Axis::of_passes(last_pass),
        y: Axis {
            name: "error, per cent",
            range: 0.0..highest * 1.05,
            least_step: 0.0,
        },
        curves: curves(rows, last_pass).into(),
    }
}

fn loss_chart(rows: &[PassRow]) -> CurveChart {
    let losses = rows.iter().map(|row| (row.pass as f64, row.training_loss));
    let losses: Vec<(f64, f64)> = losses.collect();
    let highest = losses.iter().map(|&(_, loss)| loss).fold(0.1, f64::max);
    CurveChart {
        title: String::new(),
        x: Axis::of_passes(last_pass(rows)),
        y: Axis {
            name: "loss",
            range: 0.0..highest * 1.05,
            least_step: 0.0,
        },
        curves: vec![Curve {
            name: Some("training set, during the pass".to_owned()),
            colour: COLOURS[0],
            stroke: Stroke::Dotted,
            points: losses,
        }],
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
