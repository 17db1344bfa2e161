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
}

/// A measurement that every round repeats.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rounds {
    /// Their median and range.
    #[serde(flatten)]
    pub spread: MedianRange,
    /// What was measured in each, in order.
    pub rounds: Vec<f64>,
}

impl Rounds {
    /// The measurements `values`, in a smaller unit, of which `factor` make one of theirs; none if
    /// there are none.
    pub fn scaled(values: &[f64], factor: f64) -> Option<Self> {
        let rounds: Vec<f64> = values.iter().map(|value| value * factor).collect();
        Some(Self {
            spread: MedianRange::of(&rounds)?,
            rounds,
        })
    }

    /// Their median.
    pub fn median(&self) -> f64 {
        self.spread.median
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

    #[test]
    fn rounds_keep_their_order_in_the_smaller_unit() {
        let rounds = Rounds::scaled(&[3.0, 1.0, 2.0], 10.0).unwrap();
        assert_eq!(rounds.rounds, [30.0, 10.0, 20.0]);
        assert_eq!(rounds.median(), 20.0);
        assert_eq!(Rounds::scaled(&[], 10.0), None);
    }
}
