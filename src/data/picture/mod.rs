//! A picture from a user, made into a digit the way MNIST's own were made:
//! "size normalized to fit in a 20x20 pixel box while preserving their aspect
//! ratio" and then "centered in a 28x28 image by computing the center of mass
//! of the pixels, and translating the image so as to position this point at the
//! center" (<http://yann.lecun.com/exdb/mnist/>).
//!
//! Each step is a file: `file` opens the picture, `shades` makes it grey, `ink`
//! lifts the ink off the paper (`plane` or `relief` says what the paper is; `edge`,
//! which of them it is),
//! `lines` and `leftovers` take out what is no digit (`found` is these together, and
//! `card` does them again on a card that lies in the picture), `count` sees whether
//! one digit is left, and `fit` brings it to its size.

mod card;
mod count;
#[cfg(feature = "picture-files")]
mod cut;
mod depths;
mod edge;
mod error;
#[cfg(feature = "picture-files")]
mod file;
mod fit;
mod found;
#[cfg(feature = "picture-files")]
mod frames;
mod histogram;
mod ink;
mod leftovers;
mod lines;
mod plane;
mod relief;
mod remark;
mod shades;
mod sliding;
mod strokes;

use image::DynamicImage;

use found::Found;

pub use error::PictureError;
#[cfg(feature = "picture-files")]
pub use file::{MAX_PIXELS, Opened, decode, digit_in, open, read_whole};
pub use remark::Remark;

use super::IMAGE_PIXELS;

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
pub fn drawn(image: &DynamicImage) -> Result<[u8; IMAGE_PIXELS], PictureError> {
    let lifted = ink::lift_plain(&shades::of(image))?;
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
