//! Fields to train on for reading strings: digits among the strokes of their neighbours, and what lies
//! between two digits.

use super::line::Line;
use super::random::Random;
use crate::data::{Dataset, IMAGE_PIXELS, IMAGE_SIDE};
use crate::model::string_fields;

/// Fields are the same in all trainings: they depend on the digits alone.
const SEED: u32 = 0x1998;

/// The most that a digit is to the side of the middle of its field, in pixels: positions are 4 apart.
const OFF_CENTRE: isize = 2;

/// The least distance of the middle of a field from that of a digit, in pixels, at which the field shows none.
const NO_DIGIT_FROM: isize = 6;

/// Pixels from the middle of a digit to that of the next.
const LEAST_SPACING: isize = 14;
const MOST_SPACING: isize = 32;

/// The most that a digit is above or below the line, in pixels.
const OFF_LINE: isize = 2;

/// How often there is no neighbour on a side.
const ALONE: f64 = 0.2;

/// Shares of inverted pixels, each as likely as the others.
const NOISE: [f64; 4] = [0.0, 0.0, 0.05, 0.1];

/// Fields cut out of lines of `digits`: `per_digit` with each of them in the middle, and two fifths as many with
/// none there, whose label is [`Dataset::NO_DIGIT`]. The digit in the middle is up to 2 pixels to the side and up
/// or down, its neighbours 14 to 32 pixels from it; half of the fields have a twentieth or a tenth of their pixels
/// inverted. The same digits give the same fields.
pub fn among_neighbours(digits: &Dataset, per_digit: usize) -> Dataset {
    let with_digit = digits.len() * per_digit;
    let count = string_fields(digits.len(), per_digit);
    let mut images = Vec::with_capacity(count * IMAGE_PIXELS);
    let mut labels = Vec::with_capacity(count);
    for number in 0..count {
        let mut random = Random::new(SEED, number as u64);
        let mut field = Surroundings {
            digits,
            field: Line::blank(IMAGE_SIDE),
            random: &mut random,
        };
        labels.push(match number < with_digit {
            true => field.draw_around(number % digits.len()),
            false => field.draw_between(),
        });
        let mut field = field.field;
        let share = NOISE[random.place_in(NOISE.len())];
        field.invert(share, &mut random);
        images.extend_from_slice(field.ink());
    }
    Dataset::with_unlabelled(images, labels)
}

/// A field that is being drawn.
struct Surroundings<'a> {
    digits: &'a Dataset,
    field: Line,
    random: &'a mut Random,
}

impl Surroundings<'_> {
    /// The digit at `place` near the middle, and its neighbours.
    fn draw_around(&mut self, place: usize) -> u8 {
        let middle = self.random.within(-OFF_CENTRE..=OFF_CENTRE);
        self.draw(place, middle);
        for side in [-1, 1] {
            let distance = self.spacing();
            self.draw_neighbour(middle + side * distance);
        }
        self.digits.labels()[place]
    }

    /// The two digits to the left and to the right of the middle.
    fn draw_between(&mut self) -> u8 {
        let spacing = self.spacing();
        let left = -self.random.within(NO_DIGIT_FROM..=spacing - NO_DIGIT_FROM);
        self.draw_neighbour(left);
        self.draw_neighbour(left + spacing);
        for (beside, side) in [(left, -1), (left + spacing, 1)] {
            let distance = self.spacing();
            self.draw_neighbour(beside + side * distance);
        }
        Dataset::NO_DIGIT
    }

    fn spacing(&mut self) -> isize {
        self.random.within(LEAST_SPACING..=MOST_SPACING)
    }

    /// Any digit, `across` pixels to the right of the middle; or none.
    fn draw_neighbour(&mut self, across: isize) {
        if !self.random.happens(ALONE) {
            let place = self.random.place_in(self.digits.len());
            self.draw(place, across);
        }
    }

    fn draw(&mut self, place: usize, across: isize) {
        let down = self.random.within(-OFF_LINE..=OFF_LINE);
        self.field.draw(self.digits.image(place), across, down);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_in_the_middle_of_as_many_fields_as_asked_for() {
        let images = (1..=10).flat_map(|digit| [digit; IMAGE_PIXELS]);
        let digits = Dataset::new(images.collect(), (0..10).collect()).unwrap();
        let fields = among_neighbours(&digits, 4);
        assert_eq!(fields.len(), 56);
        for digit in 0..10 {
            let count = fields
                .labels()
                .iter()
                .filter(|&&label| label == digit)
                .count();
            assert_eq!(count, 4);
        }
        let none = fields
            .labels()
            .iter()
            .filter(|&&label| label == Dataset::NO_DIGIT);
        assert_eq!(none.count(), 16);
        assert_eq!(fields, among_neighbours(&digits, 4));
    }

    #[test]
    fn the_middle_of_a_field_between_digits_is_no_digits_middle() {
        // A digit that is one column of ink, in the middle of its image.
        let column: [u8; IMAGE_PIXELS] =
            std::array::from_fn(|place| if place % IMAGE_SIDE == 14 { 200 } else { 0 });
        let digits = Dataset::new(column.to_vec(), vec![3]).unwrap();
        let fields = among_neighbours(&digits, 200);
        for index in 0..fields.len() {
            let row = &fields.image(index)[14 * IMAGE_SIDE..][..IMAGE_SIDE];
            // Inverted pixels are 55 or 255.
            let middle = (14 - 5..=14 + 5).filter(|&x| row[x] == 200).count();
            match fields.labels()[index] {
                Dataset::NO_DIGIT => assert_eq!(middle, 0, "field {index}"),
                _ => assert!(middle <= 1, "field {index}"),
            }
        }
    }
}
