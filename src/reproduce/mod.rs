//! The paper's figures, measured again with this program: networks are trained, measured, and
//! compared with what was published.
//!
//! [`protocol`] says what is trained for which figure, [`workshop`] trains it, one file per
//! figure measures and draws it, and [`report`] writes the report.

mod bars;
mod figure_10;
mod figure_13;
pub mod figure_2;
mod figure_5;
mod figure_6;
mod figure_8;
mod figure_9;
mod paper;
mod protocol;
mod report;
mod sheet;
mod study;
mod workshop;

use std::path::PathBuf;

use anyhow::Result;
use thiserror::Error;

pub use protocol::{Figure, Protocol};
pub use report::{Embedded, Picture, Provenance, Report, Section, Table};
pub use workshop::{Workshop, WrongFolder};

use study::Study;
use workshop::make_folder;

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

/// Trains what `figures` need, measures them, and leaves the report in `folder`.
///
/// # Errors
/// [`Interrupted`], or if a training or an adapter fails or a file cannot be written.
pub fn run(
    workshop: &Workshop,
    protocol: &Protocol,
    figures: &[Figure],
    folder: PathBuf,
    provenance: Provenance,
    watcher: &dyn Watcher,
) -> Result<Report> {
    make_folder(&folder)?;
    let trained = workshop.train_all(&protocol.all_trainings(figures), watcher)?;
    let study = Study {
        protocol,
        compute: workshop.compute,
        data: workshop.data,
        stop: workshop.stop,
        trained,
        folder,
    };
    let mut sections = Vec::new();
    for &figure in figures {
        study.check_stop()?;
        sections.push(match figure {
            Figure::ByPass => figure_5::section(&study)?,
            Figure::BySize => figure_6::section(&study)?,
            Figure::Mistakes => figure_8::section(&study)?,
            Figure::Errors => figure_9::section(&study)?,
            Figure::Rejection => figure_10::section(&study)?,
            Figure::Robustness => figure_13::section(&study)?,
        });
        watcher.note(&format!("Figure {} is drawn.", figure.number()));
    }
    let report = Report {
        provenance,
        trained_on: study.adapters(),
        seeds: protocol.seeds,
        sections,
    };
    report.write(&study.folder)?;
    Ok(report)
}
