//! Summing the slices of a gradient.

use std::fmt;

use super::tolerances::SUM;
use crate::reference;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::converted;

/// Slices, weights and biases.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub slices: usize,
    pub weights: usize,
    pub biases: usize,
}

/// All sizes.
pub fn sizes() -> [Sizes; 4] {
    [(1, 3, 1), (7, 150, 6), (67, 1500, 16), (5, 61, 3)].map(|(slices, weights, biases)| Sizes {
        slices,
        weights,
        biases,
    })
}

/// Slices that are summed.
pub struct Slices {
    pub sizes: Sizes,
    /// The slices [slice][value].
    pub partial: Vec<f32>,
}

impl Slices {
    pub const TOLERANCE: Tolerance = SUM;

    /// The slices of the model at place `model`.
    pub fn new(sizes: Sizes, model: usize) -> Self {
        let values = sizes.slices * (sizes.weights + sizes.biases);
        Self {
            sizes,
            partial: Noise::of_model(13, model).values(values),
        }
    }

    /// The sums of the weights' and of the biases' slices.
    pub fn sum(&self) -> (Vec<f64>, Vec<f64>) {
        let mut sum = vec![f64::NAN; self.sizes.weights + self.sizes.biases];
        let partial: Vec<f64> = converted(&self.partial);
        reference::reduce::sum(&partial, &mut sum);
        let of_biases = sum.split_off(self.sizes.weights);
        (sum, of_biases)
    }
}

impl fmt::Display for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sizes {
            slices,
            weights,
            biases,
        } = self.sizes;
        write!(f, "{slices} slices of {weights} + {biases}")
    }
}
