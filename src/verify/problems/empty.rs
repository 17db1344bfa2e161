//! Values that dispatches which do nothing leave as they are.

use crate::reference;
use crate::verify::noise::Noise;
use crate::verify::samples::converted;

/// Numbers of values.
pub const LENGTHS: [usize; 2] = [1, 257];

/// Some values.
pub struct Untouched {
    pub values: Vec<f32>,
}

impl Untouched {
    /// `length` values.
    pub fn new(length: usize) -> Self {
        Self {
            values: Noise::new(23).values(length),
        }
    }

    /// They, bound for writing.
    pub fn dependent(&self) -> Vec<f64> {
        let mut values = converted(&self.values);
        reference::empty::dependent(&mut values);
        values
    }

    /// They, bound for reading.
    pub fn independent(&self) -> Vec<f64> {
        let values = converted(&self.values);
        reference::empty::independent(&values);
        values
    }
}
