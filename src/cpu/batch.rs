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
    /// The ink of every byte, from 0 to 1.
    inks: [f32; 256],
}

impl Assembler {
    /// Fills the tables.
    pub fn new() -> Self {
        Self {
            levels: std::array::from_fn(|byte| level(byte as u8)),
            inks: std::array::from_fn(|byte| byte as f32 / 255.0),
        }
    }

    /// Puts one image's bytes into the middle of a field; the rest is background.
    #[inline(always)]
    pub fn assemble(&self, image: &[u8], field: &mut [f32; FIELD]) {
        field.fill(BACKGROUND);
        place(image, &self.levels, field);
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
        let mut inks = [0.0; FIELD];
        place(image, &self.inks, &mut inks);
        for (y, row) in field.as_chunks_mut::<FIELD_SIDE>().0.iter_mut().enumerate() {
            interpolate(&inks, &Row::new(&warp, y), row);
        }
    }
}

/// Puts the value in `table` of every byte into the middle of `field`.
#[inline(always)]
fn place(image: &[u8], table: &[f32; 256], field: &mut [f32; FIELD]) {
    let rows = field.as_chunks_mut::<FIELD_SIDE>().0[BORDER..].iter_mut();
    for (row, bytes) in rows.zip(image.as_chunks::<IMAGE_SIDE>().0) {
        for (value, &byte) in row[BORDER..].iter_mut().zip(bytes) {
            *value = table[usize::from(byte)];
        }
    }
}

/// Where the units of a row of the field look in the picture.
struct Row {
    /// Index in a field of the upper left of the four pixels around the place.
    corner: [usize; FIELD_SIDE],
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
            row.corner[x] = line * FIELD_SIDE + column;
            row.right[x] = right;
            row.down[x] = down;
        }
        row
    }
}

/// A coordinate of the picture as a coordinate of the field, rounded down, and the remainder. Places
/// outside the picture are moved to just outside its edge, where there is no ink either.
#[inline(always)]
fn whole_and_rest(coordinate: f32) -> (usize, f32) {
    let inside = coordinate.max(-1.0).min(IMAGE_SIDE as f32) + BORDER as f32;
    let whole = inside as u32;
    (whole as usize, inside - whole as f32)
}

/// The input of a row of units, by bilinear interpolation between four pixels.
#[inline(always)]
fn interpolate(inks: &[f32; FIELD], row: &Row, values: &mut [f32; FIELD_SIDE]) {
    let mut around = [[0.0; FIELD_SIDE]; 4];
    for (x, &corner) in row.corner.iter().enumerate() {
        for (i, step) in [0, 1, FIELD_SIDE, FIELD_SIDE + 1].into_iter().enumerate() {
            // The mask changes nothing; it tells the compiler that the index is inside.
            around[i][x] = inks[(corner + step) & (FIELD - 1)];
        }
    }
    for (x, value) in values.iter_mut().enumerate() {
        let (right, down) = (row.right[x], row.down[x]);
        let upper = around[0][x] * (1.0 - right) + around[1][x] * right;
        let lower = around[2][x] * (1.0 - right) + around[3][x] * right;
        let ink = upper * (1.0 - down) + lower * down;
        *value = BACKGROUND + (INK - BACKGROUND) * ink;
    }
}
