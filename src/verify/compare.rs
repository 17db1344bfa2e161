//! Comparing computed values with expected ones.

use serde::Serialize;

use super::guard::{GUARD, UNWRITTEN};

/// How far off a value may be: |computed − expected| ≤ absolute + relative · |expected|.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tolerance {
    /// The absolute part.
    pub absolute: f64,
    /// The relative part.
    pub relative: f64,
    /// Why it is what it is.
    pub reason: &'static str,
}

impl Tolerance {
    /// Not at all.
    pub const EXACT: Self = Self {
        absolute: 0.0,
        relative: 0.0,
        reason: "integers and copies are exact",
    };
}

/// A value that is off by more than its tolerance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mismatch {
    /// The buffer.
    pub buffer: String,
    /// The place in it: [sample][unit] for batches, [value] for others.
    pub index: String,
    /// The value that was computed.
    pub computed: f64,
    /// The value that the reference gives.
    pub expected: f64,
}

impl Mismatch {
    /// Whether the value is a guard word, or was computed from one: the operation read beyond an input.
    pub fn is_stray(&self) -> bool {
        let unwritten = f64::from(f32::from_bits(UNWRITTEN)).to_bits();
        let is_computed = self.computed.to_bits() != unwritten;
        self.computed.is_nan() && is_computed || self.computed == f64::from(GUARD)
    }
}

/// Mismatches that are kept for the report.
const SHOWN: usize = 5;
/// Expected values below this count as this when relative errors are formed.
const RELATIVE_FLOOR: f64 = 1e-3;

/// The result of a case.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Largest absolute error.
    pub max_abs: f64,
    /// Largest error relative to the expected value, or to 10⁻³ if that is larger.
    pub max_rel: f64,
    /// Values compared.
    pub compared: usize,
    /// Values off by more than the tolerance, NaN and infinity included.
    pub off: usize,
    /// The first of them.
    pub mismatches: Vec<Mismatch>,
    /// Guard words that were overwritten, by buffer.
    pub overwritten: Vec<String>,
}

impl Outcome {
    /// Whether all values are within tolerance and no guard word was touched.
    pub fn passed(&self) -> bool {
        self.compared > 0 && self.off == 0 && self.overwritten.is_empty()
    }

    /// Compares one value; `index` gives its place if it is off.
    pub fn compare(
        &mut self,
        buffer: &str,
        index: impl FnOnce() -> String,
        computed: f64,
        expected: f64,
        tolerance: &Tolerance,
    ) {
        self.compared += 1;
        let error = (computed - expected).abs();
        // NaN and infinity first: neither may hide in a maximum or pass a comparison.
        let off = !computed.is_finite()
            || error > tolerance.absolute + tolerance.relative * expected.abs();
        if error.is_finite() {
            self.max_abs = self.max_abs.max(error);
            self.max_rel = self.max_rel.max(error / expected.abs().max(RELATIVE_FLOOR));
        } else {
            self.max_abs = f64::INFINITY;
            self.max_rel = f64::INFINITY;
        }
        if off {
            self.off += 1;
            if self.mismatches.len() < SHOWN {
                self.mismatches.push(Mismatch {
                    buffer: buffer.to_owned(),
                    index: index(),
                    computed,
                    expected,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOSE: Tolerance = Tolerance {
        absolute: 0.5,
        relative: 0.0,
        reason: "test",
    };

    fn outcome_of(computed: f64, expected: f64) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.compare("output", || "[0]".to_owned(), computed, expected, &LOOSE);
        outcome
    }

    #[test]
    fn values_within_tolerance_pass() {
        assert!(outcome_of(1.4, 1.0).passed());
    }

    #[test]
    fn values_beyond_tolerance_nan_and_infinity_fail() {
        for computed in [1.6, f64::NAN, f64::INFINITY] {
            let outcome = outcome_of(computed, 1.0);
            assert!(!outcome.passed(), "{computed}");
            assert_eq!(outcome.mismatches[0].index, "[0]");
        }
        assert!(outcome_of(f64::NAN, 1.0).max_abs.is_infinite());
    }

    #[test]
    fn nothing_compared_is_not_a_pass() {
        assert!(!Outcome::default().passed());
    }
}
