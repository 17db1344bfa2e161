//! How many steps go into one submission.

use std::time::Duration;

/// How long a submission should take: long enough that its overhead vanishes, short enough that
/// no display driver's watchdog fires and Ctrl-C is answered at once.
const SUBMISSION_TIME: Duration = Duration::from_millis(50);

/// Finds how many steps make a submission of the right length, from how long earlier ones took.
pub(super) struct Pace {
    steps: usize,
    most: usize,
}

impl Pace {
    /// A pace that starts with single steps and never takes more than `most` at once.
    pub fn of_at_most(most: usize) -> Self {
        Self { steps: 1, most }
    }

    /// Steps that the next submission should have.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Takes into account that a submission of `steps` steps took `time`. One of another size than
    /// is wanted now says nothing.
    pub fn learn(&mut self, steps: usize, time: Duration) {
        if steps == self.steps {
            let fitting = SUBMISSION_TIME.as_secs_f64() / time.as_secs_f64().max(1e-6);
            let steps = (steps as f64 * fitting.clamp(0.5, 2.0)) as usize;
            self.steps = steps.clamp(1, self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_approaches_the_right_length_by_factors_of_two() {
        let mut pace = Pace::of_at_most(10);
        assert_eq!(pace.steps(), 1);
        pace.learn(1, SUBMISSION_TIME / 100);
        assert_eq!(pace.steps(), 2);
        pace.learn(2, SUBMISSION_TIME / 2);
        assert_eq!(pace.steps(), 4);
        pace.learn(4, SUBMISSION_TIME * 4 / 5);
        assert_eq!(pace.steps(), 5);
        pace.learn(5, SUBMISSION_TIME * 100);
        assert_eq!(pace.steps(), 2);
    }

    #[test]
    fn the_pace_stays_within_its_bounds() {
        let mut pace = Pace::of_at_most(3);
        pace.learn(1, SUBMISSION_TIME * 100);
        assert_eq!(pace.steps(), 1);
        pace.learn(1, Duration::ZERO);
        pace.learn(2, Duration::ZERO);
        assert_eq!(pace.steps(), 3);
    }

    #[test]
    fn submissions_of_another_size_change_nothing() {
        let mut pace = Pace::of_at_most(8);
        pace.learn(3, Duration::ZERO);
        assert_eq!(pace.steps(), 1);
    }
}
