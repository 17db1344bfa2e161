//! Several networks, such as those that differ in their seeds alone: the spread of their errors, and the
//! error of all as an ensemble.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::Score;
use crate::compute::ensemble::mean_of;
use crate::data::Dataset;
use crate::model::InvalidValue;

/// `count` seeds from `first` on.
///
/// # Errors
/// If they go beyond the largest seed.
pub fn seeds_from(first: u32, count: u32) -> Result<Range<u32>, InvalidValue> {
    let end = first.checked_add(count).ok_or_else(|| {
        let expected = format!("at most {}, as {count} seeds follow", u32::MAX - count);
        InvalidValue::new("seed", first, expected)
    })?;
    Ok(first..end)
}

/// Mean and standard deviation of a value over several seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanDeviation {
    /// Number of values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n − 1; `None` of a single value.
    pub deviation: Option<f64>,
}

impl MeanDeviation {
    /// Mean and deviation of `values`; `None` of no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let square = |value: &f64| (value - mean) * (value - mean);
        let squares: f64 = values.iter().map(square).sum();
        Some(Self {
            count,
            mean,
            deviation: (count > 1).then(|| (squares / (count - 1) as f64).sqrt()),
        })
    }

    /// Mean, deviation and count as the cells of a CSV file.
    pub fn cells(&self) -> [String; 3] {
        let deviation = self.deviation.map(|deviation| format!("{deviation:.4}"));
        [
            format!("{:.4}", self.mean),
            deviation.unwrap_or_default(),
            self.count.to_string(),
        ]
    }
}

impl fmt::Display for MeanDeviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.mean)?;
        match self.deviation {
            Some(deviation) => write!(f, " ± {deviation:.2} ({} seeds)", self.count),
            None => Ok(()),
        }
    }
}

/// The scores of several networks on the same data.
#[derive(Clone, Debug, Serialize)]
pub struct EnsembleScore {
    /// The score of each.
    pub scores: Vec<Score>,
    /// Their errors in per cent.
    pub error_percent: MeanDeviation,
    /// The score of all of them as an ensemble, which answers by the mean of their penalties.
    pub ensemble: Score,
}

impl EnsembleScore {
    /// The scores of the `penalties` [n,class] that each network gives the pictures of `data`.
    ///
    /// # Panics
    /// If there is no network.
    pub fn of(penalties: &[Vec<f32>], data: &Dataset) -> Self {
        let scores = penalties.iter().map(|penalties| Score::of(penalties, data));
        let scores: Vec<Score> = scores.collect();
        let errors = scores.iter().map(|score| score.error_percent);
        let together = mean_of(penalties.iter().map(Vec::as_slice));
        Self {
            error_percent: MeanDeviation::of(&errors.collect::<Vec<f64>>())
                .expect("there is a network"),
            ensemble: Score::of(&together, data),
            scores,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_end_at_the_largest() {
        assert_eq!(seeds_from(3, 2), Ok(3..5));
        assert_eq!(seeds_from(u32::MAX - 2, 2), Ok(u32::MAX - 2..u32::MAX));
        let error = seeds_from(u32::MAX - 1, 2).unwrap_err().to_string();
        assert_eq!(
            error,
            "seed is 4294967294, expected at most 4294967293, as 2 seeds follow"
        );
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let spread = MeanDeviation::of(&[0.5, 0.7, 0.9]).unwrap();
        assert!((spread.mean - 0.7).abs() < 1e-12);
        assert!((spread.deviation.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(spread.to_string(), "0.70 ± 0.20 (3 seeds)");
        assert_eq!(MeanDeviation::of(&[0.5]).unwrap().to_string(), "0.50");
        assert_eq!(MeanDeviation::of(&[]), None);
    }

    #[test]
    fn an_ensemble_outvotes_the_one_that_is_wrong() {
        let data = Dataset::new(vec![0; 784], vec![3]).unwrap();
        let answer = |digit: usize, penalty: f32| -> Vec<f32> {
            let mut penalties = vec![10.0; 10];
            penalties[digit] = penalty;
            penalties
        };
        let members = [answer(3, 1.0), answer(5, 2.0), answer(3, 4.0)];
        let score = EnsembleScore::of(&members, &data);
        let errors: Vec<usize> = score.scores.iter().map(|score| score.errors).collect();
        assert_eq!((errors, score.ensemble.errors), (vec![0, 1, 0], 0));
        let together = mean_of(members.iter().map(Vec::as_slice));
        assert_eq!((together[3], together[5]), (5.0, 22.0 / 3.0));
    }
}
