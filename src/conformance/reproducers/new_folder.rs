//! A folder that nothing else is in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A folder that was made just now.
pub struct NewFolder {
    path: PathBuf,
}

impl NewFolder {
    /// Makes the folder `path`.
    ///
    /// # Errors
    /// If something is there, or it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let cannot_make = || format!("cannot make the folder '{}'", path.display());
        fs::create_dir(path).with_context(cannot_make)?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Its path.
    pub fn into_path(self) -> PathBuf {
        self.path
    }

    /// Writes the file `name`, in a folder of this one if it says so.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<()> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(&self.path);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, content));
        written.with_context(|| format!("cannot write '{}'", path.display()))
    }
}
