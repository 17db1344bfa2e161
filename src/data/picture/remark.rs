//! What was done with a picture that may matter to the answer.

use std::fmt;

/// Something that people should know about how a picture was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// The paper is not of one shade: there is a shadow, a frame, or something beside it.
    UnevenPaper,
    /// Lines were left out: a frame, a table's, or ruled ones.
    LinesLeftOut,
    /// Ink that lies along a side, apart from the digit, was left out.
    SidesLeftOut,
    /// Ink that is not in line with the digits, or more than twice as high, was left out.
    BesideLineLeftOut,
    /// The digits are not in one level line: it slopes, or there is more than one.
    NotLevel,
    /// The digits are so small that they are read worse.
    SmallDigits {
        /// Their height in pixels, once a large picture is reduced.
        height: u32,
        /// The least with which they are read as well as larger ones.
        expected: u32,
    },
    /// The digit reaches an edge of the picture, so that a part of it may be missing.
    ReachesEdge,
    /// The picture moves; one of its frames was read.
    Frame {
        /// Its number, counted from 1.
        number: usize,
        /// How many there are.
        count: usize,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::UnevenPaper => f.write_str(
                "the paper is uneven (a shadow, a frame, or something beside it): judged locally",
            ),
            Self::LinesLeftOut => f.write_str("lines (a frame or ruled paper) were left out"),
            Self::SidesLeftOut => f.write_str("ink along a side of the picture was left out"),
            Self::BesideLineLeftOut => f.write_str(
                "ink that is not in line with the digits, or more than twice as high, was left out",
            ),
            Self::NotLevel => f.write_str(
                "the digits are not in one level line, and may be read wrongly: turn the picture, or crop it to one \
                 line",
            ),
            Self::SmallDigits { height, expected } => write!(
                f,
                "the digits are small, and may be read wrongly: {height} pixels high, expected at least \
                 {expected}; crop the picture to the line, or take a larger one"
            ),
            Self::ReachesEdge => {
                f.write_str("the digit reaches the picture's edge: part of it may be missing")
            }
            Self::Frame { number, count } => {
                write!(f, "an animation: frame {number} of {count} was read")
            }
        }
    }
}
