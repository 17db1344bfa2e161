//! What can go wrong between a picture and a digit.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A picture that could not be opened or in which no digit was found.
#[derive(Debug, Error)]
pub enum PictureError {
    /// There is no such picture.
    #[error("{}: no such picture; check the path", file.display())]
    Missing {
        /// The path that was given.
        file: PathBuf,
    },

    /// The operating system would not hand over the picture.
    #[error("{}: cannot be read ({source}); check that it is a file you may read", file.display())]
    Unreadable {
        /// The path that was given.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// The file is not a picture in a known format, or it is damaged.
    #[error(
        "{}: cannot be decoded ({source}); expected a PNG, JPEG, BMP, GIF, WebP, TIFF or PNM \
         picture: save it again as one of these",
        file.display()
    )]
    Undecodable {
        /// The path that was given.
        file: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },

    /// The file ends before the picture does.
    #[error(
        "{}: the file is cut short, so a part of the picture is missing: copy or fetch it again",
        file.display()
    )]
    CutShort {
        /// The path that was given.
        file: PathBuf,
    },

    /// The picture has more pixels than is sensible for digits.
    #[error(
        "{}: is {width} by {height} pixels, expected at most {limit} pixels in all: \
         crop it or scale it down",
        file.display()
    )]
    TooLarge {
        /// The path that was given.
        file: PathBuf,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The most pixels that are accepted.
        limit: u64,
    },

    /// Nothing stands out from the background.
    #[error(
        "the picture looks blank: its darkest and lightest parts are {found} of 255 levels apart, \
         expected at least {expected}; use a darker pen or more light"
    )]
    Blank {
        /// Levels between paper and ink, 0 to 255.
        found: u8,
        /// The least difference that is taken for ink.
        expected: u8,
    },

    /// What stands out is too small to be a digit.
    #[error(
        "the ink in the picture is only {width} by {height} pixels, expected at least {expected} \
         pixels one way; crop the picture to what is to be read or draw that larger"
    )]
    TooLittleInk {
        /// Width of the inked area in pixels of the (possibly reduced) picture.
        width: u32,
        /// Height of the inked area in the same pixels.
        height: u32,
        /// The least extent that is taken for a digit.
        expected: u32,
    },

    /// What stands out is too long to be a line of digits.
    #[error(
        "the ink in the picture is {length} pixels long and its digits {height} high, expected at most \
         {expected} times their height: cut the picture into parts, or crop it to the digits"
    )]
    TooLong {
        /// Width of the inked area in pixels of the (possibly reduced) picture.
        length: u32,
        /// Height of a digit in the same pixels.
        height: u32,
        /// The longest line, in heights of a digit.
        expected: u32,
    },

    /// There is more than one digit.
    #[error("the picture shows {count} digits: crop it to one of them")]
    SeveralDigits {
        /// How many.
        count: usize,
    },

    /// What stands out is too solid to be a digit.
    #[error(
        "what stands out in the picture fills {percent} % of a digit's place, expected at most \
         {expected} %: crop it to what is to be read, with plain paper around that"
    )]
    TooSolid {
        /// Inked pixels, in per cent of 28 by 28 or, in a line, of the box around them.
        percent: usize,
        /// The most that is taken for a digit.
        expected: usize,
    },
}
