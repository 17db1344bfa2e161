//! Reading lines of digits (section VII): from the penalties at every position of a strip to the digits of the
//! line, and how well that goes.

mod drawing;
mod made_test;
mod path;
mod reader;
mod score;

pub use drawing::drawing;
pub use made_test::{Cell, MadeTest, Method};
pub use path::{Grammar, ReadDigit};
pub use reader::{Reader, Reading, UnfitModel};
pub use score::Tally;
