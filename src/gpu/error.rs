//! What can go wrong on an adapter.

use thiserror::Error;

/// An adapter that cannot be opened, or that stopped working.
#[derive(Clone, Debug, Error)]
pub enum GpuError {
    /// No adapter of this machine is what was asked for.
    #[error("no adapter matches '{wanted}'; {available}")]
    NoMatch {
        /// The choice as it was given.
        wanted: String,
        /// What there is instead, as a clause.
        available: String,
    },
    /// The adapter lacks something the kernels need.
    #[error("adapter '{adapter}' cannot run lenet-gpu: {shortfall}")]
    Unusable {
        /// Name of the adapter.
        adapter: String,
        /// What is missing.
        shortfall: String,
    },
    /// The driver refused to open the device.
    #[error("adapter '{adapter}' could not be opened: {reason}")]
    Open {
        /// Name of the adapter.
        adapter: String,
        /// The driver's message.
        reason: String,
    },
    /// A dispatch larger than WebGPU allows; a smaller batch needs fewer workgroups.
    #[error(
        "kernel {kernel} would need {workgroups} workgroups, more than the {limit} that WebGPU \
         allows in one dimension"
    )]
    TooManyWorkgroups {
        /// Name of the kernel.
        kernel: &'static str,
        /// Workgroups needed.
        workgroups: usize,
        /// The limit.
        limit: usize,
    },
    /// A buffer larger than the adapter allows; a smaller batch, fewer models or a smaller data set
    /// need less.
    #[error(
        "a buffer of {bytes} bytes ({what}) is more than the {limit} bytes that one binding may have"
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
    #[error("the adapter ran out of memory: {0}")]
    OutOfMemory(String),
    /// The device was lost: a driver reset, a watchdog, an unplugged card.
    #[error("the adapter's device was lost: {0}")]
    Lost(String),
    /// The driver or wgpu reported an error of another kind.
    #[error("the adapter reported an error: {0}")]
    Reported(String),
}
