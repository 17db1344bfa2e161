//! Lines made of the digits of a data set, to measure reading with.

use std::ops::RangeInclusive;

use super::line::Line;
use super::random::Random;
use crate::data::{Dataset, IMAGE_SIDE};

/// What strings are made, all of them from one seed.
#[derive(Clone, Debug)]
pub struct StringSettings {
    /// How many.
    pub strings: usize,
    /// The seed.
    pub seed: u32,
    /// How many digits a string may have; each number is equally likely.
    pub digits: RangeInclusive<usize>,
    /// Pixels from the middle of a digit to that of the next: the strings have these in turn.
    pub spacings: Vec<usize>,
}

/// A line and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeString {
    /// The line.
    pub line: Line,
    /// Its digits from left to right.
    pub digits: Vec<u8>,
    /// Pixels from the middle of a digit to that of the next.
    pub spacing: usize,
}

/// The most paper before the first digit, in pixels: strings do not all start where a position is.
const MOST_PAPER: isize = 11;

impl StringSettings {
    /// The strings, of digits that are drawn from `set`, with the share `noise` of their pixels inverted, one after
    /// another. With other noise, they are the same strings.
    ///
    /// # Panics
    /// If `set` or the spacings are empty, or a string may have no digits.
    pub fn make(&self, set: &Dataset, noise: f64) -> impl Iterator<Item = MadeString> {
        (0..self.strings).map(move |number| self.make_one(set, number, noise))
    }

    /// The most columns of a string.
    pub fn most_columns(&self) -> usize {
        let spacing = self.spacings.iter().copied().max().unwrap_or(0);
        columns_of(MOST_PAPER as usize, *self.digits.end(), spacing)
    }

    fn make_one(&self, set: &Dataset, number: usize, noise: f64) -> MadeString {
        let spacing = self.spacings[number % self.spacings.len()];
        let mut random = Random::new(self.seed, number as u64);
        let count = *self.digits.start() as isize..=*self.digits.end() as isize;
        let count = random.within(count) as usize;
        let before = random.within(0..=MOST_PAPER) as usize;
        let mut made = MadeString {
            line: Line::blank(columns_of(before, count, spacing)),
            digits: Vec::with_capacity(count),
            spacing,
        };
        for place in 0..count {
            let drawn = random.place_in(set.len());
            let left = before + place * spacing;
            made.line.draw(set.image(drawn), left as isize, 0);
            made.digits.push(set.labels()[drawn]);
        }
        made.line.invert(noise, &mut random);
        made
    }
}

/// The columns of a string of `count` digits that are `spacing` apart, with `before` columns of paper.
fn columns_of(before: usize, count: usize, spacing: usize) -> usize {
    before + IMAGE_SIDE + spacing * (count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IMAGE_PIXELS;

    fn set() -> Dataset {
        let images = (0..10).flat_map(|digit| [20 * digit + 9; IMAGE_PIXELS]);
        Dataset::new(images.collect(), (0..10).collect()).unwrap()
    }

    const SETTINGS: StringSettings = StringSettings {
        strings: 40,
        seed: 3,
        digits: 3..=8,
        spacings: Vec::new(),
    };

    #[test]
    fn strings_are_the_same_for_the_same_seed_and_with_all_noise() {
        let settings = StringSettings {
            spacings: vec![28, 40],
            ..SETTINGS
        };
        let make = |settings: &StringSettings, noise: f64| -> Vec<MadeString> {
            settings.make(&set(), noise).collect()
        };
        let clean = make(&settings, 0.0);
        assert_eq!(clean, make(&settings, 0.0));
        let noisy = make(&settings, 0.1);
        assert!(
            clean
                .iter()
                .zip(&noisy)
                .all(|(a, b)| a.digits == b.digits && a.line != b.line)
        );
        let other = StringSettings {
            seed: 4,
            ..settings.clone()
        };
        assert_ne!(clean, make(&other, 0.0));
        let widest = clean.iter().map(|made| made.line.width()).max();
        assert!(widest.unwrap() <= settings.most_columns());
    }

    #[test]
    fn digits_stand_as_far_apart_as_was_asked_for() {
        let settings = StringSettings {
            spacings: vec![28, 40],
            ..SETTINGS
        };
        let mut counts = std::collections::BTreeSet::new();
        for made in settings.make(&set(), 0.0) {
            counts.insert(made.digits.len());
            let right = made.line.width() as isize - 1;
            for (place, &digit) in made.digits.iter().rev().enumerate() {
                let ink = made.line.at(5, right - (place * made.spacing) as isize);
                assert_eq!(ink, 20 * digit + 9);
            }
        }
        assert_eq!(counts, (3..=8).collect());
    }
}
