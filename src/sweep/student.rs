//! Student's t distribution.

/// The t that a fraction `confidence` of Student's distribution with `freedom` degrees of freedom lies
/// within, on either side of 0.
///
/// # Panics
/// If `freedom` is 0.
pub fn quantile(confidence: f64, freedom: usize) -> f64 {
    assert!(freedom > 0, "a spread needs two values");
    // As the angle θ with tan θ = t/√freedom, so that even t of one degree of freedom have an end.
    let (mut low, mut high) = (0.0, std::f64::consts::FRAC_PI_2);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match within(middle, freedom) < confidence {
            true => low = middle,
            false => high = middle,
        }
    }
    high.tan() * (freedom as f64).sqrt()
}

/// The fraction within ±t, where t = √freedom·tan `angle`: a finite series (Abramowitz and Stegun, 26.7.3
/// and 26.7.4).
fn within(angle: f64, freedom: usize) -> f64 {
    let (sine, cosine) = angle.sin_cos();
    let is_odd = freedom % 2 == 1;
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    for divisor in (2 + usize::from(is_odd)..=freedom).step_by(2) {
        sum += term;
        term *= cosine * cosine * (divisor - 1) as f64 / divisor as f64;
    }
    match is_odd {
        true => (angle + sine * sum) * std::f64::consts::FRAC_2_PI,
        false => sine * sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (confidence, freedom, expected) in [
            (0.95, 1, 12.706_2),
            (0.95, 2, 4.302_65),
            (0.95, 3, 3.182_45),
            (0.95, 4, 2.776_45),
            (0.95, 9, 2.262_16),
            (0.95, 30, 2.042_27),
            (0.99, 2, 9.924_84),
            (0.99, 5, 4.032_14),
            (0.999, 7, 5.407_88),
        ] {
            let found = quantile(confidence, freedom);
            let off = (found / expected - 1.0).abs();
            assert!(off < 1e-5, "{confidence} with {freedom}: {found}");
        }
    }

    #[test]
    fn with_many_degrees_it_is_the_normal_distribution() {
        let found = quantile(0.95, 9_999);
        assert!((found - 1.960_2).abs() < 1e-4, "{found}");
    }
}
