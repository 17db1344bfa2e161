//! Memory that an operation writes to, with a record of where it may.

use std::ops::Range;

use super::layout::unit_places;
use crate::cpu::memory::{Aligned, LINE, Planes};
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::guard::{GUARD, GUARD_WORDS, UNWRITTEN};
use crate::verify::samples::Samples;

/// The units of a block between guard words. All places that are no unit's must be left alone except
/// those that [`Guarded::ignoring`] names.
pub struct Guarded<const SAMPLES: usize> {
    planes: Planes<SAMPLES>,
    /// The content, guard words included.
    words: Aligned,
    /// The content before it was handed out.
    before: Aligned,
    /// Whether a place may be written to.
    open: Vec<bool>,
}

impl<const SAMPLES: usize> Guarded<SAMPLES> {
    /// Units that hold NaN, for an operation that writes them all.
    pub fn unwritten(planes: Planes<SAMPLES>) -> Self {
        let units = planes.shape.units();
        let unwritten = vec![f32::from_bits(UNWRITTEN); units * SAMPLES];
        Self::holding(planes, &Samples::new(unwritten, units), &(0..SAMPLES))
    }

    /// Units that hold the samples `block` of `samples`, and 0 in the lanes of samples that a smaller
    /// block lacks.
    pub fn holding(planes: Planes<SAMPLES>, samples: &Samples, block: &Range<usize>) -> Self {
        let mut words = Aligned::zeros(planes.extent() + 2 * GUARD_WORDS);
        words.fill(f32::from_bits(GUARD));
        let mut open = vec![false; words.len()];
        for (unit, place) in unit_places(&planes).enumerate() {
            let lanes = GUARD_WORDS + place..GUARD_WORDS + place + SAMPLES;
            open[lanes.clone()].fill(true);
            words[lanes.clone()].fill(0.0);
            for (value, n) in words[lanes].iter_mut().zip(block.clone()) {
                *value = samples.sample(n)[unit];
            }
        }
        Self {
            planes,
            before: words.clone(),
            words,
            open,
        }
    }

    /// The operation may write anything after the last column of a row, up to `row` numbers from its
    /// first.
    pub fn ignoring(mut self, row: usize) -> Self {
        for place in self.places_after_columns(row) {
            self.open[place] = true;
        }
        self
    }

    /// After the last column of a row, up to `row` numbers from its first, there are zeros, and the
    /// operation must keep them.
    pub fn keeping_zeros(mut self, row: usize) -> Self {
        for place in self.places_after_columns(row) {
            self.words[place] = 0.0;
        }
        self
    }

    /// Places of no unit after the last column of a row; where rows follow one another, those after the
    /// last row, up to the end of its line.
    fn places_after_columns(&self, row: usize) -> Vec<usize> {
        let (planes, shape) = (&self.planes, self.planes.shape);
        let (rows, length) = if planes.is_packed() {
            (1, (shape.units() * SAMPLES).next_multiple_of(LINE))
        } else {
            (shape.maps * shape.height, row)
        };
        let first = |n: usize| planes.at(n / shape.height, n % shape.height);
        (0..rows)
            .flat_map(|n| first(n)..first(n) + length)
            .map(|place| GUARD_WORDS + place)
            .filter(|&place| !self.open[place])
            .collect()
    }

    /// All memory of the layout, to be written.
    pub fn memory(&mut self) -> &mut [f32] {
        self.before.copy_from_slice(&self.words);
        &mut self.words[GUARD_WORDS..][..self.planes.extent()]
    }

    /// The units alone, where they lie one after the other.
    pub fn units(&mut self) -> &mut [f32] {
        let count = self.planes.shape.units() * SAMPLES;
        &mut self.memory()[..count]
    }

    /// Compares the units with the samples `block` of `expected`, and all other places with what they
    /// held.
    pub fn compare(
        &self,
        name: &str,
        expected: &Samples<f64>,
        block: &Range<usize>,
        tolerance: &Tolerance,
        outcome: &mut Outcome,
    ) {
        assert_eq!(expected.units, self.planes.shape.units());
        for (unit, place) in unit_places(&self.planes).enumerate() {
            for (lane, n) in block.clone().enumerate() {
                let computed = self.words[GUARD_WORDS + place + lane];
                let (expected, index) = (expected.sample(n)[unit], || format!("[{n}][{unit}]"));
                outcome.compare(name, index, computed.into(), expected, tolerance);
            }
        }
        self.compare_surroundings(name, outcome);
    }

