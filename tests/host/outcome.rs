//! How a run of the program ended.

use std::path::Path;

use crate::program::program;

/// Stdout of a run that must succeed.
#[track_caller]
pub fn output_of(directory: &Path, arguments: &[&str]) -> String {
    let success = program(directory, arguments).assert().success();
    String::from_utf8(success.get_output().stdout.clone()).unwrap()
}

/// Stderr of a run that must end with an error, and not by a panic.
#[track_caller]
pub fn error_of(directory: &Path, arguments: &[&str]) -> String {
    let failure = program(directory, arguments).assert().failure();
    let output = failure.get_output();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.code().is_some(), "ended by a signal");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(stderr.contains("error"), "{stderr}");
    stderr
}
