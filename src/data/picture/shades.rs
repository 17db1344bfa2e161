//! A picture as shades of grey, of a size that is quick to work on.

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, Luma, RgbaImage, imageops};

use super::depths::MIN_CONTRAST;
use super::histogram::Histogram;

/// The longest side worked on, in pixels. A digit is read from 28 by 28, so
/// even a small part of a photograph reduced to this keeps all that counts, and
/// the noise of its sensor averages out.
const MAX_SIDE: u32 = 1024;

/// The height to which a long line of digits is reduced, in pixels.
#[cfg(feature = "strings")]
const LINE_HEIGHT: u32 = 160;

/// The fewest bits that a picture of 16 uses, if it is not just dark.
const LEAST_BITS: u32 = 10;

/// The least opacity of what counts as visible.
const VISIBLE: u8 = 128;

/// The least part of its bounding box that a card fills, and strokes do not.
const CARD: f32 = 0.6;

const BLACK: u8 = 0;
const WHITE: u8 = 255;

/// The luminance of each pixel, 0 black to 255 white, reduced if the picture is
/// large.
pub fn of(image: &DynamicImage) -> GrayImage {
    reduce(luminance(image), MAX_SIDE)
}

/// The luminance of each pixel of a page's canvas. As in [`of_drawing`], only these pixels are converted.
#[cfg(feature = "strings")]
pub fn luminance_of_canvas(pixels: &RgbaImage) -> GrayImage {
    over_contrasting_paper(&imageops::grayscale_alpha(pixels))
}

/// The shades of a line of digits, which may be as long as it likes: they are reduced if it is high.
#[cfg(feature = "strings")]
pub fn of_line(shades: GrayImage) -> GrayImage {
    reduce_to_rows(shades, LINE_HEIGHT, MAX_SIDE)
}

/// The shades reduced to `rows` rows, or until the longer side is `side`, whichever leaves them larger.
#[cfg(feature = "strings")]
pub fn reduce_to_rows(shades: GrayImage, rows: u32, side: u32) -> GrayImage {
    let (width, height) = (u64::from(shades.width()), u64::from(shades.height()));
    let longest = (u64::from(rows) * width / height.max(1)).max(side.into());
    reduce(shades, longest.min(u32::MAX.into()) as u32)
}

/// The same of a drawing, on white where it is transparent. Of all kinds of pixels only these are
/// converted, which keeps a page small.
pub fn of_drawing(image: &RgbaImage) -> GrayImage {
    reduce(over(&imageops::grayscale_alpha(image), WHITE), MAX_SIDE)
}

/// Whether all pixels are of about the same shade.
#[cfg(feature = "picture-files")]
pub fn is_blank(image: &DynamicImage) -> bool {
    spread(&of(image)) < MIN_CONTRAST
}

/// The luminance of each pixel, 0 black to 255 white.
pub fn luminance(image: &DynamicImage) -> GrayImage {
    if image.color().has_alpha() {
        over_contrasting_paper(&image.to_luma_alpha8())
    } else {
        match image {
            DynamicImage::ImageLuma16(_) | DynamicImage::ImageRgb16(_) => {
                in_used_range(&image.to_luma16())
            }
            _ => image.to_luma8(),
        }
    }
}

/// Of 16 bits, as many as are used: scanners and cameras of 10, 12 or 14 save
/// theirs as the lowest ones. Fewer bits than 10 are a dark picture.
fn in_used_range(image: &ImageBuffer<Luma<u16>, Vec<u16>>) -> GrayImage {
    let most = image.iter().max().copied().unwrap_or(0);
    let bits = [10, 12, 14].into_iter().find(|bits| most >> bits == 0);
    let unused = match bits {
        Some(bits) if most >> (LEAST_BITS - 1) > 0 => 16 - bits,
        _ => 0,
    };
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        Luma([((image.get_pixel(x, y).0[0] << unused) >> 8) as u8])
    })
}

/// Lays a transparent picture on paper. A card with nothing around it, cut out
/// of a picture, is laid on paper of its own shade. Strokes on nothing are laid
/// on white, where most were meant to be seen; light ones do not show there, and
/// are laid on black.
fn over_contrasting_paper(image: &GrayAlphaImage) -> GrayImage {
    if let Some(paper) = shade_of_card(image) {
        return over(image, paper);
    }
    let on_white = over(image, WHITE);
    if spread(&on_white) >= MIN_CONTRAST {
        on_white
    } else {
        over(image, BLACK)
    }
}

/// The shade at the rim of what is visible, if that is a card with something on
/// it, and not strokes.
fn shade_of_card(image: &GrayAlphaImage) -> Option<u8> {
    let (width, height) = image.dimensions();
    let visible = |x: u32, y: u32| {
        let pixel = image.get_pixel_checked(x, y)?.0;
        (pixel[1] >= VISIBLE).then_some(pixel[0])
    };
    let shades = || {
        (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .filter_map(|(x, y)| Some(((x, y), visible(x, y)?)))
    };
    let columns = || shades().map(|((x, _), _)| x);
    let rows = || shades().map(|((_, y), _)| y);
    let box_width = columns().max()? + 1 - columns().min()?;
    let box_height = rows().max()? + 1 - rows().min()?;
    let area = u64::from(box_width) * u64::from(box_height);
    let histogram: Histogram = shades().map(|(_, shade)| shade).collect();
    let is_card =
        shades().count() as f32 >= CARD * area as f32 && histogram.split().contrast >= MIN_CONTRAST;
    let at_rim = |(x, y): (u32, u32)| {
        let around = [(-1, 0), (1, 0), (0, -1), (0, 1)];
        around.into_iter().any(|(right, down)| {
            let place = x.checked_add_signed(right).zip(y.checked_add_signed(down));
            place.is_none_or(|(x, y)| visible(x, y).is_none())
        })
    };
    let rim: Histogram = shades()
        .filter(|&(place, _)| at_rim(place))
        .map(|(_, shade)| shade)
        .collect();
    is_card.then(|| rim.median())
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

/// No side longer than `most`.
pub fn reduce(shades: GrayImage, most: u32) -> GrayImage {
    let (width, height) = shades.dimensions();
    let longest = width.max(height);
    if longest <= most {
        return shades;
    }
    let reduced = |side: u32| {
        let side = u64::from(side) * u64::from(most) / u64::from(longest);
        (side as u32).max(1)
    };
    imageops::thumbnail(&shades, reduced(width), reduced(height))
}
