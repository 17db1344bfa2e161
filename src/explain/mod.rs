//! What a student wants worked out: the formulas of the layer table with their numbers, small examples of
//! the ideas behind a convolutional network, and the squashing function with its derivatives.
//!
//! Everything is computed from the description of the network (`model`) and by the functions of the
//! reference; nothing is typed in but the examples' inputs.

mod counts;
mod examples;
mod formula;
mod side;
mod squashing;

pub use counts::{LayerCounts, PicturePadding};
pub use examples::{Halved, Halving, LocalFields, SharedWeights};
pub use formula::Formula;
pub use side::{MOST_UNITS, Sliding};
pub use squashing::{DECK_AMPLITUDE, Squashed, Squashing};
