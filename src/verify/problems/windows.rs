//! Windows of strips.

use std::fmt;

use super::maps::maps_text;
use crate::model::MapShape;
use crate::reference;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::Samples;
use crate::verify::tensor::inputs;

/// Strips, and the positions of each: one of each, odd lengths, groups that two strips share, and more than a
/// workgroup.
pub const STRIPS: [(usize, usize); 5] = [(1, 1), (1, 13), (3, 7), (5, 1), (9, 30)];

/// The maps of strips, and what the units read of them.
pub struct Windows {
    pub features: Samples,
    pub shape: MapShape,
    pub window: MapShape,
    pub positions: usize,
}

impl Windows {
    pub const TOLERANCE: Tolerance = Tolerance::EXACT;

    /// The S4 of `strips` strips with `positions` positions.
    pub fn new(strips: usize, positions: usize) -> Self {
        let window = MapShape::new(16, 5, 5);
        let shape = MapShape {
            width: window.width + positions - 1,
            ..window
        };
        Self {
            features: Samples::noise(&mut Noise::new(31), strips, shape.units()),
            shape,
            window,
            positions,
        }
    }

    /// The windows of one strip after another.
    pub fn gather(&self) -> Samples<f64> {
        let units = self.window.units();
        let features = self.features.converted::<f64>();
        let mut windows = vec![0.0; features.count() * self.positions * units];
        let mut copies = windows.chunks_exact_mut(units);
        for of_strip in features.iter() {
            for (position, copy) in (0..self.positions).zip(&mut copies) {
                reference::windows::gather(self.shape, of_strip, self.window, position, copy);
            }
        }
        Samples::new(windows, units)
    }
}

inputs!(Windows { features });

impl fmt::Display for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (strips, shape) = (self.features.count(), maps_text(self.shape));
        write!(f, "{strips}x{shape}, {} positions", self.positions)
    }
}
