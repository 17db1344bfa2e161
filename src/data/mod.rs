//! Where digits come from: the MNIST files and pictures from a user.
//!
//! A digit is 28 by 28 bytes, row by row, 0 for paper and 255 for full ink.

#[cfg(feature = "store")]
mod checksum;
mod convert;
pub(crate) mod embedded;
mod error;
mod folder;
mod gzip;
pub mod idx;
mod idx_header;
mod idx_kind;
mod look;
mod mnist;
mod mnist_means;
mod names;
mod orientation;
mod part;
#[cfg(feature = "pictures")]
pub mod picture;
#[cfg(feature = "strings")]
pub mod strings;

pub use error::DataError;
pub use idx_kind::IdxKind;
pub use look::{Finding, Look};
pub use mnist::{Mnist, MnistBytes};
pub use orientation::{Orientation, Resemblance};
pub use part::Part;
#[cfg(feature = "pictures")]
pub use picture::PictureError;

use crate::model::{DIGITS, InvalidValue};

/// Rows and columns of an MNIST image, in pixels.
pub const IMAGE_SIDE: usize = 28;

/// Pixels of an MNIST image.
pub const IMAGE_PIXELS: usize = IMAGE_SIDE * IMAGE_SIDE;

/// Rows and columns of the field LeNet-5 looks at, in pixels: the image with a
/// margin, so that the ends of strokes can fall in the centre of a feature
/// detector (LeCun et al. 1998, section II.B).
pub const FIELD_SIDE: usize = 32;

/// The input level of paper. Together with [`INK`] it is meant to make the mean
/// input about 0 and the variance about 1, which speeds up learning (LeCun et
/// al. 1998, section II.B). Over the 28 by 28 training images the mean is 0.067
/// and the variance 0.154.
pub const BACKGROUND: f32 = -0.1;

/// The input level of full ink; see [`BACKGROUND`].
pub const INK: f32 = 1.175;

/// The input level of a pixel, on a straight line from [`BACKGROUND`] at 0 to
/// [`INK`] at 255.
pub fn level(byte: u8) -> f32 {
    BACKGROUND + (INK - BACKGROUND) * f32::from(byte) / 255.0
}

/// Images of digits and the digit each one shows. Kernels read them without
/// checks, so no other labels and no image without its 784 bytes can be in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    images: Vec<u8>,
    labels: Vec<u8>,
}

impl Dataset {
    /// The digits `labels`, from 0 to 9, and their images: 784 bytes for each,
    /// image after image, each row by row; 0 is paper and 255 is ink.
    ///
    /// # Errors
    ///
    /// If there are not 784 bytes for each label, or a label is above 9.
    pub fn new(images: Vec<u8>, labels: Vec<u8>) -> Result<Self, InvalidValue> {
        let (bytes, count) = (images.len(), labels.len());
        if bytes != count * IMAGE_PIXELS {
            let expected = format!("{IMAGE_PIXELS} bytes for each of {count} labels");
            return Err(InvalidValue::new(
                "images",
                format!("{bytes} bytes"),
                expected,
            ));
        }
        match labels.iter().find(|&&label| usize::from(label) >= DIGITS) {
            Some(label) => Err(InvalidValue::new("labels", label, "digits from 0 to 9")),
            None => Ok(Self { images, labels }),
        }
    }

    /// The label of a field that shows no digit, as lie between the digits of a string: the rubbish class of
    /// eq. 9 is its right answer.
    pub const NO_DIGIT: u8 = DIGITS as u8;

    /// As [`Dataset::new`], of fields that may have the label [`Dataset::NO_DIGIT`].
    pub(crate) fn with_unlabelled(images: Vec<u8>, labels: Vec<u8>) -> Self {
        assert_eq!(images.len(), labels.len() * IMAGE_PIXELS, "784 bytes each");
        assert!(labels.iter().all(|&label| label <= Self::NO_DIGIT));
        Self { images, labels }
    }

    /// The images: [`len`](Self::len) times 784 bytes, image after image, each
    /// row by row; 0 is paper and 255 is ink.
    pub fn images(&self) -> &[u8] {
        &self.images
    }

    /// The digits that they show, from 0 to 9.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The number of digits.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no digits.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The 784 bytes of image `index`, counted from 0.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    pub fn image(&self, index: usize) -> &[u8; IMAGE_PIXELS] {
        let (images, _) = self.images.as_chunks();
        &images[index]
    }

    /// Divides the set into all but the last `n` digits, to train on, and the
    /// last `n`, to validate with.
    ///
    /// # Errors
    ///
    /// [`DataError::SplitTooLarge`] if that would leave nothing to train on.
    pub fn split_last(mut self, n: usize) -> Result<(Dataset, Dataset), DataError> {
        if n >= self.len() {
            return Err(DataError::SplitTooLarge {
                requested: n,
                available: self.len(),
            });
        }
        let first = self.len() - n;
        let last = Dataset {
            images: self.images.split_off(first * IMAGE_PIXELS),
            labels: self.labels.split_off(first),
        };
        Ok((self, last))
    }

    /// The first `n` digits, or all of them if there are fewer.
    #[must_use]
    pub fn take_first(mut self, n: usize) -> Dataset {
        self.images.truncate(n.saturating_mul(IMAGE_PIXELS));
        self.labels.truncate(n);
        self
    }

    /// All digits moved by whole pixels; what is moved out of the picture is lost, and what comes
    /// in is background.
    #[must_use]
    pub fn shifted(&self, right: isize, down: isize) -> Dataset {
        let pixel_of = |image: &[u8], y: usize, x: usize| {
            let (y, x) = (y.checked_add_signed(-down)?, x.checked_add_signed(-right)?);
            (y < IMAGE_SIDE && x < IMAGE_SIDE).then(|| image[y * IMAGE_SIDE + x])
        };
        let images = (0..self.len()).flat_map(|index| {
            (0..IMAGE_PIXELS).map(move |place| {
                let (y, x) = (place / IMAGE_SIDE, place % IMAGE_SIDE);
                pixel_of(self.image(index), y, x).unwrap_or(0)
            })
        });
        Dataset {
            images: images.collect(),
            labels: self.labels.clone(),
        }
    }
}
