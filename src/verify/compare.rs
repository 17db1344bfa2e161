//! Comparing computed values with expected ones.

use serde::Serialize;

use super::guard::{GUARD, UNWRITTEN};
use super::tensor::Tensor;

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

/// All values of a buffer that were compared, in that order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// The buffer.
    pub buffer: String,
    /// The values that were computed.
    pub computed: Vec<f64>,
    /// The values that the reference gives.
    pub expected: Vec<f64>,
}

/// The result of a case.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Largest error as a share of what the tolerance allows there: 1 at its limit.
    pub worst: f64,
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
    /// Everything that was compared, by buffer, until the case is reported. Whether it fails is not
    /// known beforehand, and what failed once may not fail again.
    #[serde(skip)]
    pub values: Vec<Compared>,
    /// The buffers that a kernel wrote, as far as they are bound, as it left them.
    #[serde(skip)]
    pub written: Vec<Tensor>,
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
        self.keep(buffer, computed, expected);
        let error = (computed - expected).abs();
        let allowed = tolerance.absolute + tolerance.relative * expected.abs();
        // NaN and infinity first: neither may hide in a maximum or pass a comparison.
        let off = !computed.is_finite() || error > allowed;
        if error.is_finite() {
            // Where nothing is allowed, no error is no share of it, and any other an infinite one.
            let share = if error == 0.0 { 0.0 } else { error / allowed };
            self.worst = self.worst.max(share);
            self.max_abs = self.max_abs.max(error);
            self.max_rel = self.max_rel.max(error / expected.abs().max(RELATIVE_FLOOR));
        } else {
            self.worst = f64::INFINITY;
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

    /// Keeps a value with those of its buffer.
    fn keep(&mut self, buffer: &str, computed: f64, expected: f64) {
        // Mostly the last buffer is meant once more.
        let known = self.values.iter().rposition(|kept| kept.buffer == buffer);
        let place = known.unwrap_or_else(|| {
            self.values.push(Compared {
                buffer: buffer.to_owned(),
                ..Compared::default()
            });
            self.values.len() - 1
        });
        let kept = &mut self.values[place];
        kept.computed.push(computed);
        kept.expected.push(expected);
    }

    /// The same without the values themselves.
    pub(super) fn summary(self) -> Self {
        Self {
            values: Vec::new(),
            written: Vec::new(),
            ..self
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
    fn the_worst_error_is_a_share_of_what_is_allowed() {
        assert_eq!(outcome_of(1.25, 1.0).worst, 0.5);
        assert_eq!(outcome_of(2.0, 1.0).worst, 2.0);
        let mut exact = Outcome::default();
        exact.compare("output", String::new, 1.0, 1.0, &Tolerance::EXACT);
        assert_eq!(exact.worst, 0.0);
        exact.compare("output", String::new, 1.5, 1.0, &Tolerance::EXACT);
        assert_eq!(exact.worst, f64::INFINITY);
    }

    #[test]
    fn values_are_kept_by_buffer() {
        let mut outcome = Outcome::default();
        for (buffer, computed) in [("sums", 1.0), ("bias", 2.0), ("sums", 3.0)] {
            outcome.compare(buffer, String::new, computed, 1.5, &LOOSE);
        }
        let [sums, bias] = &outcome.values[..] else {
            panic!("{:?}", outcome.values)
        };
        assert_eq!((&*sums.buffer, &sums.computed), ("sums", &vec![1.0, 3.0]));
        assert_eq!((&*bias.buffer, &bias.expected), ("bias", &vec![1.5]));
        assert!(outcome.summary().values.is_empty());
    }

    #[test]
    fn nothing_compared_is_not_a_pass() {
        assert!(!Outcome::default().passed());
    }
}
