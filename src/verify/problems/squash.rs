//! Squashing.

use std::fmt;

use super::maps::maps_text;
use super::tolerances::{POINTWISE, TANH};
use crate::model::MapShape;
use crate::reference::{self, Real};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::Samples;
use crate::verify::tensor::inputs;

/// Samples and maps: the network's own layers, and sizes that fill no workgroup and no vector.
pub fn shapes() -> Vec<(usize, MapShape)> {
    vec![
        (1, MapShape::new(1, 1, 1)),
        (3, MapShape::new(1, 1, 65)),
        (16, MapShape::new(1, 1, 84)),
        (5, MapShape::new(6, 28, 28)),
        (2, MapShape::new(16, 10, 10)),
        (7, MapShape::new(16, 5, 5)),
        (9, MapShape::new(3, 3, 3)),
        (13, MapShape::new(2, 3, 17)),
    ]
}

/// A batch of weighted sums that are squashed.
pub struct Squash {
    pub shape: MapShape,
    /// Weighted sums up to ±40, far beyond where tanh is 1, with small values in between.
    pub a: Samples,
    /// The squashed values.
    pub y: Samples,
    /// ∂E/∂y.
    pub dy: Samples,
    /// ∂²E/∂y², not negative.
    pub hy: Samples,
}

impl Squash {
    pub const FORWARD: Tolerance = TANH;
    pub const BACKWARD_INPUT: Tolerance = POINTWISE;

    /// `samples` samples of maps `shape`.
    pub fn new(samples: usize, shape: MapShape) -> Self {
        let units = shape.units();
        let mut noise = Noise::new(7);
        let a = Samples::noise(&mut noise, samples, units).map(|value| 40.0 * value.powi(5));
        Self {
            shape,
            y: squashed(&a).rounded(),
            a,
            dy: Samples::noise(&mut noise, samples, units),
            hy: Samples::noise(&mut noise, samples, units).map(f32::abs),
        }
    }

    /// The squashed sums.
    pub fn forward(&self) -> Samples<f64> {
        squashed(&self.a)
    }

    /// ∂E/∂a.
    pub fn backward_input(&self) -> Samples<f64> {
        self.y.through_squashing(&self.dy.converted())
    }

    /// ∂²E/∂a².
    pub fn second_backward_input<T: Real>(&self) -> Samples<T> {
        let y = self.y.converted();
        self.hy.each(self.hy.units, |n, hy, ha| {
            reference::squash::second_backward_input(y.sample(n), hy, ha);
        })
    }
}

fn squashed(a: &Samples) -> Samples<f64> {
    a.converted().squashed()
}

inputs!(Squash { a, y, dy, hy });

impl fmt::Display for Squash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.a.count(), maps_text(self.shape))
    }
}
