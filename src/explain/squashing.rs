//! The squashing function f(a) = A·tanh(S·a) (Appendix A) with its first two derivatives: values, where f″
//! is largest, and a chart.

use std::ops::Range;

use serde::Serialize;

use crate::model::{SQUASH_AMPLITUDE, SQUASH_SLOPE};
use crate::plot::{Axis, COLOURS, Colour, Curve, CurveChart, Drawing, GREY, Stroke};
use crate::reference::squash::{slope, squash};

/// A as some lecture slides print it: a misprint, since f(1) is then not 1.
pub const DECK_AMPLITUDE: f64 = 1.17519;

/// The part of a that the chart shows, and the table.
const SHOWN: Range<f64> = -4.0..4.0;
/// Points of a curve of the chart, but for the last.
const INTERVALS: usize = 400;

/// Width and height of the chart in pixels.
const SIZE: (f64, f64) = (760.0, 520.0);

/// The function and its derivatives at one place.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Squashed {
    /// The place.
    pub a: f64,
    /// f(a).
    pub value: f64,
    /// f′(a).
    pub slope: f64,
    /// f″(a).
    pub curvature: f64,
}

impl Squashed {
    /// f, f′ and f″ at `a`. By the chain rule f″ = −2·S·f·f′/A, since f′ = S·(A − f²/A).
    pub fn at(a: f64) -> Self {
        let value = squash(a);
        let slope = slope(value);
        Self {
            a,
            value,
            slope,
            curvature: -2.0 * SQUASH_SLOPE / SQUASH_AMPLITUDE * value * slope,
        }
    }
}

/// The function in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Squashing {
    /// A.
    pub amplitude: f64,
    /// S.
    pub slope: f64,
    /// The function at some places, from left to right.
    pub values: Vec<Squashed>,
    /// Where |f″| is largest: tanh²(S·a) = ⅓ there, so that a = ±artanh(1/√3)/S. Left, right.
    pub extremes: [Squashed; 2],
    /// f(1) with the misprinted A.
    pub misprinted_at_one: f64,
}

impl Squashing {
    /// The function in numbers.
    pub fn new() -> Self {
        let extreme = (1.0 / 3f64.sqrt()).atanh() / SQUASH_SLOPE;
        let places = [-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0];
        Self {
            amplitude: SQUASH_AMPLITUDE,
            slope: SQUASH_SLOPE,
            values: places.map(Squashed::at).to_vec(),
            extremes: [-extreme, extreme].map(Squashed::at),
            misprinted_at_one: misprinted(1.0),
        }
    }

    /// f, f′ and f″ over a, with f(±1), the extremes of f″, and f as misprinted.
    pub fn chart(&self) -> Drawing {
        let [blue, red, green, ..] = COLOURS;
        let ones = [-1.0, 1.0].map(Squashed::at);
        let dots = |colour, points: [(f64, f64); 2]| points.map(|point| dot(colour, point));
        let mut curves = vec![
            upright(-1.0, Some("a = −1 and a = 1".to_owned())),
            upright(1.0, None),
            curve(
                &format!(
                    "misprinted, A = {DECK_AMPLITUDE}: f(1) = {:.3}",
                    self.misprinted_at_one
                ),
                GREY,
                misprinted,
            ),
            curve("f", blue, |a| Squashed::at(a).value),
            curve("f′", green, |a| Squashed::at(a).slope),
            curve("f″", red, |a| Squashed::at(a).curvature),
        ];
        curves.extend(dots(blue, ones.map(|one| (one.a, one.value))));
        let extremes = self.extremes.map(|place| (place.a, place.curvature));
        curves.extend(dots(red, extremes));
        let chart = CurveChart {
            title: format!("f(a) = {} · tanh(⅔ a)", self.amplitude),
            x: axis("a", SHOWN),
            y: axis("f(a), f′(a), f″(a)", -2.0..2.0),
            curves,
        };
        chart.drawing(SIZE.0, SIZE.1)
    }
}

impl Default for Squashing {
    fn default() -> Self {
        Self::new()
    }
}

/// f(a) with the misprinted A.
fn misprinted(a: f64) -> f64 {
    DECK_AMPLITUDE / SQUASH_AMPLITUDE * squash(a)
}

fn axis(name: &'static str, range: Range<f64>) -> Axis {
    Axis {
        name,
        range,
        least_step: 0.5,
    }
}

fn curve(name: &str, colour: Colour, of: impl Fn(f64) -> f64) -> Curve {
    let width = SHOWN.end - SHOWN.start;
    let places = (0..=INTERVALS).map(|i| SHOWN.start + width * i as f64 / INTERVALS as f64);
    Curve {
        name: Some(name.to_owned()),
        colour,
        stroke: Stroke::Plain,
        points: places.map(|a| (a, of(a))).collect(),
    }
}

/// A dashed line upwards at `a`.
fn upright(a: f64, name: Option<String>) -> Curve {
    Curve {
        name,
        colour: GREY,
        stroke: Stroke::Dashed,
        points: vec![(a, -2.0), (a, 2.0)],
    }
}

/// A single dot.
fn dot(colour: Colour, point: (f64, f64)) -> Curve {
    Curve {
        name: None,
        colour,
        stroke: Stroke::Dotted,
        points: vec![point],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivatives_are_those_of_the_function() {
        let h = 1e-5;
        for a in [-2.0, -1.0, -0.3, 0.0, 0.7, 1.0, 3.0] {
            let [before, here, after] = [a - h, a, a + h].map(Squashed::at);
            let slope = (after.value - before.value) / (2.0 * h);
            let curvature = (after.slope - before.slope) / (2.0 * h);
            assert!((here.slope - slope).abs() < 1e-8, "f' at {a}");
            assert!((here.curvature - curvature).abs() < 1e-8, "f'' at {a}");
        }
    }

    #[test]
    fn the_second_derivative_is_largest_where_it_is_said_to_be() {
        let [left, right] = Squashing::new().extremes;
        assert!((right.a - 1.0).abs() < 0.02, "{}", right.a);
        for i in 0..=1000 {
            let a = f64::from(i) * 0.005;
            assert!(Squashed::at(a).curvature.abs() <= left.curvature + 1e-12);
            assert!(Squashed::at(-a).curvature <= -right.curvature + 1e-12);
        }
    }

    #[test]
    fn the_misprint_does_not_fix_one() {
        let squashing = Squashing::new();
        assert!((squashing.misprinted_at_one - 0.685).abs() < 5e-4);
        assert!((Squashed::at(1.0).value - 1.0).abs() < 1e-4);
    }
}
