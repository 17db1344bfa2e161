//! What happens, written down as it happens.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

/// A file of JSON documents, one a line. A line is on the disk before anything else is done: the last one
/// tells what was going on when the program, or the machine, stopped.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// A new file at `path`.
    ///
    /// # Errors
    /// If something is there, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create_new(path).with_context(|| cannot_write(path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds `entry`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, entry: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_string(entry).expect("plain data serialises");
        line.push('\n');
        let written = self.file.write_all(line.as_bytes());
        written
            .and_then(|()| self.file.sync_data())
            .with_context(|| cannot_write(&self.path))
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write the log '{}'", path.display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_line_is_there_as_soon_as_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::create(&path).unwrap();
        log.write(&1).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n");
        log.write(&"two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n\"two\"\n");
        let error = format!("{:#}", Log::create(&path).unwrap_err());
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}
