//! The kinds of IDX file.

use std::fmt;

/// The two kinds of IDX file in MNIST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdxKind {
    /// Pictures of digits.
    Images,
    /// The digit each picture shows.
    Labels,
}

impl IdxKind {
    /// The first four bytes of such a file in MNIST, most significant first: two zeros,
    /// the type of the values (8: unsigned byte), the number of dimensions.
    pub const fn magic(self) -> u32 {
        match self {
            Self::Images => 0x0000_0803,
            Self::Labels => 0x0000_0801,
        }
    }

    /// The shapes such a file may have.
    pub(super) const fn shapes(self) -> &'static str {
        match self {
            Self::Images => {
                "n x 28 x 28 (or n x 784, n x 1 x 28 x 28, n x 28 x 28 x 1) of unsigned bytes"
            }
            Self::Labels => "n (or n x 1, or QMNIST's n x 8) of bytes or integers",
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
