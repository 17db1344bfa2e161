//! A picture from a user, made into a digit the way MNIST's own were made:
//! "size normalized to fit in a 20x20 pixel box while preserving their aspect
//! ratio" and then "centered in a 28x28 image by computing the center of mass
//! of the pixels, and translating the image so as to position this point at the
//! center" (<http://yann.lecun.com/exdb/mnist/>).
//!
//! Each step is a file: `file` opens the picture, `shades` makes it grey, `ink`
//! lifts the ink off the paper (`plane` or `relief` says what the paper is; `edge`,
//! which of them it is),
//! `lines` and `leftovers` take out what is no digit (`found` is these together, and
//! `card` does them again on a card that lies in the picture), `count` sees whether
//! one digit is left, and `fit` brings it to its size. `digit` does all of it.
//!
//! A line of digits goes the same way, where `in_line` says which strokes stand in it; `row` does all of it.

mod card;
mod count;
#[cfg(feature = "picture-files")]
mod cut;
mod depths;
mod digit;
mod edge;
mod error;
#[cfg(feature = "picture-files")]
mod file;
mod fit;
mod found;
#[cfg(feature = "picture-files")]
mod frames;
mod histogram;
#[cfg(feature = "strings")]
mod in_line;
mod ink;
mod leftovers;
mod lines;
mod plane;
mod relief;
mod remark;
#[cfg(feature = "strings")]
mod row;
mod shades;
mod sliding;
mod strokes;

pub use digit::{Normalised, drawn, normalise};
pub use error::PictureError;
#[cfg(feature = "picture-files")]
pub use file::{MAX_PIXELS, Opened, decode, digit_in, open, read_whole};
pub use remark::Remark;
#[cfg(feature = "strings")]
pub use row::{WrittenLine, line_in, line_on_canvas, pieces_between_gaps};
