//! Charts of curves.

use std::error::Error;
use std::ops::Range;

use plotters::prelude::*;

use super::canvas::{Area, FONT};
use crate::model::PAPER_ERROR_PERCENT;

/// Grey of what is not measured here.
pub const GREY: RGBColor = RGBColor(120, 120, 120);
/// Colours that are told apart easily, for what is.
pub const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(255, 127, 14),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
];

/// One axis of a chart.
pub struct Axis<'a> {
    /// What it shows, with its unit.
    pub name: &'a str,
    /// From where to where.
    pub range: Range<f64>,
    /// Most numbers written beside it.
    pub labels: usize,
    /// Decimals of these numbers.
    pub decimals: usize,
}

impl Axis<'_> {
    /// The passes of a training from the first to `last`.
    pub fn of_passes(last: usize) -> Self {
        Self {
            name: "pass over the training set",
            range: 1.0..last as f64,
            labels: last.min(20),
            decimals: 0,
        }
    }
}

/// How a curve is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// A line with a dot at each point.
    Dotted,
    /// A line.
    Plain,
    /// A dashed line, for what is to be reached.
    Dashed,
}

/// A curve.
pub struct Curve {
    /// Its name in the legend; none to leave it out there.
    pub name: Option<String>,
    /// Its colour.
    pub colour: RGBColor,
    /// How it is drawn.
    pub stroke: Stroke,
    /// x and y, in the order of x.
    pub points: Vec<(f64, f64)>,
}

impl Curve {
    /// A dashed grey line at the height of `goal` over the part `x` of its axis.
    pub fn goal(name: String, goal: f64, x: Range<f64>) -> Self {
        Self {
            name: Some(name),
            colour: GREY,
            stroke: Stroke::Dashed,
            points: vec![(x.start, goal), (x.end, goal)],
        }
    }

    /// The test error that the paper reports, from the first pass to `last`.
    pub fn paper_error(last: usize) -> Self {
        let name = format!("the paper's test error, {PAPER_ERROR_PERCENT} %");
        Self::goal(name, PAPER_ERROR_PERCENT, 1.0..last as f64)
    }
}

/// Draws `curves` over the axes `x` and `y`, with a legend of those that have a name. Points beyond the end of x are left out, and those
/// above y lie on its upper end.
///
/// # Errors
/// If the text cannot be drawn.
pub fn draw_curves(
    area: &Area,
    caption: &str,
    x: &Axis,
    y: &Axis,
    curves: &[Curve],
) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(caption, (FONT, 24))
        .margin(15)
        .x_label_area_size(45)
        .y_label_area_size(60)
        .build_cartesian_2d(x.range.clone(), y.range.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(x.name)
        .y_desc(y.name)
        .x_labels(x.labels)
        .y_labels(y.labels)
        .x_label_formatter(&|value| format!("{value:.0$}", x.decimals))
        .y_label_formatter(&|value| format!("{value:.0$}", y.decimals))
        .label_style((FONT, 15))
        .axis_desc_style((FONT, 17))
        .draw()?;
    for curve in curves {
        let inside = |(across, _): &(f64, f64)| (x.range.start..=x.range.end).contains(across);
        let points = curve.points.iter().copied().filter(inside);
        let points: Vec<_> = points
            .map(|(across, up)| (across, up.clamp(y.range.start, y.range.end)))
            .collect();
        let line = curve.colour.stroke_width(2);
        let series = match curve.stroke {
            Stroke::Dashed => chart.draw_series(DashedLineSeries::new(points, 6, 4, line))?,
            Stroke::Plain => chart.draw_series(LineSeries::new(points, line))?,
            Stroke::Dotted => {
                let dot = |&point: &_| Circle::new(point, 4, curve.colour.filled());
                chart.draw_series(points.iter().map(dot))?;
                chart.draw_series(LineSeries::new(points, line))?
            }
        };
        if let Some(name) = &curve.name {
            series
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], line));
        }
    }
    if curves.iter().all(|curve| curve.name.is_none()) {
        return Ok(());
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.9))
        .border_style(GREY)
        .label_font((FONT, 15))
        .draw()?;
    Ok(())
}
