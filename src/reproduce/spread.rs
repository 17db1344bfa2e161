//! Mean and spread over seeds.

use std::fmt;

/// Values of several seeds, summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Number of values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n − 1; none of a single value.
    pub deviation: Option<f64>,
}

impl Spread {
    /// Mean and spread of `values`; none of no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            count,
            mean,
            deviation: (count > 1).then(|| (squares / (count - 1) as f64).sqrt()),
        })
    }

    /// Mean, deviation and count for a CSV file.
    pub fn cells(&self) -> [String; 3] {
        let deviation = self.deviation.map(|deviation| format!("{deviation:.4}"));
        [
            format!("{:.4}", self.mean),
            deviation.unwrap_or_default(),
            self.count.to_string(),
        ]
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.mean)?;
        match self.deviation {
            Some(deviation) => write!(f, " ± {deviation:.2} ({} seeds)", self.count),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let spread = Spread::of(&[0.5, 0.7, 0.9]).unwrap();
        assert!((spread.mean - 0.7).abs() < 1e-12);
        assert!((spread.deviation.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(spread.to_string(), "0.70 ± 0.20 (3 seeds)");
        assert_eq!(Spread::of(&[0.5]).unwrap().to_string(), "0.50");
        assert_eq!(Spread::of(&[]), None);
    }
}
