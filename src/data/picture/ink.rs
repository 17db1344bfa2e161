//! Lifting the ink off the paper: whether it is darker or lighter, how much
//! there is in each pixel, and what is only noise.

use image::{GrayImage, Luma};

use super::depths::{Depths, MIN_CONTRAST};
use super::error::PictureError;
use super::histogram::Histogram;
use super::plane::Plane;
use super::relief;
use super::shades::reduce;
#[cfg(feature = "strings")]
use super::shades::reduce_to_rows;
use super::strokes::{self, without_specks};

/// The longest side on which uneven paper is judged, in pixels: what is done
/// there takes time, and a digit of a tenth of it is still read.
const UNEVEN_SIDE: u32 = 512;

/// The height to which a long line on uneven paper is reduced, in pixels.
#[cfg(feature = "strings")]
const UNEVEN_LINE_HEIGHT: u32 = 80;

/// The most that a picture cropped to a 1 is broad, as a part of its length.
/// Other digits are broader.
const NARROW: f32 = 0.4;

/// The most that a digit fills of its box, if it is not a 1.
const MOST_FILLED: f32 = 0.6;

/// Ink without paper.
pub struct Lifted {
    /// The amount in each pixel, 0 where there is paper and up to 255. The grey
    /// edges of strokes are kept.
    pub ink: GrayImage,
    /// Every stroke is as dark as this somewhere.
    pub threshold: u8,
    /// Whether the paper was judged locally.
    pub uneven: bool,
}

/// Lifts the ink off plain paper, or off uneven paper if that is what is seen.
///
/// # Errors
///
/// [`PictureError::Blank`] if ink and paper are less than [`MIN_CONTRAST`]
/// apart.
pub fn lift(shades: &GrayImage) -> Result<Lifted, PictureError> {
    let plane = Plane::under(shades);
    let edge = plane.edge(shades);
    if plane.is_under(shades, &edge) || is_narrow(shades) {
        return off(plane.depths(shades), false);
    }
    if edge.sides_run_along() <= 1
        && let Ok(lifted) = off(plane.depths(shades), false)
        && is_cropped(&lifted)
    {
        return Ok(lifted);
    }
    off(relief::depths(&reduce(shades.clone(), UNEVEN_SIDE)), true)
}

/// Lifts the ink of a line of digits, which may be as long as it likes: off plain paper, or off uneven paper if
/// that is what is seen.
///
/// # Errors
///
/// Those of [`lift`].
#[cfg(feature = "strings")]
pub fn lift_line(shades: &GrayImage) -> Result<Lifted, PictureError> {
    let plane = Plane::under(shades);
    match plane.is_under(shades, &plane.edge(shades)) {
        true => off(plane.depths(shades), false),
        false => {
            let reduced = reduce_to_rows(shades.clone(), UNEVEN_LINE_HEIGHT, UNEVEN_SIDE);
            off(relief::depths(&reduced), true)
        }
    }
}

/// Lifts the ink off plain paper.
///
/// # Errors
///
/// Those of [`lift`].
pub fn lift_plain(shades: &GrayImage) -> Result<Lifted, PictureError> {
    off(Plane::under(shades).depths(shades), false)
}

/// Whether there is no room for anything but a digit, such as a 1 that a picture was cropped to.
fn is_narrow(shades: &GrayImage) -> bool {
    let (width, height) = shades.dimensions();
    (width.min(height) as f32) < NARROW * width.max(height) as f32
}

/// Whether all ink is one stroke that reaches all sides, as if the picture had been cropped to it. What
/// is faint may be noise around something else, and what is filled may be a card.
fn is_cropped(lifted: &Lifted) -> bool {
    let solid = without(&lifted.ink, lifted.threshold / 2);
    let strokes = without_specks(strokes::of(&solid, 1));
    let (width, height) = solid.dimensions();
    let most = MOST_FILLED * width as f32 * height as f32;
    matches!(
        &strokes[..],
        [one] if one.columns == (0..width)
            && one.rows == (0..height)
            && one.pixels.len() as f32 <= most
    )
}

fn off(depths: Depths, uneven: bool) -> Result<Lifted, PictureError> {
    let split = Histogram::from_iter(depths.ink.iter().copied()).split();
    if split.contrast < MIN_CONTRAST {
        return Err(PictureError::Blank {
            found: split.contrast,
            expected: MIN_CONTRAST,
        });
    }
    // With this contrast the threshold is at least 1, and what remains of the
    // ink above it is too.
    let noise = depths.noise.min(split.threshold - 1);
    Ok(Lifted {
        ink: without(&depths.ink, noise),
        threshold: split.threshold - noise,
        uneven,
    })
}

fn without(ink: &GrayImage, noise: u8) -> GrayImage {
    GrayImage::from_fn(ink.width(), ink.height(), |x, y| {
        Luma([ink.get_pixel(x, y).0[0].saturating_sub(noise)])
    })
}
