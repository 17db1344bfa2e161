//! What a case comes to, failures that are known taken into account.

use serde::{Deserialize, Serialize};

/// What a case comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It passes.
    Passed,
    /// It fails.
    Failed,
    /// It fails, as it is known to.
    KnownFailure,
    /// It passes, though it is known to fail.
    UnexpectedPass,
}

impl Status {
    /// That of a case that `passed`, or not, and that is known to fail, or not.
    pub fn of(passed: bool, is_known_to_fail: bool) -> Self {
        match (passed, is_known_to_fail) {
            (true, false) => Self::Passed,
            (false, false) => Self::Failed,
            (false, true) => Self::KnownFailure,
            (true, true) => Self::UnexpectedPass,
        }
    }

    /// Whether it is as it is known to be.
    pub fn is_expected(self) -> bool {
        matches!(self, Self::Passed | Self::KnownFailure)
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "FAILED",
            Self::KnownFailure => "known failure",
            Self::UnexpectedPass => "UNEXPECTED PASS",
        }
    }
}
