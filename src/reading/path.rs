//! The cheapest path through the outputs of a strip: what stands where.
//!
//! A line is digits with nothing or something between them. A digit is seen at one to `longest` neighbouring
//! positions, all other positions show none. A path costs −log p of what it says is at each position, and
//! `per_digit` for each of its digits; the best is found by dynamic programming over the positions (Viterbi).

use crate::model::DIGITS;

/// What a network says of one position: −log p of each digit and, last, of none.
pub type Costs = [f64; DIGITS + 1];

/// The place of "none" in [`Costs`].
const NONE: usize = DIGITS;

/// The constants of the alignment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grammar {
    /// What each digit costs, so that a flicker is none.
    pub per_digit: f64,
    /// The most neighbouring positions at which one digit is seen.
    pub longest: usize,
}

/// A digit that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadDigit {
    /// The digit.
    pub digit: u8,
    /// The first position at which it is seen.
    pub first: usize,
    /// The number of positions.
    pub positions: usize,
    /// How much more than it the cheapest alternative costs at these positions: another digit, or none, which
    /// saves what a digit costs.
    pub margin: f64,
}

impl ReadDigit {
    /// The middle of its positions.
    pub fn middle(&self) -> f64 {
        self.first as f64 + (self.positions - 1) as f64 / 2.0
    }
}

/// The end of a path up to some position.
#[derive(Clone, Copy)]
struct Step {
    cost: f64,
    /// The digit that it ends with and at how many positions that is seen; else it ends with none.
    digit: Option<(u8, usize)>,
}

impl Grammar {
    /// The digits of the cheapest path through `costs`, from left to right.
    pub fn read(&self, costs: &[Costs]) -> Vec<ReadDigit> {
        let mut steps: Vec<Step> = Vec::with_capacity(costs.len());
        for end in 1..=costs.len() {
            let before = |steps: &[Step], start: usize| match start {
                0 => 0.0,
                _ => steps[start - 1].cost,
            };
            let mut best = Step {
                cost: before(&steps, end - 1) + costs[end - 1][NONE],
                digit: None,
            };
            let mut sums = [0.0; DIGITS];
            for positions in 1..=self.longest.min(end) {
                let start = end - positions;
                let fixed = before(&steps, start) + self.per_digit;
                for (digit, sum) in sums.iter_mut().enumerate() {
                    *sum += costs[start][digit];
                    let cost = fixed + *sum;
                    if cost < best.cost {
                        best = Step {
                            cost,
                            digit: Some((digit as u8, positions)),
                        };
                    }
                }
            }
            steps.push(best);
        }
        self.digits_of(&steps, costs)
    }

    /// The digits of the path that `steps` lead to, from left to right.
    fn digits_of(&self, steps: &[Step], costs: &[Costs]) -> Vec<ReadDigit> {
        let mut digits = Vec::new();
        let mut end = steps.len();
        while end > 0 {
            let Some((digit, positions)) = steps[end - 1].digit else {
                end -= 1;
                continue;
            };
            let first = end - positions;
            digits.push(ReadDigit {
                digit,
                first,
                positions,
                margin: self.margin(&costs[first..end], digit.into()),
            });
            end = first;
        }
        digits.reverse();
        digits
    }

    fn margin(&self, costs: &[Costs], digit: usize) -> f64 {
        let others = (0..DIGITS).filter(|&other| other != digit);
        let others = others.map(|other| sum_of(costs, other));
        let none = sum_of(costs, NONE) - self.per_digit;
        others.fold(none, f64::min) - sum_of(costs, digit)
    }
}

fn sum_of(costs: &[Costs], class: usize) -> f64 {
    costs.iter().map(|costs| costs[class]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: Grammar = Grammar {
        per_digit: 2.0,
        longest: 3,
    };

    /// A position at which `class` costs nothing and all others `strength`.
    fn shows(class: usize, strength: f64) -> Costs {
        std::array::from_fn(|other| if other == class { 0.0 } else { strength })
    }

    fn digits(costs: &[Costs]) -> Vec<u8> {
        GRAMMAR.read(costs).iter().map(|read| read.digit).collect()
    }

    #[test]
    fn what_is_between_digits_separates_them() {
        let none = shows(NONE, 5.0);
        let line = [
            none,
            shows(7, 5.0),
            shows(7, 5.0),
            none,
            shows(7, 5.0),
            none,
        ];
        let read = GRAMMAR.read(&line);
        assert_eq!(digits(&line), [7, 7]);
        assert_eq!(
            (read[0].first, read[0].positions, read[0].middle()),
            (1, 2, 1.5)
        );
        // None would save what the digit costs.
        assert_eq!((read[0].margin, read[1].margin), (8.0, 3.0));
    }

    #[test]
    fn a_flicker_is_no_digit() {
        let none = shows(NONE, 5.0);
        assert!(digits(&[none, shows(3, 1.5), none]).is_empty());
        let kept = GRAMMAR.read(&[none, shows(3, 2.5), none]);
        assert_eq!((kept[0].digit, kept[0].margin), (3, 0.5));
        // One digit for two flickers is worth it.
        assert_eq!(digits(&[none, shows(3, 1.5), shows(3, 1.5), none]), [3]);
    }

    #[test]
    fn a_digit_that_is_seen_for_too_long_is_two() {
        assert_eq!(digits(&[shows(4, 5.0); 3]), [4]);
        assert_eq!(digits(&[shows(4, 5.0); 4]), [4, 4]);
    }

    #[test]
    fn the_cheapest_path_is_found_among_all() {
        // Every path over five positions of three classes, one by one.
        fn cheapest(costs: &[Costs], end: usize) -> f64 {
            if end == 0 {
                return 0.0;
            }
            let none = cheapest(costs, end - 1) + costs[end - 1][NONE];
            (1..=end.min(GRAMMAR.longest)).fold(none, |least, positions| {
                let start = end - positions;
                let digits = (0..DIGITS).map(|digit| sum_of(&costs[start..end], digit));
                let digit = digits.fold(f64::INFINITY, f64::min);
                least.min(cheapest(costs, start) + GRAMMAR.per_digit + digit)
            })
        }
        let mut state = 1u32;
        for _ in 0..100 {
            let costs: Vec<Costs> = (0..8)
                .map(|_| {
                    std::array::from_fn(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        f64::from(state >> 16) / 10_000.0
                    })
                })
                .collect();
            let read = GRAMMAR.read(&costs);
            let inside = |position: usize| {
                read.iter()
                    .any(|digit| (digit.first..digit.first + digit.positions).contains(&position))
            };
            let of_none: f64 = (0..8)
                .filter(|&position| !inside(position))
                .map(|position| costs[position][NONE])
                .sum();
            let of_digits: f64 = read
                .iter()
                .map(|digit| {
                    GRAMMAR.per_digit
                        + sum_of(
                            &costs[digit.first..digit.first + digit.positions],
                            digit.digit.into(),
                        )
                })
                .sum();
            assert!((of_none + of_digits - cheapest(&costs, 8)).abs() < 1e-9);
        }
    }
}
