//! Memory that an operation writes to, with a record of where it may.

use super::unit_places;
use crate::cpu::memory::{Aligned, LINE, Planes};
use crate::verify::case::{GUARD, GUARD_WORDS, UNWRITTEN};
use crate::verify::compare::{Outcome, Tolerance};

/// The memory of some units between guard words. All places that are no unit's must be left alone
/// but for those that [`Room::ignoring`] names.
pub struct Room<const SAMPLES: usize> {
    planes: Planes<SAMPLES>,
    /// What it holds, the guard words included.
    words: Aligned,
    /// What it held before it was handed out.
    before: Aligned,
    /// Whether a place need not be what it was.
    open: Vec<bool>,
}

impl<const SAMPLES: usize> Room<SAMPLES> {
    /// Units that hold NaN, for an operation that writes them all.
    pub fn unwritten(planes: Planes<SAMPLES>) -> Self {
        let unwritten = f32::from_bits(UNWRITTEN);
        Self::holding(planes, &vec![unwritten; planes.shape.units() * SAMPLES])
    }

    /// Units that hold `values` [sample][unit].
    pub fn holding(planes: Planes<SAMPLES>, values: &[f32]) -> Self {
        let mut words = Aligned::zeros(planes.extent() + 2 * GUARD_WORDS);
        words.fill(f32::from_bits(GUARD));
        let mut open = vec![false; words.len()];
        for (unit, place) in unit_places(&planes).enumerate() {
            for sample in 0..SAMPLES {
                let place = GUARD_WORDS + place + sample;
                words[place] = values[sample * planes.shape.units() + unit];
                open[place] = true;
            }
        }
        Self {
            planes,
            before: words.clone(),
            words,
            open,
        }
    }

    /// The operation may write anything behind the last column of a row, up to `row` numbers from
    /// its first.
    pub fn ignoring(mut self, row: usize) -> Self {
        for place in self.places_behind(row) {
            self.open[place] = true;
        }
        self
    }

    /// Behind the last column of a row, up to `row` numbers from its first, there are zeros, and the
    /// operation must keep them.
    pub fn keeping_zeros(mut self, row: usize) -> Self {
        for place in self.places_behind(row) {
            self.words[place] = 0.0;
        }
        self
    }

    /// Places of no unit behind the last column of a row; where rows follow one another, those behind
    /// the last row, up to the end of its line.
    fn places_behind(&self, row: usize) -> Vec<usize> {
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

    /// The units alone, where they lie one behind the other.
    pub fn units(&mut self) -> &mut [f32] {
        let count = self.planes.shape.units() * SAMPLES;
        &mut self.memory()[..count]
    }

    /// Compares the units with `expected` [sample][unit], and all other places with what they held.
    pub fn compare(
        &self,
        name: &str,
        expected: &[f64],
        tolerance: &Tolerance,
        outcome: &mut Outcome,
    ) {
        let units = self.planes.shape.units();
        assert_eq!(expected.len(), units * SAMPLES, "one number a unit");
        for (unit, place) in unit_places(&self.planes).enumerate() {
            for sample in 0..SAMPLES {
                let computed = self.words[GUARD_WORDS + place + sample];
                let expected = expected[sample * units + unit];
                let index = || format!("[{sample}][{unit}]");
                outcome.compare(name, index, computed.into(), expected, tolerance);
            }
        }
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

    /// As [`Room::compare`], where there is nothing else to compare.
    pub fn outcome(&self, name: &str, expected: &[f64], tolerance: &Tolerance) -> Outcome {
        let mut outcome = Outcome::default();
        self.compare(name, expected, tolerance, &mut outcome);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MapShape;

    /// Two rows of three columns in rows of sixteen, the places behind the columns as in a gradient.
    fn room() -> Room<1> {
        let planes = Planes::framed(MapShape::new(1, 2, 3), LINE);
        Room::unwritten(planes).keeping_zeros(LINE)
    }

    /// What becomes of writing 1 to all units and `write`.
    fn outcome_of(mut room: Room<1>, write: impl FnOnce(&Planes<1>, &mut [f32])) -> Outcome {
        let planes = room.planes;
        let memory = room.memory();
        for place in unit_places(&planes) {
            memory[place] = 1.0;
        }
        write(&planes, memory);
        room.outcome("values", &[1.0; 6], &Tolerance::EXACT)
    }

    #[test]
    fn all_units_and_nothing_else_passes() {
        assert!(outcome_of(room(), |_, _| ()).passed());
    }

    #[test]
    fn a_unit_that_is_not_written_fails() {
        let outcome = outcome_of(room(), |planes, memory| {
            memory[planes.at(0, 1)] = f32::from_bits(UNWRITTEN);
        });
        assert_eq!(outcome.off, 1);
    }

    #[test]
    fn every_place_around_the_units_is_watched() {
        let planes = room().planes;
        let units: Vec<usize> = unit_places(&planes).collect();
        for place in (0..planes.extent()).filter(|place| !units.contains(place)) {
            let outcome = outcome_of(room(), |_, memory| memory[place] = 0.5);
            assert_eq!(outcome.overwritten.len(), 1, "place {place}");
        }
        let mut room = room();
        room.memory();
        *room.words.last_mut().unwrap() = 0.5;
        let outcome = room.outcome("values", &[1.0; 6], &Tolerance::EXACT);
        assert_eq!(outcome.overwritten.len(), 1);
    }

    #[test]
    fn only_places_behind_columns_can_be_ignored() {
        let planes = room().planes;
        let ignoring = || Room::unwritten(planes).ignoring(LINE);
        let behind = planes.at(0, 0) + 3;
        assert!(outcome_of(ignoring(), |_, memory| memory[behind] = 0.5).passed());
        let before = planes.at(0, 0) - 1;
        assert!(!outcome_of(ignoring(), |_, memory| memory[before] = 0.5).passed());
    }
}
