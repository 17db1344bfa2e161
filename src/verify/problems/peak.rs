//! The sequences that an adapter's peaks are measured with.

use super::tolerances::SEQUENCE;
use crate::reference;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::converted;

/// Lengths in vec4 and rounds of multiply-adds.
pub const MULTIPLY_ADDS: [(usize, usize); 3] = [(1, 1), (65, 3), (257, 64)];

/// Lengths in vec4 of copies.
pub const COPIES: [usize; 4] = [1, 61, 257, 4096];

/// Some vec4.
pub struct Vectors {
    pub values: Vec<f32>,
}

impl Vectors {
    pub const MULTIPLY_ADD: Tolerance = SEQUENCE;

    /// `length` vec4.
    pub fn new(length: usize) -> Self {
        Self {
            values: Noise::new(21).values(4 * length),
        }
    }

    /// `rounds` rounds of multiply-adds on every value.
    pub fn multiply_add(&self, rounds: usize) -> Vec<f64> {
        let mut result = vec![f64::NAN; self.values.len()];
        reference::peak::multiply_add(&converted(&self.values), rounds, &mut result);
        result
    }

    /// The values again.
    pub fn copy(&self) -> Vec<f64> {
        let mut copy = vec![f64::NAN; self.values.len()];
        reference::peak::copy(&converted(&self.values), &mut copy);
        copy
    }
}
