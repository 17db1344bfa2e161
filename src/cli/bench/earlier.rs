//! An earlier measurement, which is repeated and compared with.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::tables::print_comparisons;
use crate::bench::{Comparison, Record, Row, Sweep, Wanted};
use crate::cli::Output;
use crate::cli::output::path_in_json;
use crate::compute::Compute;
use crate::data::Mnist;

/// The measurement in a file, which is named wherever it cannot be used.
pub struct Earlier<'a> {
    file: &'a Path,
    record: Record,
}

impl<'a> Earlier<'a> {
    /// Reads it.
    ///
    /// # Errors
    /// As [`Record::load`].
    pub fn load(file: &'a Path) -> Result<Self> {
        let record = Record::load(file).with_context(|| unusable(file))?;
        Ok(Self { file, record })
    }

    /// What was measured.
    ///
    /// # Errors
    /// As [`Record::sweep`].
    pub fn sweep(&self) -> Result<Sweep> {
        self.record.sweep().with_context(|| unusable(self.file))
    }

    /// Where it was measured, if that is here and with a set as large as `data`.
    ///
    /// # Errors
    /// As [`Record::check_place`] and [`Record::choices`].
    pub fn choices(&self, data: &Mnist) -> Result<Vec<Wanted>> {
        let checked = self.record.check_place(data);
        let choices = checked.and_then(|()| self.record.choices());
        choices.with_context(|| unusable(self.file))
    }

    /// Compares `rows`, measured on `computes`, and prints what came of it.
    pub fn compare(&self, computes: &[Compute], rows: &[Row], output: &Output) -> Vec<Comparison> {
        let comparisons = self.record.compare(rows);
        output.result("");
        output.result(format!(
            "Beside {}, of {} by version {}, in samples/s:",
            self.file.display(),
            self.record.date,
            self.record.version
        ));
        for change in self.record.changes(computes) {
            output.result(change);
        }
        print_comparisons(&comparisons, output);
        for (count, when) in [(rows.len(), "now"), (self.record.rows.len(), "then")] {
            if count > comparisons.len() {
                let alone = count - comparisons.len();
                output.result(format!("Measured only {when}, and not compared: {alone}."));
            }
        }
        comparisons
    }

    /// `comparisons` as part of the document.
    pub fn json(&self, comparisons: &[Comparison]) -> Value {
        json!({
            "file": path_in_json(self.file),
            "version": self.record.version,
            "date": self.record.date,
            "rows": comparisons,
        })
    }
}

fn unusable(file: &Path) -> String {
    format!(
        "--compare is '{}', which cannot be compared with",
        file.display()
    )
}
