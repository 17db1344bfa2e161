//! Measuring: throughput, start-up, the kernels of a step, what launching costs, and the time to an
//! error. What is compared takes turns, so that a machine whose speed drifts slows all contestants
//! alike.

mod dispatch;
mod kernels;
mod measurements;
mod median_range;
mod peak;
mod picture;
mod ratio;
mod record;
mod start_up;
mod throughput;
mod time_to;
mod work;
mod workload;

pub use dispatch::DispatchCost;
pub use kernels::{KernelTime, Profile, profile};
pub use measurements::{Measurement, write_csv};
pub use median_range::{MedianRange, Rounds};
pub use peak::{Peaks, multiply_adds};
pub use picture::{Panel, draw_bars};
pub use ratio::{Ratio, Verdict};
pub use record::{Comparison, Record, RecordedCompute, RecordedRow, Settings};
pub use start_up::{StartUp, Wanted, start_up};
pub use throughput::{LeftOut, Mode, Row, Sweep, Throughput, label};
pub use time_to::{Attempt, Goal, TimeTo};
pub use work::{
    MULTIPLY_ADD_FLOPS, dispatch_bytes, dispatch_multiply_adds, inference_multiply_adds,
    preconditioning_multiply_adds, training_multiply_adds,
};
pub use workload::{Workload, recipe_of};
