//! The error of a network on a data set.

use serde::Serialize;

use crate::data::Dataset;
use crate::model::{DIGITS, percent};
use crate::reference::metrics;

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Number of pictures.
    pub count: usize,
    /// Pictures answered wrongly.
    pub errors: usize,
    /// The same in per cent of all pictures.
    pub error_percent: f64,
    /// The 95 % confidence interval of the error in per cent (Wilson's score interval).
    pub interval_percent: [f64; 2],
    /// Number of pictures by true digit (row) and answer (column).
    pub confusion: [[usize; DIGITS]; DIGITS],
}

impl Score {
    /// The score of `penalties` [n,class] on `data`.
    pub fn of(penalties: &[f32], data: &Dataset) -> Self {
        let mut confusion = [[0; DIGITS]; DIGITS];
        for (penalties, &label) in penalties.chunks(DIGITS).zip(data.labels()) {
            confusion[usize::from(label)][metrics::answer(penalties)] += 1;
        }
        let right: usize = (0..DIGITS).map(|digit| confusion[digit][digit]).sum();
        let (count, errors) = (data.len(), data.len() - right);
        let [low, high] = wilson_interval(errors, count);
        Self {
            count,
            errors,
            error_percent: percent(errors, count),
            interval_percent: [100.0 * low, 100.0 * high],
            confusion,
        }
    }
}

/// The places of the pictures of `data` that `penalties` [n,class] answer wrongly, in ascending order.
pub fn wrong_answers(penalties: &[f32], data: &Dataset) -> Vec<usize> {
    let answers = penalties.chunks(DIGITS).map(metrics::answer);
    let pairs = answers.zip(data.labels()).enumerate();
    pairs
        .filter(|(_, (answer, label))| *answer != usize::from(**label))
        .map(|(place, _)| place)
        .collect()
}

/// Wilson's score interval of a proportion at 95 %: it stays sensible near 0, where an error rate
/// lives, unlike the estimate ± 1.96 standard errors.
fn wilson_interval(part: usize, whole: usize) -> [f64; 2] {
    const Z: f64 = 1.959_964;
    let n = whole as f64;
    let p = part as f64 / n;
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    [centre - spread, centre + spread].map(|bound| bound / (1.0 + Z * Z / n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_95_in_10000_is_the_published_one() {
        let [low, high] = wilson_interval(95, 10_000);
        assert!((low - 0.007_78).abs() < 1e-5, "{low}");
        assert!((high - 0.011_60).abs() < 1e-5, "{high}");
    }

    #[test]
    fn rows_are_the_truth() {
        let data = Dataset::new(vec![0; 2 * 784], vec![3, 7]).unwrap();
        let mut penalties = [1.0; 20];
        penalties[5] = 0.0;
        penalties[17] = 0.0;
        let score = Score::of(&penalties, &data);
        assert_eq!(
            (score.confusion[3][5], score.confusion[7][7], score.errors),
            (1, 1, 1)
        );
        assert_eq!(score.error_percent, 50.0);
        assert_eq!(wrong_answers(&penalties, &data), [0]);
    }
}
