//! Files that are at all times whole: written under a temporary name, then renamed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::RunError;

/// Start and end of the names of temporary files.
const TEMPORARY: (&str, &str) = (".lenet-gpu-", ".tmp");

/// Writes a file under a temporary name in the folder of `path` and renames it, so that `path` is at
/// all times either the whole old file or the whole new one.
///
/// # Errors
/// If it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let file = written_beside(path, bytes)?;
    let renamed = file.persist(path);
    renamed.map_err(|error| write_error(path, error.error))?;
    Ok(())
}

/// As [`write_whole`], where nothing is yet.
///
/// # Errors
/// If something is there, or it cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let file = written_beside(path, bytes)?;
    let renamed = file.persist_noclobber(path);
    renamed.map_err(|error| write_error(path, error.error))?;
    Ok(())
}

/// As [`write_whole`], into a folder that is made if there is none.
pub(super) fn write_in_folder(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| write_error(folder, source))?;
    }
    write_whole(path, bytes)
}

/// Removes the temporary files that a program which was killed left in `folder`. Nobody else may be
/// writing there.
pub(super) fn remove_leftovers(folder: &Path) {
    let (start, end) = TEMPORARY;
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(start) && name.ends_with(end) {
            // One that cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// `source`, met while `path` was written.
pub(super) fn write_error(path: &Path, source: io::Error) -> RunError {
    RunError::Write {
        path: path.to_owned(),
        source,
    }
}

/// A temporary file in the folder of `path` that holds `bytes`.
fn written_beside(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, RunError> {
    let write_error = |source| write_error(path, source);
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = temporary_file(folder.unwrap_or(Path::new("."))).map_err(write_error)?;
    // The file itself, because errors of the other name the temporary file.
    file.as_file_mut().write_all(bytes).map_err(write_error)?;
    file.as_file().sync_all().map_err(write_error)?;
    Ok(file)
}

/// A temporary file with the permissions of any new file; by default it would be readable by its
/// owner alone. Errors do not name it: nobody knows that name.
fn temporary_file(folder: &Path) -> io::Result<NamedTempFile<File>> {
    let (start, end) = TEMPORARY;
    tempfile::Builder::new()
        .prefix(start)
        .suffix(end)
        .make_in(folder, |path| {
            OpenOptions::new().write(true).create_new(true).open(path)
        })
}
