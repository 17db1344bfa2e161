//! The digit's strokes among all that a picture shows.

use image::GrayImage;

use super::error::PictureError;
use super::ink;
use super::leftovers;
use super::lines;
use super::remark::Remark;
use super::strokes::{self, Stroke};

/// What may be a digit.
pub struct Found {
    /// All ink but lines.
    pub ink: GrayImage,
    /// The digit's.
    pub strokes: Vec<Stroke>,
    /// Whether the paper was judged locally, in a picture that may be smaller.
    pub uneven: bool,
    /// What was left out, and why.
    pub remarks: Vec<Remark>,
}

impl Found {
    /// What there is in a picture.
    ///
    /// # Errors
    ///
    /// [`PictureError::Blank`].
    pub fn on(shades: &GrayImage) -> Result<Self, PictureError> {
        let lifted = ink::lift(shades)?;
        let cleared = lines::without(lifted.ink, lifted.threshold);
        let all = strokes::of(&cleared.ink, lifted.threshold);
        let (strokes, sides_left_out) = leftovers::without(all, cleared.ink.dimensions());
        let remarks = [
            (lifted.uneven, Remark::UnevenPaper),
            (cleared.found, Remark::LinesLeftOut),
            (sides_left_out, Remark::SidesLeftOut),
        ];
        let applies = |(applies, remark): (bool, Remark)| applies.then_some(remark);
        Ok(Self {
            ink: cleared.ink,
            strokes,
            uneven: lifted.uneven,
            remarks: remarks.into_iter().filter_map(applies).collect(),
        })
    }
}
