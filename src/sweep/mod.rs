//! Settings side by side: every combination of some options is trained with the same seeds and measured on
//! digits held out of the training set.
//!
//! `plan` says what is trained, `folder` where it is and what came of it, `training` trains it, `comparison`
//! tells differences from noise, and `standings` puts everything in order.

mod combination;
mod comparison;
mod description;
mod difference;
mod folder;
mod outcome;
mod plan;
mod shard;
mod standings;
mod student;
mod threads;
mod training;

pub use combination::{Combination, Setting, name_of, product};
pub use comparison::{Comparison, Verdict};
pub use description::Description;
pub use folder::SweepFolder;
pub use outcome::{End, Measured, Outcome};
pub use plan::{Plan, check_count};
pub use shard::Shard;
pub use standings::{Entry, Place, Standings};
pub use training::{How, Training, Watcher};

#[cfg(test)]
mod testing;
