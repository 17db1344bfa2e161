//! What can go wrong on an adapter.

use thiserror::Error;

/// Why an adapter is not available, or stopped working.
#[derive(Debug, Error)]
pub enum GpuError {
    /// No adapter matches the choice.
    #[error("no adapter matches '{wanted}'; {available}")]
    NoMatch {
        /// The choice as it was given.
        wanted: String,
        /// What there is instead, as a clause.
        available: String,
    },
    /// The adapter lacks something the kernels need.
    #[error(
        "adapter '{adapter}' cannot run lenet-gpu: {shortfall}; choose another with --adapter \
         (`lenet-gpu adapters` lists them) or use --adapter cpu"
    )]
    Unusable {
        /// Name of the adapter.
        adapter: String,
        /// What is missing.
        shortfall: String,
    },
    /// The driver refused to open the device.
    #[error("adapter '{adapter}' could not be opened: {reason}; try another or --adapter cpu")]
    Open {
        /// Name of the adapter.
        adapter: String,
        /// What the driver said.
        reason: String,
    },
    /// A launch larger than WebGPU allows.
    #[error(
        "kernel {kernel} would need {workgroups} workgroups, more than the {limit} that WebGPU \
         allows in one dimension; use a smaller --batch"
    )]
    TooManyWorkgroups {
        /// Name of the kernel.
        kernel: &'static str,
        /// Workgroups needed.
        workgroups: usize,
        /// The limit.
        limit: usize,
    },
    /// A buffer larger than the adapter allows.
    #[error(
        "a buffer of {bytes} bytes ({what}) is more than the {limit} bytes that one binding may \
         have; use a smaller --batch, fewer --seeds or a smaller data set"
    )]
    BufferTooLarge {
        /// What it was for.
        what: String,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The adapter ran out of memory.
    #[error(
        "the adapter ran out of memory: {0}; use a smaller --batch, fewer --seeds, or --adapter cpu"
    )]
    OutOfMemory(String),
    /// The device was lost: a driver reset, a watchdog, an unplugged card.
    #[error("the adapter's device was lost: {0}; resume the run from its last checkpoint")]
    Lost(String),
    /// The driver or wgpu reported an error of another kind.
    #[error("the adapter reported an error: {0}; `lenet-gpu verify` may show which kernel fails")]
    Reported(String),
}
