//! A picture as shades of grey, of a size that is quick to work on.

use image::{DynamicImage, GrayAlphaImage, GrayImage, Luma, imageops};

use super::ink::MIN_CONTRAST;

/// The longest side worked on, in pixels. A digit is read from 28 by 28, so
/// even a small part of a photograph reduced to this keeps all that counts, and
/// the noise of its sensor averages out.
const MAX_SIDE: u32 = 1024;

const BLACK: u8 = 0;
const WHITE: u8 = 255;

/// The luminance of each pixel, 0 black to 255 white, reduced if the picture is
/// large.
pub fn of(image: &DynamicImage) -> GrayImage {
    reduce(luminance(image))
}

fn luminance(image: &DynamicImage) -> GrayImage {
    if image.color().has_alpha() {
        over_contrasting_paper(&image.to_luma_alpha8())
    } else {
        image.to_luma8()
    }
}

/// Lays a transparent picture on white paper, where most were meant to be seen.
/// Light strokes do not show there; they are laid on black.
fn over_contrasting_paper(image: &GrayAlphaImage) -> GrayImage {
    let on_white = over(image, WHITE);
    if spread(&on_white) >= MIN_CONTRAST {
        on_white
    } else {
        over(image, BLACK)
    }
}

fn over(image: &GrayAlphaImage, paper: u8) -> GrayImage {
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let [shade, alpha] = image.get_pixel(x, y).0.map(u32::from);
        let mixed = shade * alpha + u32::from(paper) * (255 - alpha);
        Luma([((mixed + 127) / 255) as u8])
    })
}

fn spread(shades: &GrayImage) -> u8 {
    let darkest = shades.iter().min().copied().unwrap_or(BLACK);
    let lightest = shades.iter().max().copied().unwrap_or(BLACK);
    lightest - darkest
}

fn reduce(shades: GrayImage) -> GrayImage {
    let (width, height) = shades.dimensions();
    let longest = width.max(height);
    if longest <= MAX_SIDE {
        return shades;
    }
    let reduced = |side: u32| {
        let side = u64::from(side) * u64::from(MAX_SIDE) / u64::from(longest);
        (side as u32).max(1)
    };
    imageops::thumbnail(&shades, reduced(width), reduced(height))
}
