//! Lifting the ink off the paper: whether it is darker or lighter, how much
//! there is in each pixel, and what is only noise.

use image::{GrayImage, Luma};

use super::depths::MIN_CONTRAST;
use super::error::PictureError;
use super::histogram::Histogram;
use super::plane::Plane;
use super::relief;
use super::shades::reduce;

/// The longest side on which uneven paper is judged, in pixels: what is done
/// there takes time, and a digit of a tenth of it is still read.
const UNEVEN_SIDE: u32 = 512;

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
    let uneven = !plane.is_under(shades);
    let depths = match uneven {
        false => plane.depths(shades),
        true => relief::depths(&reduce(shades.clone(), UNEVEN_SIDE)),
    };
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
