//! From pixels to a digit, step by step.

use image::{DynamicImage, RgbaImage};

use super::error::PictureError;
use super::found::Found;
use super::remark::Remark;
use super::{card, count, fit, ink, leftovers, shades, strokes};
use crate::data::IMAGE_PIXELS;

/// The digit in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    /// As MNIST has them: 28 by 28 bytes, row by row, 0 for paper and 255 for ink.
    pub digit: [u8; IMAGE_PIXELS],
    /// What was done that may matter to the answer.
    pub remarks: Vec<Remark>,
}

/// The digit that somebody has drawn on an empty sheet, as on a page's canvas: 784 bytes as in
/// [`Normalised`]. All ink is taken for the digit, whatever it touches.
///
/// # Errors
///
/// Those of [`normalise`], but [`PictureError::SeveralDigits`].
pub fn drawn(image: &RgbaImage) -> Result<[u8; IMAGE_PIXELS], PictureError> {
    let lifted = ink::lift_plain(&shades::of_drawing(image))?;
    let strokes = strokes::of(&lifted.ink, lifted.threshold);
    let strokes = strokes::without_specks(strokes);
    fit::into_image(&strokes::drawn(&strokes, &lifted.ink))
}

/// Finds the digit in a picture, dark on light or light on dark, of any size.
///
/// What stands out from the paper is taken for the digit, but for specks, lines
/// from side to side, frames, and what lies along a side. Shadows and whatever
/// else is seen at a side count as paper.
///
/// # Errors
///
/// [`PictureError::Blank`] if nothing stands out, [`PictureError::TooLittleInk`]
/// or [`PictureError::TooSolid`] if it is too small or too broad for a digit, and
/// [`PictureError::SeveralDigits`] if it is more than one.
pub fn normalise(image: &DynamicImage) -> Result<Normalised, PictureError> {
    let shades = shades::of(image);
    let mut found = Found::on(&shades)?;
    if let Some(digit) = card::among(&found, &shades) {
        found = digit;
    }
    let size = found.ink.dimensions();
    let digits = count::digits(&found.strokes, size);
    if digits > 1 {
        return Err(PictureError::SeveralDigits { count: digits });
    }
    let mut remarks = found.remarks;
    if found
        .strokes
        .iter()
        .any(|stroke| leftovers::reaches_edge(stroke, size))
    {
        remarks.push(Remark::ReachesEdge);
    }
    let digit = fit::into_image(&strokes::drawn(&found.strokes, &found.ink))?;
    Ok(Normalised { digit, remarks })
}
