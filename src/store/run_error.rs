//! What can be wrong with the folder of a run.

use std::path::PathBuf;

use thiserror::Error;

/// A run folder that cannot be made, read or written.
#[derive(Debug, Error)]
pub enum RunError {
    /// The folder for a new run exists already, and is not empty.
    #[error("'{0}' exists already, and runs never overwrite")]
    Exists(PathBuf),
    /// Another program is training the run.
    #[error("'{0}' is being trained by another program")]
    Busy(PathBuf),
    /// A file or folder cannot be made or written.
    #[error("cannot write '{path}': {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A folder lacks a usable file of a run.
    #[error("'{path}' cannot be resumed from: {reason}")]
    NotARun {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
