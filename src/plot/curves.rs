//! Charts of curves.

use std::ops::Range;

use super::drawing::{Anchor, Colour, Drawing, GREY, MARGIN, Pen, Place, TEXT, TITLE, TITLE_LINE};
use super::legend::{self, Entry, Sample};
use crate::model::PAPER_ERROR_PERCENT;

/// One axis of a chart.
pub struct Axis {
    /// What it shows, with its unit.
    pub name: &'static str,
    /// From where to where.
    pub range: Range<f64>,
    /// The least distance of two numbers beside it: 1 where there is nothing between whole numbers.
    pub least_step: f64,
}

impl Axis {
    /// Passes of a training, from the first to `last`.
    pub fn of_passes(last: usize) -> Self {
        Self {
            name: "pass over the training set",
            range: 1.0..last as f64,
            least_step: 1.0,
        }
    }

    /// Round numbers in its range and how they are written: as many as possible, but not more than
    /// `most` intervals.
    fn ticks(&self, most: f64) -> Vec<(f64, String)> {
        let Range { start, end } = self.range;
        let step = round_step((end - start) / most).max(self.least_step);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        // A tick at an end counts although the quotient is not exact.
        let first = (start / step - 1e-6).ceil() as i64;
        let last = (end / step + 1e-6).floor() as i64;
        (first..=last)
            .map(|multiple| {
                let value = multiple as f64 * step;
                (value, format!("{value:.decimals$}").replace('-', "−"))
            })
            .collect()
    }

    /// Where `value` lies, from 0 at the start of the range to 1 at its end.
    fn part(&self, value: f64) -> f64 {
        (value - self.range.start) / (self.range.end - self.range.start)
    }
}

/// The least of 1, 2 and 5 times a power of ten that is at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|factor| factor * power);
    let fits = steps.into_iter().find(|&step| step >= least * (1.0 - 1e-6));
    fits.unwrap_or(10.0 * power)
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A line with a dot at each point.
    Dotted,
    /// A line.
    Plain,
    /// A dashed line, for a goal.
    Dashed,
}

/// A curve.
pub struct Curve {
    /// Its name in the legend; none to leave it out there.
    pub name: Option<String>,
    /// Its colour.
    pub colour: Colour,
    /// How it is drawn.
    pub stroke: Stroke,
    /// x and y, in the order of x.
    pub points: Vec<(f64, f64)>,
}

impl Curve {
    /// A dashed grey line at the height of `goal`, over the part `x` of its axis.
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

    fn pen(&self) -> Pen {
        Pen {
            colour: self.colour,
            width: 2.0,
            dashed: self.stroke == Stroke::Dashed,
        }
    }

    fn dotted(&self) -> bool {
        self.stroke == Stroke::Dotted
    }
}

/// A part of a drawing, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// From the left edge of the drawing.
    pub left: f64,
    /// From its upper edge.
    pub top: f64,
    /// Across.
    pub width: f64,
    /// Down.
    pub height: f64,
}

