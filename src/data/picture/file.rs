//! Picture files, from a path or from memory.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use super::cut::is_cut_short;
use super::digit::{Normalised, normalise};
use super::error::PictureError;
use super::frames;
use super::remark::Remark;

/// The most pixels a picture may have, as many as in a photograph of 8192 by
/// 8192: with four channels of 16 bits that is half a gibibyte in memory.
pub const MAX_PIXELS: u64 = 1 << 26;

/// The longest file that is read, in bytes: as long as the most pixels are in
/// memory. A pipe may never end.
const MAX_BYTES: u64 = 8 * MAX_PIXELS;

/// A picture as it is in its file.
#[derive(Debug)]
pub struct Opened {
    /// Turned the way its Exif orientation says it was held.
    pub image: DynamicImage,
    /// Which frame it is, if the picture moves.
    pub frame: Option<Remark>,
}

/// Opens a picture in any format the program can decode, told by its content.
/// The file is read once, from start to end, so it may be a pipe.
///
/// # Errors
///
/// [`PictureError::Missing`], [`PictureError::Unreadable`], and those of
/// [`decode`].
pub fn open(path: &Path) -> Result<Opened, PictureError> {
    let bytes = File::open(path)
        .and_then(read_whole)
        .map_err(|source| unopened(path, source))?;
    decode(path, bytes)
}

/// Opens a picture that has been read already; `name` is what errors call it.
///
/// # Errors
///
/// [`PictureError::CutShort`], [`PictureError::Undecodable`], or
/// [`PictureError::TooLarge`] for more than [`MAX_PIXELS`].
pub fn decode(name: &Path, bytes: Vec<u8>) -> Result<Opened, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(&bytes[..]))
        .with_guessed_format()
        .map_err(|error| undecoded(name, error.into()))?;
    let told = reader.format();
    if told.is_some_and(|format| is_cut_short(format, &bytes)) {
        return Err(cut_short(name));
    }
    let failure = |error: ImageError| match told.is_some() && ends_early(&error) {
        true => cut_short(name),
        false => undecoded(name, error),
    };
    // Some formats cannot be told by their content.
    let format = told.or_else(|| ImageFormat::from_path(name).ok());
    if let Some(format) = format {
        reader.set_format(format);
    }
    let mut decoder = reader.into_decoder().map_err(failure)?;
    check_size(name, decoder.dimensions())?;
    // A picture whose Exif data cannot be read is still a picture.
    let orientation = decoder.orientation().ok();
    let moving = format.map(|format| frames::last_drawn(format, &bytes, MAX_PIXELS));
    let mut opened = match moving.transpose().map_err(failure)?.flatten() {
        Some((image, frame)) => Opened {
            image,
            frame: Some(frame),
        },
        None => Opened {
            image: DynamicImage::from_decoder(decoder).map_err(failure)?,
            frame: None,
        },
    };
    if let Some(orientation) = orientation {
        opened.image.apply_orientation(orientation);
    }
    Ok(opened)
}

/// The digit in a picture that was opened.
///
/// # Errors
///
/// Those of [`normalise`].
pub fn digit_in(opened: &Opened) -> Result<Normalised, PictureError> {
    let mut normalised = normalise(&opened.image)?;
    normalised.remarks.extend(opened.frame);
    Ok(normalised)
}

/// All bytes of a file or pipe.
///
/// # Errors
///
/// Those of the system, and [`io::ErrorKind::FileTooLarge`] for what is longer than any picture.
pub fn read_whole(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

fn unopened(path: &Path, source: io::Error) -> PictureError {
    let file = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => PictureError::Missing { file },
        _ => PictureError::Unreadable { file, source },
    }
}

fn undecoded(name: &Path, source: ImageError) -> PictureError {
    PictureError::Undecodable {
        file: name.to_path_buf(),
        source,
    }
}

fn ends_early(error: &ImageError) -> bool {
    matches!(error, ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}

fn cut_short(name: &Path) -> PictureError {
    PictureError::CutShort {
        file: name.to_path_buf(),
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
