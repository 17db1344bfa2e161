//! What is found of a case.

use std::path::PathBuf;

use serde::Serialize;

use super::Status;
use crate::verify::CaseReport;

/// What was found of a case.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The report of the harness.
    #[serde(flatten)]
    pub report: CaseReport,
    /// What the case comes to.
    pub status: Status,
    /// Why it is known to fail, if it is.
    pub known: Option<String>,
    /// The folder to report it with, if one was asked for and it fails.
    pub reproducer: Option<PathBuf>,
}
