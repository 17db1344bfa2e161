//! The pixels of a presentation, as `reference::batch` defines them.

use crate::data::{BACKGROUND, FIELD_SIDE, IMAGE_SIDE, INK, level};
use crate::model::Distortion;
use crate::reference::Presentation;
use crate::reference::batch::{self, Warp};

/// Units of a field.
pub const FIELD: usize = FIELD_SIDE * FIELD_SIDE;
/// Rows and columns of paper around the picture.
const BORDER: usize = (FIELD_SIDE - IMAGE_SIDE) / 2;

/// Turns the bytes of pictures into input.
pub struct Assembler {
    /// The input for every byte.
    levels: [f32; 256],
}

impl Assembler {
    /// Fills the table.
    pub fn new() -> Self {
        Self {
            levels: std::array::from_fn(|byte| level(byte as u8)),
        }
    }

    /// Puts one image's bytes into the middle of a field; the rest is background.
    #[inline(always)]
    pub fn assemble(&self, image: &[u8], field: &mut [f32; FIELD]) {
        field.fill(BACKGROUND);
        let rows = field.as_chunks_mut::<FIELD_SIDE>().0[BORDER..].iter_mut();
        for (row, bytes) in rows.zip(image.as_chunks::<IMAGE_SIDE>().0) {
            for (value, &byte) in row[BORDER..].iter_mut().zip(bytes) {
                *value = self.levels[usize::from(byte)];
            }
        }
    }

    /// As [`Assembler::assemble`], distorted as drawn from `seed` for `presentation`.
    #[inline(always)]
    pub fn assemble_distorted(
        &self,
        image: &[u8],
        distortion: &Distortion,
        seed: u32,
        presentation: Presentation,
        field: &mut [f32; FIELD],
    ) {
        if distortion.is_none() {
            return self.assemble(image, field);
        }
        let Presentation { sample, occasion } = presentation;
        let warp = batch::draw_warp(distortion, seed, occasion, sample as u32);
        let squares = squares(image);
        for (y, row) in field.as_chunks_mut::<FIELD_SIDE>().0.iter_mut().enumerate() {
            interpolate(&squares, &Row::new(&warp, y), row);
        }
    }
}

/// Four pixels that meet at a corner, a byte each: upper left, upper right, lower left, lower right. So
/// that a place between pixels takes one load and not four.
type Square = u32;

/// The square to the right of and below every pixel of the field.
#[inline(always)]
fn squares(image: &[u8]) -> [Square; FIELD] {
    // The field, and as much of the next row as the square at its end reaches.
    let mut pixels = [0; FIELD + FIELD_SIDE + 1];
    let rows = pixels.as_chunks_mut::<FIELD_SIDE>().0[BORDER..].iter_mut();
    for (row, bytes) in rows.zip(image.as_chunks::<IMAGE_SIDE>().0) {
        row[BORDER..][..IMAGE_SIDE].copy_from_slice(bytes);
    }
    let mut squares = [0; FIELD];
    for (i, square) in squares.iter_mut().enumerate() {
        let below = i + FIELD_SIDE;
        *square =
            Square::from_le_bytes([pixels[i], pixels[i + 1], pixels[below], pixels[below + 1]]);
    }
    squares
}

/// Where the units of a row of the field look in the picture.
struct Row {
    /// Index in a field of the upper left of the four pixels around the place.
    corner: [u32; FIELD_SIDE],
    /// How far the place is to the right of that pixel and below it, from 0 to 1.
    right: [f32; FIELD_SIDE],
    down: [f32; FIELD_SIDE],
}

impl Row {
    /// Row `y` of the field through `warp`.
    #[inline(always)]
    fn new(warp: &Warp<f32>, y: usize) -> Self {
        let mut row = Self {
            corner: [0; FIELD_SIDE],
            right: [0.0; FIELD_SIDE],
            down: [0.0; FIELD_SIDE],
        };
        for (x, (place_x, place_y)) in warp.row(y).into_iter().enumerate() {
            let (column, right) = whole_and_rest(place_x);
            let (line, down) = whole_and_rest(place_y);
            row.corner[x] = line * FIELD_SIDE as u32 + column;
            row.right[x] = right;
            row.down[x] = down;
        }
        row
    }
}

/// A coordinate of the picture as a coordinate of the field, rounded down, and the remainder. Places
/// outside the picture are moved to just outside its edge, where there is no ink either.
#[inline(always)]
fn whole_and_rest(coordinate: f32) -> (u32, f32) {
    // Not by max and min, which take three instructions each because they look for NaN.
    let inside = if coordinate > -1.0 { coordinate } else { -1.0 };
    let last = IMAGE_SIDE as f32;
    let inside = if inside < last { inside } else { last };
    let inside = inside + BORDER as f32;
    // SAFETY: the number is from 1 to 30.
    let whole = unsafe { inside.to_int_unchecked::<i32>() };
    (whole as u32, inside - whole as f32)
}

/// The input of a row of units, by bilinear interpolation between four pixels.
#[inline(always)]
fn interpolate(squares: &[Square; FIELD], row: &Row, values: &mut [f32; FIELD_SIDE]) {
    const PER_LEVEL: f32 = (INK - BACKGROUND) / 255.0;
    let mut around = [0; FIELD_SIDE];
    for (square, &corner) in around.iter_mut().zip(&row.corner) {
        // The mask changes nothing; it tells the compiler that the index is inside.
        *square = squares[corner as usize & (FIELD - 1)];
    }
    for (x, value) in values.iter_mut().enumerate() {
        let (right, down) = (row.right[x], row.down[x]);
        let [upper_left, upper_right, lower_left, lower_right] =
            around[x].to_le_bytes().map(f32::from);
        let upper = upper_left + (upper_right - upper_left) * right;
        let lower = lower_left + (lower_right - lower_left) * right;
        let level = upper + (lower - upper) * down;
        *value = BACKGROUND + PER_LEVEL * level;
    }
}
