//! Digits in a row: lines of them, the strip that a network looks at, fields cut out of lines to train on,
//! and made lines to test with.

mod fields;
mod line;
mod made;
mod random;
mod strip;

pub use fields::among_neighbours;
pub use line::Line;
pub use made::{MadeString, StringSettings};
pub use strip::{Strip, column_of, positions_of};
