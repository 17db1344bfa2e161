//! Published values, to compare with those measured here.
//!
//! Figures and their numbers are those of LeCun, Bottou, Bengio and Haffner (1998).

use crate::model::DIGITS;
use crate::model::PAPER_ERROR_PERCENT;

/// Test error of LeNet-5 in per cent, after 10 to 12 passes (section III.B).
pub const TEST_ERROR: f64 = PAPER_ERROR_PERCENT;
/// Its training error in per cent after [`TRAINING_ERROR_PASS`] passes.
pub const TRAINING_ERROR: f64 = 0.35;
/// The pass of [`TRAINING_ERROR`].
pub const TRAINING_ERROR_PASS: usize = 19;
/// Test error of LeNet-5 in per cent, trained with 540,000 distorted digits as well.
pub const DISTORTED_TEST_ERROR: f64 = 0.8;

/// Pass and test error in per cent of the LeNet-5 demonstration of EBLearn, the later library of
/// the same group (tanh outputs, targets of ±1).
pub const EBLEARN: [(usize, f64); 7] = [
    (1, 1.85),
    (2, 1.68),
    (3, 1.38),
    (5, 1.28),
    (9, 1.18),
    (15, 1.02),
    (37, 0.90),
];

/// Figure 9: test error in per cent.
pub const ERRORS: [(&str, f64); 12] = [
    ("Linear classifier", 12.0),
    ("K-nearest neighbours, Euclidean", 5.0),
    ("1000 RBF units and linear classifier", 3.6),
    ("300-100-10 fully connected network", 3.05),
    ("300-100-10, distorted digits", 2.5),
    ("LeNet-1", 1.7),
    ("LeNet-4", 1.1),
    ("Tangent distance", 1.1),
    ("LeNet-5", TEST_ERROR),
    ("LeNet-5, distorted digits", DISTORTED_TEST_ERROR),
    ("Virtual SVM, distorted digits", 0.8),
    ("Boosted LeNet-4, distorted digits", 0.7),
];

/// Figure 10: per cent of the test digits to reject for [`REJECTION_GOAL`] on the rest. LeNet-5 is
/// not in it.
pub const REJECTIONS: [(&str, f64); 7] = [
    ("K-nearest neighbours, deslanted", 8.1),
    ("LeNet-1", 3.7),
    ("Tangent distance", 1.9),
    ("SVM, polynomials of degree 4", 1.8),
    ("LeNet-4", 1.8),
    ("LeNet-4 with K-nearest neighbours", 1.6),
    ("Boosted LeNet-4", 0.5),
];

/// The error in per cent that Figure 10 rejects for.
pub const REJECTION_GOAL: f64 = 0.5;

/// Figure 8: true digit and answer of the 82 misclassified test digits.
const MISTAKES: &str = "46 35 82 21 53 48 28 35 65 73 94 80 78 53 87 06 37 27 83 94 82 53 48 39 60 \
                        98 49 61 94 91 94 20 61 35 32 95 60 60 60 68 46 73 94 46 27 97 43 94 94 94 \
                        87 42 84 35 84 65 85 38 38 98 15 98 63 02 65 95 07 16 49 21 28 85 49 72 72 \
                        65 97 61 56 50 49 28";

/// Figure 8 as counts by true digit (row) and answer (column).
pub fn mistakes() -> [[usize; DIGITS]; DIGITS] {
    let mut counts = [[0; DIGITS]; DIGITS];
    for pair in MISTAKES.split_whitespace() {
        let digit = |place: usize| usize::from(pair.as_bytes()[place] - b'0');
        counts[digit(0)][digit(1)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mistakes_are_82_and_none_is_right() {
        let counts = mistakes();
        assert_eq!(counts.iter().flatten().sum::<usize>(), 82);
        assert!((0..DIGITS).all(|digit| counts[digit][digit] == 0));
        assert_eq!(counts[9][4], 8);
    }
}
