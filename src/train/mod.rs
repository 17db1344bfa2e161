//! Training: recipes by name, the schedule, the loop over passes, and how well networks do.
//!
//! [`train_model`] trains a network in memory. With the feature `store` there is also `Session`, which
//! trains runs that keep their files in a folder and can be interrupted and resumed.

mod course;
mod error;
mod in_memory;
mod preset;
#[cfg(feature = "store")]
mod runs;
mod schedule;
mod score;
mod seeds;

pub use course::Course;
pub use error::{Divergence, TrainError};
pub use in_memory::train_model;
pub use preset::{Preset, TeacherDefaults};
#[cfg(feature = "store")]
pub use runs::{Ended, Member, Observer, Origin, Session, SessionError, Summary};
pub use schedule::{Schedule, effective_rates, step_rates};
pub use score::{Score, wrong_answers};
pub use seeds::{EnsembleScore, MeanDeviation, seeds_from};
