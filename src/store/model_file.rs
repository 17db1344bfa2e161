//! Models in files.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::RunError;
use super::files::write_whole;
use crate::model::Model;
use crate::model_file::ModelError;

impl Model {
    /// Writes the model to `path`, first under a temporary name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), RunError> {
        write_whole(path, &self.to_bytes())
    }

    /// Reads a model.
    ///
    /// # Errors
    /// If the file cannot be read, is cut off, or is not a model of this crate.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        Self::from_bytes(path, &read_bytes(path)?)
    }
}

/// The most bytes of a model or checkpoint file: more than ten times those of LeNet-5's checkpoints. A device
/// without an end does not fill the memory.
const MOST_BYTES: u64 = 16 << 20;

/// The bytes of a file that holds a network.
///
/// # Errors
/// If it cannot be read, or, as [`ErrorKind::FileTooLarge`], if it has more bytes than any network needs.
pub fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST_BYTES {
        true => Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it has more than {MOST_BYTES} bytes"),
        )),
        false => Ok(bytes),
    }
}

/// The bytes of a model or checkpoint file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, ModelError> {
    read_bounded(path).map_err(|error| {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::FileTooLarge => ModelError::Foreign {
                path,
                reason: error.to_string(),
            },
            _ => ModelError::Unreadable {
                path,
                source: error,
            },
        }
    })
}
