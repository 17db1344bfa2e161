//! Whether a combination is worse than the best by more than noise.

use serde::Serialize;

use super::Measured;
use super::student::quantile;
use crate::train::MeanDeviation;

/// How sure all comparisons with the best have to be together.
const CONFIDENCE: f64 = 0.95;

/// With fewer seeds nothing is said about others.
const FEWEST_SEEDS: usize = 3;

/// How much larger the error of a combination is than that of the best, in per cent of the digits.
///
/// Both were trained with the same seeds and measured on the same digits, so errors are subtracted seed by
/// seed and digit by digit. There are two kinds of noise: other seeds would lead to other networks, and
/// other digits to other errors of the same networks. Each has an interval by Student's t, over the
/// differences of the seeds and over those of the digits, each of which is a mean of the other. The best is
/// known only afterwards, so every pair of combinations might have been compared, and each interval is so
/// wide that those of all pairs hold at once (Bonferroni): the best of many is the luckiest, too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The difference.
    pub difference_percent: f64,
    /// The interval that other seeds would leave it in; `None` of fewer than three.
    pub seeds_interval_percent: Option<[f64; 2]>,
    /// The interval that other digits would leave it in.
    pub digits_interval_percent: [f64; 2],
    /// What that says.
    pub verdict: Verdict,
}

/// What a difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// Neither other seeds nor other digits make up for it.
    #[serde(rename = "more than noise")]
    More,
    /// Other seeds or other digits might as well reverse it.
    #[serde(rename = "within noise")]
    Within,
    /// It is more than other digits make up for, but nobody knows about other seeds.
    #[serde(rename = "too few seeds to tell")]
    TooFewSeeds,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::More => "more than noise",
            Self::Within => "within noise",
            Self::TooFewSeeds => "too few seeds to tell",
        }
    }
}

/// How many times the standard error of their mean an interval reaches to either side.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Over the differences of the seeds, and over those of the digits; `None` of a single one, from which
    /// nothing follows.
    seeds: Option<f64>,
    digits: Option<f64>,
}

impl Reach {
    /// That of comparisons of `combinations` combinations with the best of them, each by the errors of
    /// `seeds` seeds on `digits` digits.
    pub fn of(combinations: usize, seeds: usize, digits: usize) -> Self {
        let pairs = combinations * combinations.saturating_sub(1) / 2;
        let confidence = 1.0 - (1.0 - CONFIDENCE) / pairs.max(1) as f64;
        let quantile = |count: usize| (count > 1).then(|| quantile(confidence, count - 1));
        Self {
            seeds: quantile(seeds),
            digits: quantile(digits),
        }
    }
}

impl Comparison {
    /// `other` compared with the `best`, seed by seed, on `digits` digits.
    pub fn of(best: &[Measured], other: &[Measured], digits: usize, reach: Reach) -> Self {
        let by_seed = differences_by_seed(best, other, digits);
        let by_digit = differences_by_digit(best, other, digits);
        let seeds = (by_seed.len() >= FEWEST_SEEDS).then(|| interval(&by_seed, reach.seeds));
        let on_digits = interval(&by_digit, reach.digits);
        let is_above_0 = |[lowest, _]: [f64; 2]| lowest > 0.0;
        let verdict = match (is_above_0(on_digits), seeds.map(is_above_0)) {
            (true, Some(true)) => Verdict::More,
            (true, None) => Verdict::TooFewSeeds,
            _ => Verdict::Within,
        };
        Self {
            difference_percent: by_seed.iter().sum::<f64>() / by_seed.len() as f64,
            seeds_interval_percent: seeds,
            digits_interval_percent: on_digits,
            verdict,
        }
    }
}

/// For each seed, how much larger the error of `other` is, in per cent.
fn differences_by_seed(best: &[Measured], other: &[Measured], digits: usize) -> Vec<f64> {
    let pairs = best.iter().zip(other);
    pairs
        .map(|(best, other)| other.error_percent(digits) - best.error_percent(digits))
        .collect()
}