    /// Compares all places but the units' with what they held.
    fn compare_surroundings(&self, name: &str, outcome: &mut Outcome) {
        let touched = |&place: &usize| {
            let (before, now) = (self.before[place], self.words[place]);
            !self.open[place] && now.to_bits() != before.to_bits() && now != before
        };
        let touched: Vec<usize> = (0..self.words.len()).filter(touched).collect();
        if let Some(&first) = touched.first() {
            let (count, place) = (touched.len(), first as isize - GUARD_WORDS as isize);
            let text = format!("around {name}, first at {place} ({count} in all)");
            outcome.overwritten.push(text);
        }
    }
}

/// A gradient that is summed over the blocks of a batch, each block's in guarded memory.
pub struct Summed {
    name: &'static str,
    block: Guarded<1>,
    sum: Vec<f32>,
    /// What was overwritten so far.
    outcome: Outcome,
}

impl Summed {
    /// Of `units` parameters.
    pub fn new(name: &'static str, units: usize) -> Self {
        Self {
            name,
            block: Guarded::unwritten(Planes::units(units)),
            sum: vec![0.0; units],
            outcome: Outcome::default(),
        }
    }

    /// The gradient of the next block, to be written.
    pub fn of_block(&mut self) -> &mut [f32] {
        self.block = Guarded::unwritten(self.block.planes);
        self.block.units()
    }

    /// Adds the gradient of the block.
    pub fn add(&mut self) {
        let gradient = &self.block.words[GUARD_WORDS..];
        for (sum, value) in self.sum.iter_mut().zip(gradient) {
            *sum += value;
        }
        self.block
            .compare_surroundings(self.name, &mut self.outcome);
    }

    /// Compares the sum with `expected`.
    pub fn compare(self, expected: &[f64], tolerance: &Tolerance, outcome: &mut Outcome) {
        for (i, (&computed, &expected)) in self.sum.iter().zip(expected).enumerate() {
            let index = || format!("[{i}]");
            outcome.compare(self.name, index, computed.into(), expected, tolerance);
        }
        outcome.overwritten.extend(self.outcome.overwritten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MapShape;

    /// Two rows of three columns in rows of sixteen, the places after the columns as in a gradient.
    fn guarded() -> Guarded<1> {
        let planes = Planes::framed(MapShape::new(1, 2, 3), LINE);
        Guarded::unwritten(planes).keeping_zeros(LINE)
    }

    /// The outcome where 1 is expected of all units.
    fn outcome_of_ones(guarded: &Guarded<1>) -> Outcome {
        let (expected, mut outcome) = (Samples::new([1.0; 6], 6), Outcome::default());
        guarded.compare(
            "values",
            &expected,
            &(0..1),
            &Tolerance::EXACT,
            &mut outcome,
        );
        outcome
    }

    /// The outcome of writing 1 to all units, and then `write`.
    fn outcome_of(mut guarded: Guarded<1>, write: impl FnOnce(&Planes<1>, &mut [f32])) -> Outcome {
        let planes = guarded.planes;
        let memory = guarded.memory();
        for place in unit_places(&planes) {
            memory[place] = 1.0;
        }
        write(&planes, memory);
        outcome_of_ones(&guarded)
    }

    #[test]
    fn all_units_and_nothing_else_passes() {
        assert!(outcome_of(guarded(), |_, _| ()).passed());
    }

    #[test]
    fn a_unit_that_is_not_written_fails() {
        let outcome = outcome_of(guarded(), |planes, memory| {
            memory[planes.at(0, 1)] = f32::from_bits(UNWRITTEN);
        });
        assert_eq!(outcome.off, 1);
    }

    #[test]
    fn every_place_around_the_units_is_watched() {
        let planes = guarded().planes;
        let units: Vec<usize> = unit_places(&planes).collect();
        for place in (0..planes.extent()).filter(|place| !units.contains(place)) {
            let outcome = outcome_of(guarded(), |_, memory| memory[place] = 0.5);
            assert_eq!(outcome.overwritten.len(), 1, "place {place}");
        }
        let mut guarded = guarded();
        guarded.memory();
        *guarded.words.last_mut().unwrap() = 0.5;
        let outcome = outcome_of_ones(&guarded);
        assert_eq!(outcome.overwritten.len(), 1);
    }

    #[test]
    fn only_places_after_columns_can_be_ignored() {
        let planes = guarded().planes;
        let ignoring = || Guarded::unwritten(planes).ignoring(LINE);
        let after = planes.at(0, 0) + 3;
        assert!(outcome_of(ignoring(), |_, memory| memory[after] = 0.5).passed());
        let before = planes.at(0, 0) - 1;
        assert!(!outcome_of(ignoring(), |_, memory| memory[before] = 0.5).passed());
    }
}
