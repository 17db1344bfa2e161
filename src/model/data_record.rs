//! What a network was trained on, for its files.

use serde::{Deserialize, Serialize};

/// The byte of full ink in MNIST.
const FULL_INK: u8 = 255;

/// How the pixels of a set are turned into MNIST's convention, in which paper is 0 and full ink 255, and
/// digits stand upright, row by row. [`Conversion::default`] leaves them as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversion {
    /// The byte of full ink in the set, at least 1: 1 where bytes are 0 and 1. All bytes are scaled so
    /// that it becomes 255.
    pub ink: u8,
    /// Whether bytes are subtracted from 255: the set is black on white.
    pub invert: bool,
    /// Whether rows and columns change places, as in EMNIST.
    pub transpose: bool,
}

impl Default for Conversion {
    fn default() -> Self {
        Self {
            ink: FULL_INK,
            invert: false,
            transpose: false,
        }
    }
}

impl Conversion {
    /// Whether it leaves pixels as they are.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A set of digits, by its size and checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRecord {
    /// The number of digits.
    pub digits: usize,
    /// A checksum of their pixels, in MNIST's convention, and their labels.
    pub checksum: String,
}

/// The digits of a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    /// How their pixels were turned into MNIST's convention.
    #[serde(default)]
    pub conversion: Conversion,
    /// Those it was trained on.
    pub train: SetRecord,
    /// The whole test set.
    pub test: SetRecord,
}
