//! `case.json`: a case in words and numbers that programs read.

use serde::Serialize;

use super::shader::LaunchFile;
use crate::conformance::Target;
use crate::model::Recipe;
use crate::verify::CaseReport;

/// `case.json`.
#[derive(Serialize)]
pub struct CaseFile<'a> {
    pub target: &'a Target,
    #[serde(flatten)]
    pub report: &'a CaseReport,
    /// How the kernel is launched, if it is a kernel's case.
    pub launch: Option<LaunchFile>,
    /// What the network is trained by, if it is a network's case.
    pub recipe: Option<&'a Recipe>,
    pub inputs: Vec<TensorFile>,
    /// What a kernel left in the buffers that it writes.
    pub written: Vec<TensorFile>,
    pub results: Vec<ResultFiles>,
}

/// A tensor in a file.
#[derive(Serialize)]
pub struct TensorFile {
    pub name: String,
    pub file: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub shape: Vec<usize>,
}

/// The values of a buffer that were compared, in two files.
#[derive(Serialize)]
pub struct ResultFiles {
    pub buffer: String,
    pub expected: String,
    pub got: String,
    pub values: usize,
}
