//! Digits in a row, in pixels.

use super::random::Random;
use crate::data::{IMAGE_PIXELS, IMAGE_SIDE};

/// A line of digits: as high as an MNIST image, 28 pixels, and of any width; 0 is paper and 255 full ink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    width: usize,
    /// [y][x]
    ink: Vec<u8>,
}

impl Line {
    /// Paper of `width` columns.
    pub fn blank(width: usize) -> Self {
        Self {
            width,
            ink: vec![0; width * IMAGE_SIDE],
        }
    }

    /// The line with this ink, row by row.
    ///
    /// # Panics
    /// If that is not 28 rows of `width`.
    pub fn of(width: usize, ink: Vec<u8>) -> Self {
        assert_eq!(ink.len(), width * IMAGE_SIDE, "28 rows of {width} columns");
        Self { width, ink }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The ink, row by row.
    pub fn ink(&self) -> &[u8] {
        &self.ink
    }

    /// The ink at row `y` and column `x`; none beside the line.
    pub fn at(&self, y: usize, x: isize) -> u8 {
        match usize::try_from(x) {
            Ok(x) if x < self.width => self.ink[y * self.width + x],
            _ => 0,
        }
    }

    /// Draws `digit` into the line, with its left edge at column `left` and `down` rows lower than in its
    /// image: where there is ink already, the darker counts. What is outside the line is lost.
    pub fn draw(&mut self, digit: &[u8; IMAGE_PIXELS], left: isize, down: isize) {
        for (y, row) in digit.as_chunks::<IMAGE_SIDE>().0.iter().enumerate() {
            let y = y as isize + down;
            if !(0..IMAGE_SIDE as isize).contains(&y) {
                continue;
            }
            for (x, &ink) in row.iter().enumerate() {
                let x = x as isize + left;
                if (0..self.width as isize).contains(&x) {
                    let here = &mut self.ink[y as usize * self.width + x as usize];
                    *here = ink.max(*here);
                }
            }
        }
    }

    /// Inverts each pixel with the probability `share`: paper becomes ink, and ink paper.
    pub fn invert(&mut self, share: f64, random: &mut Random) {
        if share == 0.0 {
            return;
        }
        for ink in &mut self.ink {
            if random.happens(share) {
                *ink = u8::MAX - *ink;
            }
        }
    }

    /// The 28 columns from `left` on as an image; beside the line there is paper.
    pub fn image_at(&self, left: isize) -> [u8; IMAGE_PIXELS] {
        std::array::from_fn(|place| {
            let (y, x) = (place / IMAGE_SIDE, place % IMAGE_SIDE);
            self.at(y, left + x as isize)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_ink_is_the_darker_and_what_is_outside_is_lost() {
        let mut line = Line::blank(30);
        line.draw(&[100; IMAGE_PIXELS], 0, 0);
        line.draw(&[200; IMAGE_PIXELS], 20, 1);
        line.draw(&[50; IMAGE_PIXELS], -20, 0);
        assert_eq!(
            (line.at(0, 20), line.at(1, 19), line.at(1, 20)),
            (100, 100, 200)
        );
        assert_eq!((line.at(0, 29), line.at(1, 29)), (0, 200));
        assert_eq!((line.at(5, -1), line.at(5, 30)), (0, 0));
    }

    #[test]
    fn an_image_of_the_line_is_what_was_drawn_there() {
        let digit: [u8; IMAGE_PIXELS] = std::array::from_fn(|place| place as u8);
        let mut line = Line::blank(50);
        line.draw(&digit, 10, 0);
        assert_eq!(line.image_at(10), digit);
        assert_eq!(line.image_at(-28), [0; IMAGE_PIXELS]);
    }

    #[test]
    fn about_the_given_share_of_the_pixels_is_inverted() {
        let mut line = Line::blank(1000);
        line.invert(0.1, &mut Random::new(0, 0));
        let inked = line.ink().iter().filter(|&&ink| ink == 255).count();
        // 28,000 pixels: a standard deviation of 50.
        assert!((2550..3050).contains(&inked), "{inked}");
    }
}
