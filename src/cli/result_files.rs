//! Files that are written after minutes of work: that they can be is found out before.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::store::try_writing;

/// Makes sure that the file that `option` names can be written, over an older one if there is one.
///
/// # Errors
/// If it cannot; the option and the file are named.
pub fn ensure_writable(option: &str, file: &Path) -> Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    ensure!(
        folder.is_dir(),
        "{option} is '{}', but there is no folder '{}': make it, or name a file elsewhere",
        file.display(),
        folder.display()
    );
    ensure!(
        !file.is_dir(),
        "{option} is '{}', which is a folder: name a file in it",
        file.display()
    );
    Ok(try_writing(file)?)
}

/// As [`ensure_writable`], of a file that must not be there yet.
///
/// # Errors
/// As [`ensure_writable`], and if it is there.
pub fn ensure_new(option: &str, file: &Path) -> Result<()> {
    ensure_writable(option, file)?;
    ensure!(
        !file.exists(),
        "{option} is '{}', which exists already and is not overwritten: name another file, or delete it",
        file.display()
    );
    Ok(())
}
