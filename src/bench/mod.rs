//! Measuring: throughput, start-up, the kernels of a step, and the time to an error. Computes that
//! are compared take turns, so that a machine whose speed drifts slows all of them alike.

mod figures;
mod kernels;
mod peak;
mod picture;
mod spread;
mod start;
mod throughput;
mod time_to;
mod work;
mod workload;

pub use figures::{Figure, write_csv};
pub use kernels::{KernelTime, Profile, profile};
pub use peak::Peaks;
pub use picture::{Panel, draw_bars};
pub use spread::Spread;
pub use start::{Start, start};
pub use throughput::{Mode, Row, Sweep};
pub use time_to::{Attempt, Goal, TimeTo};
pub use work::{MULTIPLY_ADD_FLOPS, inference_multiply_adds, training_multiply_adds};
pub use workload::{Workload, recipe_of};
