//! Data files on disk: finding and reading them. All else of this module works on bytes.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{DataError, idx};

/// Fails if there is no folder `folder`.
pub fn check(folder: &Path) -> Result<(), DataError> {
    match folder.is_dir() {
        true => Ok(()),
        false => Err(DataError::MissingFolder {
            folder: folder.to_path_buf(),
        }),
    }
}

/// Finds a file under the name it was published by, or with the dot that some
/// archive tools leave in its place.
pub fn find(folder: &Path, stem: &str, format: &str) -> Result<PathBuf, DataError> {
    let names = ['-', '.'].map(|joint| format!("{stem}{joint}{format}"));
    let names: Vec<String> = names
        .into_iter()
        .flat_map(|name| [format!("{name}.gz"), name])
        .collect();
    let mut paths = names.iter().map(|name| folder.join(name));
    match paths.find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => Err(DataError::MissingFile {
            folder: folder.to_path_buf(),
            names,
        }),
    }
}

/// Reads a file whole, unpacked if it is gzip by its content, whatever it is
/// called.
///
/// # Errors
///
/// [`DataError::Unreadable`], [`DataError::BrokenGzip`] or
/// [`DataError::Oversized`].
pub fn read(file: &Path) -> Result<Vec<u8>, DataError> {
    let unreadable = |source| DataError::Unreadable {
        file: file.to_path_buf(),
        source,
    };
    let stored = File::open(file)
        .and_then(idx::read_limited)
        .map_err(unreadable)?;
    idx::check_size(file, &stored)?;
    Ok(idx::unpack(file, &stored)?.into_owned())
}
