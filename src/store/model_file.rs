//! Models in files.

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

/// The bytes of a model or checkpoint file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, ModelError> {
    std::fs::read(path).map_err(|source| ModelError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
