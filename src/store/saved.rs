//! How a file that `--save` of a command wrote says what it is.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The format of such a file, a JSON document.
#[derive(Clone, Copy, Debug)]
pub struct SavedFormat {
    /// The command, as in `bench`.
    pub command: &'static str,
    /// Version of the format.
    pub version: u32,
}

/// The start of the document in every version of every format.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedHeader {
    format: String,
    format_version: u32,
}

/// A file that is not of the format.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SavedFormatError {
    /// It is something else.
    #[error("it is no file that `lenet-gpu {command} --save` wrote")]
    Foreign {
        /// The command that should have written it.
        command: &'static str,
    },
    /// It is of another version.
    #[error(
        "it has version {found} of its format, and this program reads version {read}: make it anew \
         with --save"
    )]
    OtherVersion {
        /// Its version.
        found: u32,
        /// The version that is read.
        read: u32,
    },
}

impl SavedFormat {
    /// The start of a document of this format.
    pub fn header(&self) -> SavedHeader {
        SavedHeader {
            format: self.name(),
            format_version: self.version,
        }
    }

    /// Refuses a document `text` that is not of this format.
    ///
    /// # Errors
    /// If it is something else, or of another version.
    pub fn check(&self, text: &str) -> Result<(), SavedFormatError> {
        let header = serde_json::from_str::<SavedHeader>(text).ok();
        match header.filter(|header| header.format == self.name()) {
            None => Err(SavedFormatError::Foreign {
                command: self.command,
            }),
            Some(header) if header.format_version != self.version => {
                Err(SavedFormatError::OtherVersion {
                    found: header.format_version,
                    read: self.version,
                })
            }
            Some(_) => Ok(()),
        }
    }

    fn name(&self) -> String {
        format!("lenet-gpu {}", self.command)
    }
}
