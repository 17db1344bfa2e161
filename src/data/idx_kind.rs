//! The kinds of IDX file.

use std::fmt;

const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;
pub(super) const WORD: usize = 4;

/// The two kinds of IDX file in MNIST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdxKind {
    /// Pictures of digits.
    Images,
    /// The digit each picture shows.
    Labels,
}

impl IdxKind {
    /// The first four bytes of such a file, most significant first: two zeros,
    /// the type of the values (8: unsigned byte), the number of dimensions.
    pub const fn magic(self) -> u32 {
        match self {
            Self::Images => IMAGES_MAGIC,
            Self::Labels => LABELS_MAGIC,
        }
    }

    /// Bytes before the first item.
    pub(super) const fn header_len(self) -> usize {
        match self {
            Self::Images => 4 * WORD,
            Self::Labels => 2 * WORD,
        }
    }
}

impl fmt::Display for IdxKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Images => "an IDX file of images",
            Self::Labels => "an IDX file of labels",
        })
    }
}
