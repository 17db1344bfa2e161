//! What can stop a session.

use std::path::PathBuf;

use thiserror::Error;

use crate::gpu::GpuError;
use crate::model_file::ModelError;
use crate::store::RunError;
use crate::train::{Divergence, TrainError};

/// A session that could not begin or go on.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The loss or the parameters of a member are no longer finite.
    #[error("{source}; the last checkpoint in '{folder}' is intact")]
    Diverged {
        /// Where and how.
        source: Divergence,
        /// The folder of the member.
        folder: PathBuf,
    },
    /// Training failed otherwise.
    #[error("{0}")]
    Train(#[source] TrainError),
    /// A file of a run cannot be written, or not be resumed from.
    #[error("{0}")]
    Run(#[from] RunError),
    /// A checkpoint cannot be used.
    #[error("{0}")]
    Checkpoint(#[from] ModelError),
}

impl From<GpuError> for SessionError {
    fn from(error: GpuError) -> Self {
        Self::Train(error.into())
    }
}
