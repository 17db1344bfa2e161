//! Reading lines of digits (section VII): from the penalties at every position of a strip to the digits of the
//! line, and how well that goes.

#[cfg(feature = "plot")]
mod drawing;
#[cfg(feature = "pictures")]
mod made_test;
mod path;
mod reader;
mod score;

#[cfg(feature = "plot")]
pub use drawing::drawing;
#[cfg(feature = "pictures")]
pub use made_test::{Cell, MadeTest, Method};
pub use path::{Grammar, ReadDigit};
pub use reader::{Closest, Reader, Reading, UnfitModel};
pub use score::Tally;
