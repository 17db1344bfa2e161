//! `curves.png`: training and test error by pass, as in Figure 5 of the paper.

use std::path::Path;

use plotters::prelude::*;

use super::picture::{Area, FONT, draw_png};
use super::run_folder::{PassRow, RunError};

const SIZE: (u32, u32) = (800, 500);
/// The paper's test error, drawn as a line to reach.
const PAPER_ERROR_PERCENT: f64 = 0.95;

/// Draws the errors of `rows` into the PNG at `path`.
///
/// # Errors
/// If it cannot be written.
pub fn draw(rows: &[PassRow], path: &Path) -> Result<(), RunError> {
    draw_png(path, SIZE, |area| draw_chart(rows, area))
}

fn draw_chart(rows: &[PassRow], area: &Area) -> Result<(), Box<dyn std::error::Error>> {
    let last_pass = rows.last().map_or(1, |row| row.pass).max(2);
    let highest = rows
        .iter()
        .flat_map(|row| [Some(row.training_error_percent), row.watched_error()])
        .flatten()
        .fold(2.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption("LeNet-5: error by pass", (FONT, 24))
        .margin(15)
        .x_label_area_size(45)
        .y_label_area_size(60)
        .build_cartesian_2d(1.0..last_pass as f64, 0.0..highest * 1.05)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("pass over the training set")
        .y_desc("error, per cent")
        .x_labels(last_pass.min(20))
        .x_label_formatter(&|pass| format!("{pass:.0}"))
        .label_style((FONT, 15))
        .axis_desc_style((FONT, 17))
        .draw()?;

    let watched_name = match rows.last().and_then(|row| row.validation_error_percent) {
        Some(_) => "validation set, after the pass",
        None => "test set, after the pass",
    };
    let watched = rows
        .iter()
        .filter_map(|row| Some((row.pass as f64, row.watched_error()?)));
    let training = rows
        .iter()
        .map(|row| (row.pass as f64, row.training_error_percent));
    let blue = RGBColor(31, 119, 180);
    let red = RGBColor(214, 39, 40);
    let mut draw_curve = |name: &str, colour: RGBColor, points: Vec<(f64, f64)>| {
        let line = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(points.clone(), line))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], line));
        let dots = points.into_iter();
        chart.draw_series(dots.map(|point| Circle::new(point, 4, colour.filled())))?;
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    draw_curve("training set, during the pass", blue, training.collect())?;
    draw_curve(watched_name, red, watched.collect())?;
    let grey = RGBColor(120, 120, 120);
    let paper = [
        (1.0, PAPER_ERROR_PERCENT),
        (last_pass as f64, PAPER_ERROR_PERCENT),
    ];
    chart
        .draw_series(DashedLineSeries::new(paper, 6, 4, grey.stroke_width(1)))?
        .label("the paper's test error, 0.95 %")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], grey));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.9))
        .border_style(grey)
        .label_font((FONT, 15))
        .draw()?;
    Ok(())
}
