//! Fitting ink of any size into an MNIST image.

use std::ops::Range;

use image::imageops::{self, FilterType};
use image::{GrayImage, ImageBuffer, Luma};

use super::error::PictureError;
use crate::data::{IMAGE_PIXELS, IMAGE_SIDE};

/// The longer side of a digit in an MNIST image, in pixels.
pub const BOX_SIDE: u32 = 20;

/// The pixel on which MNIST places the centre of mass, in both directions and
/// counted from 0. The images are moved by whole pixels, so that theirs lies
/// between 13.5 and 14.5.
pub const CENTRE: f32 = 14.0;

/// The least extent of a digit, in pixels, in its longer direction.
pub const MIN_INK_SIDE: u32 = 5;

/// The most that a digit fills of its image, in per cent. Of MNIST's the boldest
/// fills 33.
const MOST_INK: usize = 38;

/// The longest side of a digit, in pixels, whose faint pixels are strokes.
const SMALL: usize = 2 * BOX_SIDE as usize;

/// Pixels of a larger digit with less than this part of the most ink are blur.
const BLUR: f32 = 0.2;

/// The part of the inked pixels that is not fully inked. In MNIST it is nine
/// tenths: edges, and strokes about two pixels wide.
const NOT_FULL: f32 = 0.9;

/// Amounts of ink from 0 to 1.
pub type Plane = ImageBuffer<Luma<f32>, Vec<f32>>;

/// The ink as an MNIST image: 784 bytes, row by row.
///
/// # Errors
///
/// [`PictureError::TooLittleInk`] if it extends over less than
/// [`MIN_INK_SIDE`] pixels, [`PictureError::TooSolid`] if it fills more than
/// [`MOST_INK`] of the image.
pub fn into_image(ink: &GrayImage) -> Result<[u8; IMAGE_PIXELS], PictureError> {
    let digit = crop(ink)?;
    let fitted = stretch(resize(&digit));
    let image = centre(&fitted);
    let inked = image.iter().filter(|&&amount| amount > u8::MAX / 2).count();
    let percent = 100 * inked / IMAGE_PIXELS;
    if percent > MOST_INK {
        return Err(PictureError::TooSolid {
            percent,
            expected: MOST_INK,
        });
    }
    Ok(image)
}

/// Cuts away the paper around the digit.
fn crop(ink: &GrayImage) -> Result<Plane, PictureError> {
    let (columns, rows) = bounds(ink);
    let (width, height) = (columns.len() as u32, rows.len() as u32);
    if width.max(height) < MIN_INK_SIDE {
        return Err(PictureError::TooLittleInk {
            width,
            height,
            expected: MIN_INK_SIDE,
        });
    }
    Ok(part_of(ink, columns, rows))
}

/// The amounts of ink in these columns and rows.
pub fn part_of(ink: &GrayImage, columns: Range<u32>, rows: Range<u32>) -> Plane {
    let (width, height) = (columns.len() as u32, rows.len() as u32);
    Plane::from_fn(width, height, |x, y| {
        let amount = ink.get_pixel(columns.start + x, rows.start + y).0[0];
        Luma([f32::from(amount) / 255.0])
    })
}

/// The columns and rows that the digit takes up. In a small picture the faint
/// pixels around it are parts of strokes; in a large one they are the blur of a
/// lens or of compression, and would make the digit smaller than it is.
fn bounds(ink: &GrayImage) -> (Range<u32>, Range<u32>) {
    let (columns, rows) = bounds_above(ink, 0);
    if columns.len().max(rows.len()) <= SMALL {
        return (columns, rows);
    }
    let most = ink.iter().max().copied().unwrap_or(0);
    bounds_above(ink, (f32::from(most) * BLUR) as u8)
}

fn bounds_above(ink: &GrayImage, limit: u8) -> (Range<u32>, Range<u32>) {
    let inked = || {
        ink.enumerate_pixels()
            .filter(|(_, _, amount)| amount.0[0] > limit)
    };
    (
        extent(inked().map(|(x, _, _)| x)),
        extent(inked().map(|(_, y, _)| y)),
    )
}

