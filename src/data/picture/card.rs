//! A card or a sheet that lies in the picture with something else all around it.

use image::{GrayImage, imageops};

use super::found::Found;
use super::leftovers;
use super::remark::Remark;
use super::strokes::Stroke;

/// The least part of its box that a card fills, with a digit on it and if it lies
/// a little askew. Only the boldest digits fill as much.
const FILLED: f32 = 0.55;

/// The least width of a card for its height, or height for its width. Bold ones
/// fill their boxes, but are narrow.
const SQUARE: f32 = 0.5;

/// The least height of what is on a card, as a part of the card's. The holes of a
/// bold digit are smaller.
const DIGIT: f32 = 0.4;

/// The digit on a card, if what was found in the picture is one.
pub fn among(found: &Found, shades: &GrayImage) -> Option<Found> {
    let card = found
        .strokes
        .iter()
        .max_by_key(|stroke| stroke.pixels.len())?;
    let is_on_card = |stroke: &Stroke| leftovers::gap(stroke, card) == 0;
    let (width, height) = (card.columns.len() as u32, card.rows.len() as u32);
    let area = width as f32 * height as f32;
    let is_filled = card.ink() as f32 >= FILLED * area * f32::from(card.darkest());
    let is_square = width.min(height) as f32 >= SQUARE * width.max(height) as f32;
    if found.uneven || !is_filled || !is_square || !found.strokes.iter().all(is_on_card) {
        return None;
    }
    let (left, top) = (card.columns.start, card.rows.start);
    let seen = imageops::crop_imm(shades, left, top, width, height).to_image();
    let mut digit = Found::on(&seen).ok()?;
    let rows = |of: fn(&Stroke) -> u32| digit.strokes.iter().map(of);
    let end = rows(|stroke| stroke.rows.end).max()?;
    let start = rows(|stroke| stroke.rows.start).min()?;
    // What is between the strokes of a bold digit reaches the edges of its box.
    let is_digit = (end - start) as f32 >= DIGIT * digit.ink.height() as f32
        && leftovers::stands_free(&digit.strokes, digit.ink.dimensions());
    if !digit.remarks.contains(&Remark::UnevenPaper) {
        digit.remarks.insert(0, Remark::UnevenPaper);
    }
    is_digit.then_some(digit)
}
