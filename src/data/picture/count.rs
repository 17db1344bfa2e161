//! How many digits the strokes make.
//!
//! Strokes that are close together belong to one digit: the bar of a 5, what a
//! dry pen has left out, dots. What is left apart is a digit of its own, if it is
//! large enough for one.

use std::collections::VecDeque;
use std::ops::Range;

use super::strokes::{Stroke, neighbours};

/// Strokes as close as this, as a part of the longest one, belong together. Two
/// digits of a number are seldom closer.
const CLOSE: f32 = 0.05;

/// The least height of a digit, as a part of the tallest one. The bar of a 5 is a
/// third as high as the rest.
const HEIGHT: f32 = 0.55;

/// The least square of a digit's length, for each pixel. Of a round dot it is 1.3,
/// and of the boldest digits 1.7.
const SLENDER: f32 = 1.5;

/// The number of digits, at least 1.
pub fn digits(strokes: &[Stroke], (width, height): (u32, u32)) -> usize {
    let longest = strokes.iter().map(Stroke::length).max().unwrap_or(0) as f32;
    let reach = (CLOSE * longest / 2.0).ceil() as u32;
    let group_of = linked(strokes, (width as usize, height as usize), reach);
    let groups: Vec<Group> = (0..strokes.len())
        .filter_map(|group| {
            let members = strokes.iter().zip(&group_of);
            let members = members.filter(|&(_, &number)| number == group);
            members
                .map(|(stroke, _)| Group::of(stroke))
                .reduce(Group::with)
        })
        .collect();
    let tallest = groups.iter().map(Group::height).max().unwrap_or(0) as f32;
    let digits = groups
        .iter()
        .filter(|group| group.is_slender() && group.height() as f32 >= HEIGHT * tallest);
    digits.count().max(1)
}

/// Strokes that belong together.
struct Group {
    columns: Range<u32>,
    rows: Range<u32>,
    /// How many pixels they have.
    pixels: u32,
}

impl Group {
    fn of(stroke: &Stroke) -> Self {
        Self {
            columns: stroke.columns.clone(),
            rows: stroke.rows.clone(),
            pixels: stroke.pixels.len() as u32,
        }
    }

    fn with(self, other: Self) -> Self {
        let join = |a: Range<u32>, b: Range<u32>| a.start.min(b.start)..a.end.max(b.end);
        Self {
            columns: join(self.columns, other.columns),
            rows: join(self.rows, other.rows),
            pixels: self.pixels + other.pixels,
        }
    }

    fn height(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Whether it is longer than a dot.
    fn is_slender(&self) -> bool {
        let length = self.height().max(self.columns.len() as u32) as f32;
        length * length >= SLENDER * self.pixels as f32
    }
}

/// The group of each stroke, by the number of one of its members: strokes that come
/// to touch when all grow by `reach` pixels are in one group.
fn linked(strokes: &[Stroke], (width, height): (usize, usize), reach: u32) -> Vec<usize> {
    let mut group_of: Vec<usize> = (0..strokes.len()).collect();
    let mut grown: Vec<Option<usize>> = vec![None; width * height];
    let mut next = VecDeque::new();
    for (index, stroke) in strokes.iter().enumerate() {
        for &pixel in &stroke.pixels {
            grown[pixel] = Some(index);
            next.push_back((pixel, index, 0));
        }
    }
    while let Some((pixel, index, steps)) = next.pop_front() {
        for neighbour in neighbours(pixel, width, height) {
            match grown[neighbour] {
                None if steps < reach => {
                    grown[neighbour] = Some(index);
                    next.push_back((neighbour, index, steps + 1));
                }
                Some(other) if group_of[other] != group_of[index] => {
                    let (from, to) = (group_of[other], group_of[index]);
                    for group in &mut group_of {
                        if *group == from {
                            *group = to;
                        }
                    }
                }
                _ => {}
            }
        }
    }
    group_of
}