impl Frame {
    fn right(&self) -> f64 {
        self.left + self.width
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// Width of the name of y and the numbers beside it.
const Y_LABELS: f64 = 60.0;
/// Height of the numbers beneath x and its name.
const X_LABELS: f64 = 48.0;
/// Least width of an interval of x.
const X_INTERVAL: f64 = 34.0;
/// Least height of an interval of y.
const Y_INTERVAL: f64 = 36.0;
/// Half the height of a capital: space above the uppermost number and right of the last.
const LABEL_END: f64 = 8.0;
const GRID: Pen = Pen::solid(Colour::grey(221), 1.0);
const AXIS: Pen = Pen::solid(Colour::grey(60), 1.0);
const DOT: f64 = 4.0;

/// Curves over two axes, with a legend of those that have a name.
pub struct CurveChart {
    /// Its title; empty for none.
    pub title: String,
    /// The axis across. Points outside its range are left out.
    pub x: Axis,
    /// The axis upwards. Points outside its range are drawn on the nearer end.
    pub y: Axis,
    /// The curves, the last one on top.
    pub curves: Vec<Curve>,
}

impl CurveChart {
    /// The chart alone, `width` × `height` pixels.
    pub fn drawing(&self, width: f64, height: f64) -> Drawing {
        let mut drawing = Drawing::new(width, height);
        let whole = Frame {
            left: 0.0,
            top: 0.0,
            width,
            height,
        };
        self.draw(&mut drawing, whole);
        drawing
    }

    /// Draws it into `frame`.
    pub fn draw(&self, drawing: &mut Drawing, frame: Frame) {
        let left = frame.left + MARGIN;
        let width = frame.width - 2.0 * MARGIN;
        let mut top = frame.top + MARGIN;
        if !self.title.is_empty() {
            let middle = top + TITLE_LINE / 3.0;
            drawing.text(&self.title, (left, middle), TITLE, Anchor::Start);
            top += TITLE_LINE;
        }
        let entries = self.entries();
        legend::draw(drawing, (left, top), width, &entries);
        top += legend::height(&entries, width) + LABEL_END;
        let field = Frame {
            left: left + Y_LABELS,
            top,
            width: width - Y_LABELS - LABEL_END,
            height: frame.bottom() - MARGIN - X_LABELS - top,
        };
        self.draw_axes(drawing, field);
        for curve in &self.curves {
            self.draw_curve(drawing, field, curve);
        }
    }

    fn entries(&self) -> Vec<Entry<'_>> {
        let named = self.curves.iter().filter_map(|curve| {
            let sample = Sample::Line {
                pen: curve.pen(),
                dotted: curve.dotted(),
            };
            let name = curve.name.as_deref()?;
            Some(Entry { name, sample })
        });
        named.collect()
    }

    /// The place in `field` of `(x, y)`.
    fn place(&self, field: Frame, (x, y): (f64, f64)) -> Place {
        (
            field.left + self.x.part(x) * field.width,
            field.bottom() - self.y.part(y) * field.height,
        )
    }

    fn draw_axes(&self, drawing: &mut Drawing, field: Frame) {
        let (left, bottom) = (sharp(field.left), sharp(field.bottom()));
        let start = (self.x.range.start, self.y.range.start);
        for (value, label) in self.x.ticks(field.width / X_INTERVAL) {
            let x = sharp(self.place(field, (value, start.1)).0);
            drawing.line(&[(x, field.top), (x, bottom + 5.0)], GRID);
            drawing.text(&label, (x, bottom + 15.0), TEXT, Anchor::Middle);
        }
        for (value, label) in self.y.ticks(field.height / Y_INTERVAL) {
            let y = sharp(self.place(field, (start.0, value)).1);
            drawing.line(&[(left - 5.0, y), (field.right(), y)], GRID);
            drawing.text(&label, (left - 9.0, y), TEXT, Anchor::End);
        }
        drawing.line(
            &[(left, field.top), (left, bottom), (field.right(), bottom)],
            AXIS,
        );
        let middle = field.left + field.width / 2.0;
        let beneath = bottom + X_LABELS - TEXT / 2.0;
        drawing.text(self.x.name, (middle, beneath), TEXT, Anchor::Middle);
        let middle = field.top + field.height / 2.0;
        let beside = field.left - Y_LABELS + TEXT / 2.0;
        drawing.text_upwards(self.y.name, (beside, middle), TEXT);
    }

    fn draw_curve(&self, drawing: &mut Drawing, field: Frame, curve: &Curve) {
        let Range { start, end } = self.x.range;
        let inside = curve
            .points
            .iter()
            .filter(|(x, _)| (start..=end).contains(x));
        let places: Vec<Place> = inside
            .map(|&(x, y)| (x, y.clamp(self.y.range.start, self.y.range.end)))
            .map(|point| self.place(field, point))
            .collect();
        drawing.line(&places, curve.pen());
        if curve.dotted() {
            for &place in &places {
                drawing.dot(place, DOT, curve.colour);
            }
        }
    }
}

/// The middle of a pixel, where a line of one pixel is not blurred.
fn sharp(pixels: f64) -> f64 {
    pixels.floor() + 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(range: Range<f64>, least_step: f64, most: f64) -> Vec<String> {
        let axis = Axis {
            name: "",
            range,
            least_step,
        };
        let ticks = axis.ticks(most).into_iter();
        ticks.map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_numbers_with_the_decimals_they_need() {
        assert_eq!(
            labels(0.0..1.0, 0.0, 5.0),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(0.0..95.0, 0.0, 5.0), ["0", "20", "40", "60", "80"]);
        assert_eq!(labels(-10.0..10.0, 0.0, 4.0), ["−10", "−5", "0", "5", "10"]);
        assert_eq!(labels(0.5..1.5, 0.0, 11.0).len(), 11);
    }

    #[test]
    fn there_is_no_tick_between_passes() {
        assert_eq!(labels(1.0..3.0, 1.0, 20.0), ["1", "2", "3"]);
    }
}