fn extent(positions: impl Iterator<Item = u32> + Clone) -> Range<u32> {
    let first = positions.clone().min().unwrap_or(0);
    let end = positions.max().map_or(0, |last| last + 1);
    first..end
}

/// Scales the digit so that its longer side fills the box.
fn resize(digit: &Plane) -> Plane {
    let longest = digit.width().max(digit.height());
    let scaled = |side: u32| {
        let side = side as f32 * BOX_SIDE as f32 / longest as f32;
        (side.round() as u32).max(1)
    };
    to_size(digit, scaled(digit.width()), scaled(digit.height()))
}

/// Ink of another size.
pub fn to_size(ink: &Plane, width: u32, height: u32) -> Plane {
    if ink.width().max(ink.height()) < width.max(height) {
        imageops::resize(ink, width, height, FilterType::Triangle)
    } else {
        average(ink, width, height)
    }
}

/// Reduces by averaging the area that each new pixel covers, which keeps a
/// digit of the right size as it is.
fn average(digit: &Plane, width: u32, height: u32) -> Plane {
    let across = digit.width() as f32 / width as f32;
    let down = digit.height() as f32 / height as f32;
    Plane::from_fn(width, height, |x, y| {
        let mut ink = 0.0;
        for (row, row_share) in covered(y, down, digit.height()) {
            for (column, column_share) in covered(x, across, digit.width()) {
                ink += row_share * column_share * digit.get_pixel(column, row).0[0];
            }
        }
        Luma([ink / (across * down)])
    })
}

/// The old pixels under a new one that is `scale` of them long, each with the
/// part of it that is covered.
fn covered(new: u32, scale: f32, len: u32) -> impl Iterator<Item = (u32, f32)> {
    let start = new as f32 * scale;
    let end = start + scale;
    (start as u32..(end.ceil() as u32).min(len)).map(move |old| {
        let left = start.max(old as f32);
        let right = end.min(old as f32 + 1.0);
        (old, (right - left).max(0.0))
    })
}

/// Makes the ink as strong as in MNIST. This also brings back thin strokes,
/// which averaging has made faint.
pub fn stretch(mut digit: Plane) -> Plane {
    let mut inked: Vec<f32> = digit.iter().copied().filter(|&ink| ink > 0.0).collect();
    inked.sort_by(f32::total_cmp);
    let full = inked
        .get((inked.len() as f32 * NOT_FULL) as usize)
        .copied()
        .unwrap_or(1.0);
    for ink in digit.iter_mut() {
        *ink = (*ink / full).min(1.0);
    }
    digit
}

/// Places the digit with its centre of mass in the centre, but all of it inside.
fn centre(digit: &Plane) -> [u8; IMAGE_PIXELS] {
    let (mass_x, mass_y) = centre_of_mass(digit);
    let left = offset(mass_x, digit.width());
    let top = offset(mass_y, digit.height());
    let mut image = [0; IMAGE_PIXELS];
    for (x, y, ink) in digit.enumerate_pixels() {
        let (x, y) = (left + x as usize, top + y as usize);
        image[y * IMAGE_SIDE + x] = (ink.0[0] * 255.0).round() as u8;
    }
    image
}

fn offset(mass: f32, side: u32) -> usize {
    let room = IMAGE_SIDE - side as usize;
    // A negative offset becomes 0 in the conversion.
    ((CENTRE - mass).round() as usize).min(room)
}

/// In pixels from the upper left one.
pub fn centre_of_mass(digit: &Plane) -> (f32, f32) {
    let (mut total, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for (x, y, ink) in digit.enumerate_pixels() {
        let ink = ink.0[0];
        total += ink;
        sum_x += ink * x as f32;
        sum_y += ink * y as f32;
    }
    (sum_x / total, sum_y / total)
}
