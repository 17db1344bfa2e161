//! The paper's figures, measured again with this program: networks are trained, measured, and
//! compared with what was published.
//!
//! `protocol` says what is trained for which figure, `workshop` trains it, one file per
//! figure measures and draws it, and `report` writes the report.

mod bars;
mod figure_10;
mod figure_13;
pub mod figure_2;
mod figure_5;
mod figure_6;
mod figure_8;
mod figure_9;
pub mod film;
mod paper;
mod protocol;
mod report;
mod sheet;
mod study;
mod subsampling;
mod watcher;
mod workshop;

use std::path::PathBuf;

use anyhow::Result;

pub use protocol::{Figure, Protocol};
pub use report::{Embedded, Picture, Provenance, Report, Section, Table};
pub use watcher::{Interrupted, TrainingProgress, Watcher};
pub use workshop::{Workshop, WrongFolder};

use study::Study;
use workshop::make_folder;

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
            Figure::Subsampling => subsampling::section(&study)?,
        });
        watcher.note(&match figure.number() {
            Some(number) => format!("Figure {number} is drawn."),
            None => format!("The comparison of {} is drawn.", figure.name()),
        });
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
