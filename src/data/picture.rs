//! A picture from a user, made into a digit the way MNIST's own were made:
//! "size normalized to fit in a 20x20 pixel box while preserving their aspect
//! ratio" and then "centered in a 28x28 image by computing the center of mass
//! of the pixels, and translating the image so as to position this point at the
//! center" (<http://yann.lecun.com/exdb/mnist/>).

use std::io;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageReader};

use super::{IMAGE_PIXELS, PictureError, fit, ink, shades};

/// The most pixels a picture may have, as many as in a photograph of 8192 by
/// 8192: with four channels of 16 bits that is half a gibibyte in memory.
pub const MAX_PIXELS: u64 = 1 << 26;

/// Opens a picture in any format the program can decode, told by its content,
/// and turns it the way its Exif orientation says it was held.
///
/// # Errors
///
/// [`PictureError::Missing`], [`PictureError::Unreadable`],
/// [`PictureError::Undecodable`], or [`PictureError::TooLarge`] for more than
/// [`MAX_PIXELS`].
pub fn open(path: &Path) -> Result<DynamicImage, PictureError> {
    let undecodable = |source| PictureError::Undecodable {
        file: path.to_path_buf(),
        source,
    };
    let reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|source| unopened(path, source))?;
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    check_size(path, decoder.dimensions())?;
    // A picture whose Exif data cannot be read is still a picture.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// Finds the digit in a picture, dark on light or light on dark, of any size,
/// and makes of it the 784 bytes of an MNIST image, row by row, 0 for paper and
/// 255 for ink.
///
/// Everything that stands out from the border of the picture is taken for the
/// digit, so the picture should show one digit and plain paper around it.
///
/// # Errors
///
/// [`PictureError::Blank`] if nothing stands out and
/// [`PictureError::TooLittleInk`] if it is too small to be a digit.
pub fn normalise(image: &DynamicImage) -> Result<[u8; IMAGE_PIXELS], PictureError> {
    let shades = shades::of(image);
    let ink = ink::lift(&shades)?;
    fit::into_image(&ink)
}

fn unopened(path: &Path, source: io::Error) -> PictureError {
    let file = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => PictureError::Missing { file },
        _ => PictureError::Unreadable { file, source },
    }
}

fn check_size(path: &Path, (width, height): (u32, u32)) -> Result<(), PictureError> {
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooLarge {
            file: path.to_path_buf(),
            width,
            height,
            limit: MAX_PIXELS,
        });
    }
    Ok(())
}
