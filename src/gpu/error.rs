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
    /// The environment names a backend that there is not.
    #[error(
        "WGPU_BACKEND is '{value}', expected vulkan, metal, dx12, gl, or several of them separated by \
         commas"
    )]
    UnknownBackend {
        /// The value of the variable.
        value: String,
    },
    /// The environment rules out the backend that was asked for.
    #[error("adapter '{wanted}' was asked for, but {restriction} rules it out")]
    RuledOut {
        /// The choice as it was given.
        wanted: String,
        /// The setting in the environment, as in `WGPU_BACKEND=gl`.
        restriction: String,
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
    /// A buffer larger than the adapter allows.
    #[error(
        "a buffer of {bytes} bytes is needed ({what}), but adapter '{adapter}' allows no more than \
         {limit}"
    )]
    BufferTooLarge {
        /// What it was for.
        what: String,
        /// Its size.
        bytes: u64,
        /// Name of the adapter.
        adapter: String,
        /// The size of the largest buffer it binds.
        limit: u64,
        /// What has to be smaller for the buffer to fit.
        grows_with: GrowsWith,
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

/// What a buffer is the larger for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowsWith {
    /// The samples of a batch, and the models trained side by side.
    Batch,
    /// The samples that second derivatives are estimated on, and the models trained side by side.
    Estimate,
    /// The samples of the data set.
    DataSet,
}

impl GpuError {
    /// The same error; if it is that a buffer is too large, one of those that grow with `cause`.
    pub(super) fn growing_with(mut self, cause: GrowsWith) -> Self {
        if let Self::BufferTooLarge { grows_with, .. } = &mut self {
            *grows_with = cause;
        }
        self
    }
}
