//! How well strings are read.

use std::iter::Sum;

use serde::Serialize;

/// What was counted of some strings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Strings.
    pub strings: usize,
    /// Those read right from the first digit to the last.
    pub whole: usize,
    /// Digits of all strings.
    pub digits: usize,
    /// Digits to be put in, taken out or changed until all is right: the least number (Levenshtein 1966).
    pub errors: usize,
}

impl Tally {
    /// Counts a string of `digits` that was read as `read`.
    pub fn add(&mut self, digits: &[u8], read: &[u8]) {
        let errors = distance(digits, read);
        self.strings += 1;
        self.whole += usize::from(errors == 0);
        self.digits += digits.len();
        self.errors += errors;
    }

    /// Strings read right, in per cent.
    pub fn whole_percent(&self) -> f64 {
        100.0 * self.whole as f64 / self.strings as f64
    }

    /// Digits that are wrong, missing or too many, in per cent of those there are.
    pub fn error_percent(&self) -> f64 {
        100.0 * self.errors as f64 / self.digits as f64
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, other| Self {
            strings: sum.strings + other.strings,
            whole: sum.whole + other.whole,
            digits: sum.digits + other.digits,
            errors: sum.errors + other.errors,
        })
    }
}

/// The least number of insertions, deletions and changes that make `one` of `other`.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_the_fewest_corrections() {
        for (one, other, errors) in [
            (&[1, 2, 3][..], &[1, 2, 3][..], 0),
            (&[1, 2, 3], &[1, 3], 1),
            (&[1, 2, 3], &[1, 2, 2, 3], 1),
            (&[1, 2, 3], &[1, 7, 3], 1),
            (&[1, 2, 3], &[], 3),
            (&[4, 5, 6, 7], &[5, 6, 7, 8], 2),
        ] {
            assert_eq!(distance(one, other), errors, "{one:?} {other:?}");
            assert_eq!(distance(other, one), errors, "{other:?} {one:?}");
        }
    }

    #[test]
    fn strings_are_counted_whole_and_by_digit() {
        let mut tally = Tally::default();
        tally.add(&[1, 2, 3], &[1, 2, 3]);
        tally.add(&[1, 2, 3, 4, 5], &[1, 2, 9, 4]);
        assert_eq!(
            (tally.strings, tally.whole, tally.digits, tally.errors),
            (2, 1, 8, 2)
        );
        assert_eq!((tally.whole_percent(), tally.error_percent()), (50.0, 25.0));
    }
}
