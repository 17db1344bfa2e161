//! Sets that keep their pixels in another way than MNIST.

use super::{Dataset, IMAGE_PIXELS, IMAGE_SIDE};
use crate::model::{Conversion, InvalidValue};

impl Conversion {
    /// `set` in MNIST's convention.
    ///
    /// # Errors
    ///
    /// If [`ink`](Self::ink) is 0 or below the largest byte.
    pub fn apply(&self, mut set: Dataset) -> Result<Dataset, InvalidValue> {
        let largest = set.images.iter().copied().max().unwrap_or(0);
        if self.ink < largest.max(1) {
            let expected = format!("at least {}, the largest byte there is", largest.max(1));
            return Err(InvalidValue::new("ink", self.ink, expected));
        }
        if (self.ink, self.invert) != (u8::MAX, false) {
            let table: [u8; 256] = std::array::from_fn(|byte| self.converted(byte));
            for byte in &mut set.images {
                *byte = table[usize::from(*byte)];
            }
        }
        if self.transpose {
            let (images, _) = set.images.as_chunks_mut();
            images.iter_mut().for_each(transpose);
        }
        Ok(set)
    }

    /// What becomes of a byte; those above the ink are full ink.
    fn converted(&self, byte: usize) -> u8 {
        let (full, ink) = (usize::from(u8::MAX), usize::from(self.ink));
        let scaled = ((byte * full + ink / 2) / ink).min(full) as u8;
        match self.invert {
            true => u8::MAX - scaled,
            false => scaled,
        }
    }
}

/// Lets rows and columns change places.
fn transpose(image: &mut [u8; IMAGE_PIXELS]) {
    for y in 0..IMAGE_SIDE {
        for x in 0..y {
            image.swap(y * IMAGE_SIDE + x, x * IMAGE_SIDE + y);
        }
    }
}
