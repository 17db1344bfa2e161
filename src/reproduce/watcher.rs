//! The observer of a reproduction, and the error that says it was interrupted.

use thiserror::Error;

/// The reproduction was asked to stop.
#[derive(Debug, Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Receives news of a reproduction.
pub trait Watcher {
    /// A step is done; `line` says which.
    fn note(&self, line: &str);
    /// A training is under way.
    fn progress(&self, progress: &TrainingProgress);
}

/// The progress of a training.
pub struct TrainingProgress<'a> {
    /// What is being trained, in words.
    pub title: &'a str,
    /// Digits shown so far.
    pub shown: usize,
    /// Digits to be shown in all.
    pub presentations: usize,
    /// The pass, from 1.
    pub pass: usize,
    /// Digits shown per second.
    pub digits_per_second: f64,
    /// Estimated seconds until this training and all after it are done.
    pub seconds_left: f64,
}
