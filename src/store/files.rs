//! Files that are at all times whole: written under a temporary name, then renamed.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, ReadDir};
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
    make_folder_of(path)?;
    write_whole(path, bytes)
}

/// Fails where [`write_in_folder`] would, and leaves what is at `path` as it is.
///
/// # Errors
/// If it cannot be written.
pub(super) fn try_in_folder(path: &Path) -> Result<(), RunError> {
    make_folder_of(path)?;
    try_writing(path)
}

/// Fails where [`write_whole`] would, and leaves what is at `path` as it is.
///
/// # Errors
/// If it cannot be written.
pub fn try_writing(path: &Path) -> Result<(), RunError> {
    written_beside(path, b"").map(drop)
}

fn make_folder_of(path: &Path) -> Result<(), RunError> {
    match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder).map_err(|error| write_error(folder, error)),
        None => Ok(()),
    }
}

/// Removes the temporary files that a program which was killed left in `folder`. Nobody else may be
/// writing there.
pub(super) fn remove_leftovers(folder: &Path) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        if is_temporary(&entry.file_name()) {
            // One that cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether `path` is free for a new folder: nothing is there, or a folder without files but those that
/// another program is about to write, or could not.
pub fn is_vacant(path: &Path) -> bool {
    let only_temporary = |mut entries: ReadDir| {
        entries.all(|entry| entry.is_ok_and(|entry| is_temporary(&entry.file_name())))
    };
    !path.exists() || path.read_dir().is_ok_and(only_temporary)
}

fn is_temporary(name: &OsStr) -> bool {
    let (start, end) = TEMPORARY;
    let name = name.to_string_lossy();
    name.starts_with(start) && name.ends_with(end)
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
