//! Runs that keep their files in a folder, and can be interrupted and resumed.

#[cfg(feature = "plot")]
mod curves;
mod error;
mod member;
mod session;
mod team;

pub use error::SessionError;
pub use member::{Ended, Member, Observer, Summary};
pub use session::{Origin, Session};
