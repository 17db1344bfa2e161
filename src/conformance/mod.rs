//! What `verify` finds, kept: a log that survives whatever happens to the device, files that are compared
//! with each other and gathered in a table, failures that are known, and folders to attach to a report to
//! a driver's makers.
//!
//! A [`Survey`] runs the cases of the harness on a [`Rig`] and makes a [`Finding`] of each; a [`Record`]
//! is a file of findings.

mod comparison;
mod finding;
mod known;
mod log;
mod npy;
mod record;
mod reproducers;
mod status;
mod survey;
mod table;
mod target;

pub use comparison::{Change, ComparedCase, Comparison};
pub use finding::Finding;
pub use known::{KnownFailure, KnownFailures};
pub use log::Log;
pub use record::{CaseRecord, Record};
pub use reproducers::Reproducers;
pub use status::Status;
pub use survey::{Observer, Rig, Survey};
pub use table::table;
pub use target::Target;
