//! The folder of a run: where each file is, and how it is written.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::{remove_leftovers, write_error, write_new, write_whole};
use super::{RunConfig, RunError};

/// One row of `metrics.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassRow {
    /// The pass, from 1.
    pub pass: usize,
    /// Mean loss of the samples of the pass, each measured before its update.
    pub training_loss: f64,
    /// Share of them answered wrongly before their updates, in per cent.
    pub training_error_percent: f64,
    /// Error on the digits held out, after the pass.
    pub validation_error_percent: Option<f64>,
    /// Error on the test set, after the pass; not measured where digits are held out.
    pub test_error_percent: Option<f64>,
    /// Training samples per second.
    pub samples_per_second: f64,
    /// Seconds spent training in this pass.
    pub seconds: f64,
    /// Lowest effective rate of a parameter at the start of the pass; only SDLM has several.
    pub lowest_rate: Option<f64>,
    /// The highest effective rate of a parameter at the start of the pass.
    pub highest_rate: Option<f64>,
}

impl PassRow {
    /// The error after the pass, in per cent, on whichever set is watched.
    pub fn watched_error(&self) -> Option<f64> {
        self.validation_error_percent.or(self.test_error_percent)
    }
}

/// Start of the name of the folder of one of several seeds; the seed follows.
const SEED_PREFIX: &str = "seed-";

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes a folder for a new run.
    ///
    /// # Errors
    /// If it exists already or cannot be made.
    pub fn create(path: &Path) -> Result<Self, RunError> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|source| write_error(path, source))?;
        }
        match std::fs::create_dir(path) {
            Ok(()) => Ok(Self::open(path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(RunError::Exists(path.to_owned()))
            }
            Err(source) => Err(write_error(path, source)),
        }
    }

    /// Makes the folder `name` in `parent` for a new run, with a number after its name if there is one
    /// already, or another program makes it at this moment.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_numbered(parent: &Path, name: &str) -> Result<Self, RunError> {
        let numbered = (2_u64..).map(|number| format!("{name}_{number}"));
        std::iter::once(name.to_owned())
            .chain(numbered)
            .map(|name| Self::create(&parent.join(name)))
            .find(|made| !matches!(made, Err(RunError::Exists(_))))
            .expect("some number is free")
    }

    /// The folder in `parent` for the run of one of several seeds, which may not be there yet.
    pub fn of_seed(parent: &Path, seed: u32) -> Self {
        Self::open(&parent.join(format!("{SEED_PREFIX}{seed}")))
    }

    /// The folders of several seeds in `parent`, ordered by seed; empty if there are none.
    pub fn open_seeds(parent: &Path) -> Vec<Self> {
        let seed_of = |entry: &std::fs::DirEntry| -> Option<u32> {
            let name = entry.file_name();
            name.to_str()?.strip_prefix(SEED_PREFIX)?.parse().ok()
        };
        let entries = parent.read_dir().into_iter().flatten().flatten();
        let mut seeds: Vec<(u32, PathBuf)> = entries
            .filter_map(|entry| Some((seed_of(&entry)?, entry.path())))
            .collect();
        seeds.sort();
        seeds.into_iter().map(|(_, path)| Self { path }).collect()
    }

    /// The folder of an earlier run, which is not looked into yet.
    pub fn open(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the trained model.
    pub fn model(&self) -> PathBuf {
        self.path.join("model.safetensors")
    }

    /// The file that the run is resumed from.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// Whether the run has settings, but has made no step that was recorded: it was killed at its very
    /// start.
    pub fn is_untouched(&self) -> bool {
        let results = [self.checkpoint(), self.model(), self.metrics()];
        !results.iter().any(|file| file.exists())
    }

    /// Whether the run has settings.
    pub fn has_config(&self) -> bool {
        self.config().exists()
    }

    /// Keeps other programs from training the run, and removes the temporary files of one that was
    /// killed.
    ///
    /// # Errors
    /// [`RunError::Busy`] if one is at it, or if the folder cannot be written.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let path = self.path.join(".lock");
        let file = File::create(&path).map_err(|source| write_error(&path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RunError::Busy(self.path.clone())),
            // File systems without locks are as good for a single program.
            Err(TryLockError::Error(_)) => {}
        }
        self.remove_leftovers();
        Ok(RunLock { path, _file: file })
    }

    /// Removes the temporary files of the run, of the seeds in its folder and of the teachers of each.
    fn remove_leftovers(&self) {
        remove_leftovers(&self.path);
        for seed in Self::open_seeds(&self.path) {
            seed.remove_leftovers();
        }
        let teachers = self.teachers();
        if teachers.is_dir() {
            Self::open(&teachers).remove_leftovers();
        }
    }

    /// The picture of the learning curves.
    pub fn curves(&self) -> PathBuf {
        self.path.join("curves.png")
    }

    fn config(&self) -> PathBuf {
        self.path.join("config.json")
    }

    fn metrics(&self) -> PathBuf {
        self.path.join("metrics.csv")
    }

    /// Makes the folder, unless it is there, and writes the first `config.json` into it.
    ///
    /// # Errors
    /// [`RunError::Exists`] if there is one, or if it cannot be written.
    pub fn write_first_config(&self, config: &RunConfig) -> Result<(), RunError> {
        let path = &self.path;
        std::fs::create_dir_all(path).map_err(|source| write_error(path, source))?;
        match write_new(&self.config(), &json_of(config)) {
            Err(RunError::Write { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
                Err(RunError::Exists(path.clone()))
            }
            written => written,
        }
    }

    /// Writes `config.json` in place of the last one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn rewrite_config(&self, config: &RunConfig) -> Result<(), RunError> {
        write_whole(&self.config(), &json_of(config))
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    /// If it is missing or not a run's.
    pub fn read_config(&self) -> Result<RunConfig, RunError> {
        let path = self.config();
        let not_a_run = |reason: String| RunError::NotARun {
            path: path.clone(),
            reason,
        };
        let json = std::fs::read(&path).map_err(|error| not_a_run(error.to_string()))?;
        RunConfig::from_json(&json).map_err(not_a_run)
    }

    /// Writes `metrics.csv`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_metrics(&self, rows: &[PassRow]) -> Result<(), RunError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).expect("plain data serialises");
        }
        let bytes = writer.into_inner().expect("memory can be written");
        write_whole(&self.metrics(), &bytes)
    }

    /// Reads `metrics.csv`; no rows if no pass was finished.
    ///
    /// # Errors
    /// If it is there but not a run's.
    pub fn read_metrics(&self) -> Result<Vec<PassRow>, RunError> {
        let path = self.metrics();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let not_a_run = |error: csv::Error| self.unusable_metrics(error.to_string());
        csv::Reader::from_path(&path)
            .map_err(not_a_run)?
            .deserialize()
            .map(|row| row.map_err(not_a_run))
            .collect()
    }

    /// The rows of the first `passes` passes; passes finished after the last checkpoint are repeated.
    ///
    /// # Errors
    /// As [`RunFolder::read_metrics`], and if there are not as many.
    pub fn read_passes(&self, passes: usize) -> Result<Vec<PassRow>, RunError> {
        let mut rows = self.read_metrics()?;
        rows.truncate(passes);
        match rows.iter().map(|row| row.pass).eq(1..=passes) {
            true => Ok(rows),
            false => Err(self.unusable_metrics(format!(
                "the checkpoint is one after {passes} passes, but their rows are not all there"
            ))),
        }
    }

    fn unusable_metrics(&self, reason: String) -> RunError {
        RunError::NotARun {
            path: self.metrics(),
            reason,
        }
    }
}

/// Keeps other programs from training a run for as long as it lives.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    _file: File,
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // The system unlocks it in any case.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The bytes of `config.json`.
fn json_of(config: &RunConfig) -> Vec<u8> {
    let mut json = serde_json::to_string_pretty(config).expect("plain data serialises");
    json.push('\n');
    json.into_bytes()
}
