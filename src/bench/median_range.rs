//! The median of repeated measurements, and their range.

use serde::Serialize;

/// Median, lowest and highest of some measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MedianRange {
    /// The median; of an even number, the mean of the two in the middle.
    pub median: f64,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

impl MedianRange {
    /// Median and range of `values`; none if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let upper = sorted.len() / 2;
        let lower = sorted.len().checked_sub(1)? / 2;
        Some(Self {
            median: (sorted[lower] + sorted[upper]) / 2.0,
            lowest: sorted[0],
            highest: sorted[sorted.len() - 1],
        })
    }

    /// The same in a smaller unit, of which `factor` make one of the present unit.
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            median: self.median * factor,
            lowest: self.lowest * factor,
            highest: self.highest * factor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let median = |values: &[f64]| MedianRange::of(values).unwrap().median;
        assert_eq!(median(&[3.0, 9.0, 1.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 9.0, 2.0]), 3.0);
        assert_eq!(MedianRange::of(&[]), None);
        let spread = MedianRange::of(&[2.0, -1.0]).unwrap();
        assert_eq!((spread.lowest, spread.highest), (-1.0, 2.0));
    }
}
