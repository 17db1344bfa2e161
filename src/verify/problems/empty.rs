//! Values that dispatches which do nothing leave as they are.

use crate::reference;
use crate::verify::noise::Noise;
use crate::verify::samples::converted;

/// Some values.
pub struct Untouched {
    pub values: Vec<f32>,
}

impl Untouched {
    /// More values than a workgroup has invocations.
    pub const LENGTH: usize = 65;

    /// Values of which none may change.
    pub fn new() -> Self {
        Self {
            values: Noise::new(23).values(Self::LENGTH),
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
