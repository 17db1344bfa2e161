//! Bars beside one another: published values grey, ours blue with their spread.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::plot::{Area, COLOURS, GREY, text_style};
use crate::train::MeanDeviation;

/// One row.
pub struct Bar {
    /// What it is the value of.
    pub label: String,
    /// A value.
    pub value: Value,
}

/// Where a value comes from.
pub enum Value {
    /// From the paper.
    Published(f64),
    /// From here.
    Measured(MeanDeviation),
}

impl Bar {
    /// A row of the paper.
    pub fn published(label: &str, value: f64) -> Self {
        Self {
            label: format!("{label} (1998)"),
            value: Value::Published(value),
        }
    }

    /// A row of ours.
    pub fn measured(label: &str, spread: MeanDeviation) -> Self {
        Self {
            label: label.to_owned(),
            value: Value::Measured(spread),
        }
    }

    /// The length of the bar.
    pub fn length(&self) -> f64 {
        match self.value {
            Value::Published(value) => value,
            Value::Measured(spread) => spread.mean,
        }
    }

    /// The end of the bar or of its whisker.
    pub fn end(&self) -> f64 {
        match self.value {
            Value::Published(value) => value,
            Value::Measured(spread) => spread.mean + spread.deviation.unwrap_or(0.0),
        }
    }
}

const WIDTH: i32 = 900;
const MARGIN: i32 = 16;
const TITLE: i32 = 40;
const ROW: i32 = 26;
/// Room for the labels.
const LABELS: i32 = 310;
/// Room for the numbers.
const NUMBERS: i32 = 190;

/// The size of a picture of `bars`.
pub fn size(bars: &[Bar]) -> (u32, u32) {
    let height = 2 * MARGIN + TITLE + bars.len() as i32 * ROW;
    (WIDTH as u32, height as u32)
}

/// Draws `bars` in their order. Values above `largest` are cut off there, which two strokes show.
///
/// # Errors
/// If the text cannot be drawn.
pub fn draw(area: &Area, title: &str, largest: f64, bars: &[Bar]) -> Result<(), Box<dyn Error>> {
    let place = (MARGIN, MARGIN + 10);
    area.draw(&Text::new(
        title.to_owned(),
        place,
        text_style(22, HPos::Left),
    ))?;
    let left = MARGIN + LABELS;
    let longest = f64::from(WIDTH - MARGIN - NUMBERS - left);
    let x_of = |value: f64| left + (value.clamp(0.0, largest) / largest * longest).round() as i32;
    for (index, bar) in bars.iter().enumerate() {
        let top = MARGIN + TITLE + index as i32 * ROW;
        let middle = top + ROW / 2;
        let label = Text::new(
            bar.label.clone(),
            (left - 10, middle),
            text_style(15, HPos::Right),
        );
        area.draw(&label)?;
        let (colour, number) = match &bar.value {
            Value::Published(value) => (RGBColor(170, 170, 170), format!("{value:.2}")),
            Value::Measured(spread) => (COLOURS[0], spread.to_string()),
        };
        let right = x_of(bar.length());
        let rectangle = [(left, top + 4), (right, top + ROW - 4)];
        area.draw(&Rectangle::new(rectangle, colour.filled()))?;
        let mut end = right;
        if let Value::Measured(spread) = &bar.value {
            let deviation = spread.deviation.unwrap_or(0.0);
            let whisker = [spread.mean - deviation, spread.mean + deviation].map(x_of);
            let stroke = BLACK.stroke_width(2);
            area.draw(&PathElement::new(whisker.map(|x| (x, middle)), stroke))?;
            end = end.max(whisker[1]);
        }
        if bar.length() > largest {
            for x in [right - 14, right - 8] {
                let cut = [(x, top + ROW - 2), (x + 6, top + 2)];
                area.draw(&PathElement::new(cut, WHITE.stroke_width(3)))?;
            }
        }
        area.draw(&Text::new(
            number,
            (end + 8, middle),
            text_style(15, HPos::Left),
        ))?;
    }
    let axis = [
        (left, MARGIN + TITLE),
        (left, MARGIN + TITLE + bars.len() as i32 * ROW),
    ];
    area.draw(&PathElement::new(axis, GREY.stroke_width(1)))?;
    Ok(())
}