/// For each digit, how much more often `other` answers it wrongly, in per cent of the seeds.
fn differences_by_digit(best: &[Measured], other: &[Measured], digits: usize) -> Vec<f64> {
    let mut differences = vec![0.0; digits];
    let share = 100.0 / best.len() as f64;
    for (combination, share) in [(best, -share), (other, share)] {
        for &place in combination.iter().flat_map(|measured| &measured.wrong) {
            differences[place] += share;
        }
    }
    differences
}

/// The interval that the mean of more such `values` lies in, `reach` standard errors to either side; from
/// one value nothing follows.
fn interval(values: &[f64], reach: Option<f64>) -> [f64; 2] {
    let spread = MeanDeviation::of(values);
    let spread = spread.and_then(|spread| Some((spread.mean, spread.deviation?, reach?)));
    let Some((mean, deviation, reach)) = spread else {
        return [f64::NEG_INFINITY, f64::INFINITY];
    };
    let reach = reach * deviation / (values.len() as f64).sqrt();
    [mean - reach, mean + reach]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Networks of seeds from 0 on that answer the first so many digits wrongly.
    fn wrong(counts: &[usize]) -> Vec<Measured> {
        let seeds = counts.iter().zip(0..);
        seeds
            .map(|(&count, seed)| Measured {
                seed,
                wrong: (0..count).collect(),
            })
            .collect()
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-3
    }

    #[test]
    fn the_interval_over_seeds_is_that_of_paired_differences() {
        // In per cent 0.2, 0.3 and 0.4: the mean is 0.3, the deviation 0.1, and t 4.3027.
        let compared = Comparison::of(
            &wrong(&[10, 20, 30]),
            &wrong(&[30, 50, 70]),
            10_000,
            Reach::of(2, 3, 10_000),
        );
        assert!(close(compared.difference_percent, 0.3));
        let [lowest, highest] = compared.seeds_interval_percent.unwrap();
        let reach = 4.3027 * 0.1 / 3f64.sqrt();
        assert!(close(lowest, 0.3 - reach) && close(highest, 0.3 + reach));
    }

    #[test]
    fn the_interval_over_digits_is_that_of_the_digits_they_disagree_on() {
        // One seed: 30 digits are wrong only there, none only here. With b + c = 30 the deviation of the
        // difference is √(30 − 30²/n)/n.
        let compared = Comparison::of(
            &wrong(&[20]),
            &wrong(&[50]),
            10_000,
            Reach::of(2, 1, 10_000),
        );
        let reach = 1.9602 * (30.0_f64 - 0.09).sqrt() / 100.0;
        let [lowest, highest] = compared.digits_interval_percent;
        assert!(close(lowest, 0.3 - reach) && close(highest, 0.3 + reach));
        assert_eq!(compared.seeds_interval_percent, None);
        assert_eq!(compared.verdict, Verdict::TooFewSeeds);
    }

    #[test]
    fn both_kinds_of_noise_count() {
        let verdict = |best: &[usize], other: &[usize], combinations| {
            let reach = Reach::of(combinations, best.len(), 10_000);
            Comparison::of(&wrong(best), &wrong(other), 10_000, reach).verdict
        };
        let best = [90, 100, 110];
        assert_eq!(verdict(&best, &[190, 210, 200], 2), Verdict::More);
        // The same, but as one of very many it might be luck.
        assert_eq!(verdict(&best, &[190, 210, 200], 1000), Verdict::Within);
        // The seeds do not agree.
        assert_eq!(verdict(&best, &[85, 150, 300], 2), Verdict::Within);
        // The seeds agree to the digit, but on two digits alone.
        let mut other = wrong(&best);
        other
            .iter_mut()
            .for_each(|seed| seed.wrong.extend([9_000, 9_001]));
        let compared = Comparison::of(&wrong(&best), &other, 10_000, Reach::of(2, 3, 10_000));
        assert!(compared.seeds_interval_percent.unwrap()[0] > 0.0);
        assert_eq!(compared.verdict, Verdict::Within);
        assert_eq!(verdict(&best, &best, 2), Verdict::Within);
        assert_eq!(verdict(&[100, 100], &[102, 102], 2), Verdict::Within);
    }
}
