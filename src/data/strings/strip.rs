//! The strip that a network looks at, around a line.

use super::line::Line;
use crate::data::{BACKGROUND, FIELD_SIDE, IMAGE_SIDE, level};
use crate::model::STEP;

/// Columns of paper to the left of the line: half a field, so that the first position has the line's first
/// column in its middle.
const BEFORE: usize = FIELD_SIDE / 2;

/// Rows of paper above the line.
const ABOVE: usize = (FIELD_SIDE - IMAGE_SIDE) / 2;

/// Input of 32 rows, and of as many columns as its positions take.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    positions: usize,
    width: usize,
    /// [y][x], from −0.1 for paper to 1.175 for ink
    levels: Vec<f32>,
}

impl Strip {
    /// The strip around `line`, with positions from its first column to its last.
    pub fn around(line: &Line) -> Self {
        let positions = positions_of(line.width());
        let width = width_of(positions);
        let mut levels = vec![BACKGROUND; FIELD_SIDE * width];
        for (y, row) in line.ink().chunks_exact(line.width().max(1)).enumerate() {
            let first = (y + ABOVE) * width + BEFORE;
            for (value, &ink) in levels[first..].iter_mut().zip(row) {
                *value = level(ink);
            }
        }
        Self {
            positions,
            width,
            levels,
        }
    }

    /// The same with paper to the right, up to `positions` positions: what is at its own ones stays as it is.
    pub fn continued_to(&self, positions: usize) -> Self {
        let width = width_of(positions);
        let mut levels = vec![BACKGROUND; FIELD_SIDE * width];
        for (row, own) in levels
            .chunks_exact_mut(width)
            .zip(self.levels.chunks_exact(self.width))
        {
            row[..own.len()].copy_from_slice(own);
        }
        Self {
            positions,
            width,
            levels,
        }
    }

    /// Positions.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The input levels, row by row.
    pub fn levels(&self) -> &[f32] {
        &self.levels
    }
}

/// Columns of a strip with `positions` positions.
fn width_of(positions: usize) -> usize {
    FIELD_SIDE + STEP * (positions - 1)
}

/// Positions over a line of `width` columns.
pub fn positions_of(width: usize) -> usize {
    width.div_ceil(STEP) + 1
}

/// The column of the line in the middle of the field at `position`.
pub fn column_of(position: f64) -> f64 {
    STEP as f64 * position
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_lies_in_the_strip_with_paper_around_it() {
        let line = Line::of(5, (0..140).collect());
        let strip = Strip::around(&line);
        // In the middle of the fields are the columns 0, 4 and 8.
        assert_eq!((strip.positions(), strip.width()), (3, 40));
        let at = |y: usize, x: usize| strip.levels()[y * strip.width() + x];
        assert_eq!(at(2, 16), level(0));
        assert_eq!(at(3, 18), level(7));
        assert_eq!(at(29, 20), level(139));
        assert_eq!(
            (at(29, 15), at(29, 21), at(1, 18)),
            (BACKGROUND, BACKGROUND, BACKGROUND)
        );
    }

    #[test]
    fn a_continued_strip_is_that_of_the_line_with_paper_behind_it() {
        let ink: Vec<u8> = (0..140).collect();
        let rows = ink.chunks(5).map(|row| [row, &[0; 8]].concat());
        let longer = Line::of(13, rows.flatten().collect());
        let strip = Strip::around(&Line::of(5, ink));
        assert_eq!(strip.continued_to(5), Strip::around(&longer));
        assert_eq!(strip.continued_to(3), strip);
    }
}
