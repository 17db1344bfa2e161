//! Published values beside measured ones, as bars: grey as published, blue measured here.

use crate::plot::{self, BarChart, BarGroup, COLOURS, Colour, Drawing};
use crate::train::MeanDeviation;

/// One row.
pub struct Bar {
    /// What it is the value of.
    pub label: String,
    /// Its value.
    pub value: Value,
}

/// Where a value comes from.
pub enum Value {
    /// The paper.
    Published(f64),
    /// This program.
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

    /// A row measured here.
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

    fn group(&self) -> BarGroup {
        let (colour, deviation, number) = match &self.value {
            Value::Published(value) => (Colour::grey(170), None, format!("{value:.2}")),
            Value::Measured(spread) => (COLOURS[0], spread.deviation, spread.to_string()),
        };
        BarGroup {
            label: self.label.clone(),
            bars: vec![plot::Bar {
                value: Some(self.length()),
                deviation,
                number,
                colour,
            }],
        }
    }
}

/// A drawing of `bars` in their order. Those longer than `cut` are cut off there.
pub fn draw(title: &str, cut: f64, bars: &[Bar]) -> Drawing {
    plot::stack(&[BarChart {
        title: title.to_owned(),
        legend: Vec::new(),
        groups: bars.iter().map(Bar::group).collect(),
        cut,
    }])
}
