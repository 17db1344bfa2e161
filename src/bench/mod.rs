//! Measuring: throughput, start-up, the kernels of a step, and the time to an error. What is
//! compared takes turns, so that a machine whose speed drifts slows all contestants alike.

mod kernels;
mod measurements;
mod median_range;
mod peak;
mod picture;
mod start_up;
mod throughput;
mod time_to;
mod work;
mod workload;

pub use kernels::{KernelTime, Profile, profile};
pub use measurements::{Measurement, write_csv};
pub use median_range::MedianRange;
pub use peak::{Peaks, multiply_adds};
pub use picture::{Panel, draw_bars};
pub use start_up::{StartUp, start_up};
pub use throughput::{Mode, Row, Sweep};
pub use time_to::{Attempt, Goal, TimeTo};
pub use work::{
    MULTIPLY_ADD_FLOPS, dispatch_bytes, dispatch_multiply_adds, inference_multiply_adds,
    training_multiply_adds,
};
pub use workload::{Workload, recipe_of};
