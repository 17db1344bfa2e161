//! Whether two series of rounds differ beyond their noise.

use serde::Serialize;

use super::MedianRange;

/// How many times as much was measured now as then.
///
/// Every round now is divided by every round then. The ratio is the median of the quotients
/// (Hodges and Lehmann). As many quotients as the rank test of Mann, Whitney and Wilcoxon allows are
/// left out at either end; what remains spans an interval that misses the true ratio at most once in a
/// hundred times, whatever the distribution of the rounds, as long as they are independent of one
/// another. Five rounds each allow none to be left out: there is a difference where every round now
/// differs from all rounds then in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// The ratio; above 1 is more.
    pub ratio: f64,
    /// The lower end of the interval.
    pub lowest: f64,
    /// The upper end of the interval.
    pub highest: f64,
    /// What that says.
    pub verdict: Verdict,
}

/// What a ratio of speeds says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// The interval is above 1.
    #[serde(rename = "faster")]
    Faster,
    /// The interval is below 1.
    #[serde(rename = "slower")]
    Slower,
    /// The interval holds 1.
    #[serde(rename = "no difference beyond noise")]
    Noise,
    /// No interval is wide enough: its ends are all that was measured.
    #[serde(rename = "too few rounds to tell")]
    TooFewRounds,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Noise => "no difference beyond noise",
            Self::TooFewRounds => "too few rounds to tell",
        }
    }
}

impl Ratio {
    /// The ratio of the rounds `now` to the rounds `then`, all above 0; none if either has none.
    pub fn of(then: &[f64], now: &[f64]) -> Option<Self> {
        let quotients = now
            .iter()
            .flat_map(|now| then.iter().map(move |then| now / then));
        let mut quotients: Vec<f64> = quotients.collect();
        quotients.sort_by(f64::total_cmp);
        let ratio = MedianRange::of(&quotients)?.median;
        let left_out = left_out(then.len(), now.len());
        let end = left_out.unwrap_or(0);
        let (lowest, highest) = (quotients[end], quotients[quotients.len() - 1 - end]);
        let verdict = match left_out {
            None => Verdict::TooFewRounds,
            Some(_) if lowest > 1.0 => Verdict::Faster,
            Some(_) if highest < 1.0 => Verdict::Slower,
            Some(_) => Verdict::Noise,
        };
        Some(Self {
            ratio,
            lowest,
            highest,
            verdict,
        })
    }
}

/// How many quotients of `then` and `now` rounds may be left out at either end; none if even all of
/// them span too little. By the normal approximation of the test, rounded down: for few rounds that is
/// what the exact distribution allows, or one less.
fn left_out(then: usize, now: usize) -> Option<usize> {
    /// Standard deviations within which 99 % of a normal distribution lie.
    const DEVIATIONS: f64 = 2.576;
    let (then, now) = (then as f64, now as f64);
    let deviation = (then * now * (then + now + 1.0) / 12.0).sqrt();
    let most = then * now / 2.0 - DEVIATIONS * deviation;
    (most >= 0.0).then_some(most as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders of `then` and `now` rounds in which `pairs` pairs have now before then, by recursion on
    /// which comes last.
    fn orders(then: usize, now: usize, pairs: usize) -> f64 {
        match (then, now) {
            (0, _) | (_, 0) => f64::from(u8::from(pairs == 0)),
            _ => {
                let then_is_last = pairs.checked_sub(now);
                let then_is_last = then_is_last.map_or(0.0, |left| orders(then - 1, now, left));
                then_is_last + orders(then, now - 1, pairs)
            }
        }
    }

    /// How often chance alone leaves the true ratio outside of what remains when `left_out` quotients
    /// are left out at either end.
    fn missed(then: usize, now: usize, left_out: usize) -> f64 {
        let all: f64 = (0..=then * now).map(|pairs| orders(then, now, pairs)).sum();
        let beyond: f64 = (0..=left_out).map(|pairs| orders(then, now, pairs)).sum();
        2.0 * beyond / all
    }

    #[test]
    fn the_interval_misses_once_in_a_hundred_times_at_most() {
        for then in 1..=9 {
            for now in 1..=9 {
                match left_out(then, now) {
                    Some(count) => {
                        assert!(missed(then, now, count) <= 0.01, "{then} and {now}");
                        assert!(missed(then, now, count + 2) > 0.01, "{then} and {now}");
                    }
                    None => assert!(missed(then, now, 1) > 0.01, "{then} and {now}"),
                }
            }
        }
        assert_eq!(left_out(4, 4), None);
        assert_eq!(left_out(5, 5), Some(0));
        assert_eq!(left_out(9, 9), Some(11));
    }

    #[test]
    fn five_rounds_differ_if_none_overlaps() {
        let then = [100.0, 104.0, 98.0, 101.0, 99.0];
        let verdict = |now: [f64; 5]| Ratio::of(&then, &now).unwrap().verdict;
        assert_eq!(
            verdict([105.0, 106.0, 109.0, 110.0, 104.5]),
            Verdict::Faster
        );
        assert_eq!(verdict([105.0, 106.0, 109.0, 110.0, 103.5]), Verdict::Noise);
        assert_eq!(verdict([90.0, 97.0, 91.0, 95.0, 97.9]), Verdict::Slower);
        assert_eq!(verdict(then), Verdict::Noise);
    }

    #[test]
    fn one_odd_round_of_many_does_not_hide_a_difference() {
        let then: Vec<f64> = (0..12).map(|round| 100.0 + f64::from(round)).collect();
        let mut now: Vec<f64> = then.iter().map(|rate| 1.2 * rate).collect();
        now[3] = 50.0;
        let ratio = Ratio::of(&then, &now).unwrap();
        assert_eq!(ratio.verdict, Verdict::Faster);
        assert!((ratio.ratio - 1.2).abs() < 0.02, "{ratio:?}");
    }

    #[test]
    fn few_rounds_span_all_that_was_measured_and_say_nothing() {
        let ratio = Ratio::of(&[1.0, 2.0], &[8.0, 16.0]).unwrap();
        assert_eq!((ratio.lowest, ratio.highest), (4.0, 16.0));
        assert_eq!(ratio.verdict, Verdict::TooFewRounds);
        assert_eq!(Ratio::of(&[], &[1.0]), None);
    }
}
