//! Models in files.

use std::fs::File;
use std::io::Read;
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

/// The bytes of a model or checkpoint file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, ModelError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|source| ModelError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
    match bytes.len() as u64 > MOST_BYTES {
        true => Err(ModelError::Foreign {
            path: path.to_owned(),
            reason: format!("it has more than {MOST_BYTES} bytes"),
        }),
        false => Ok(bytes),
    }
}
