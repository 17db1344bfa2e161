//! The folder of a run: where each file is, and how it is written.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use thiserror::Error;

use crate::gpu::Variant;
use crate::model::Recipe;

/// Everything a run was started with, as `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Version of the program that started it.
    pub version: String,
    /// The recipe, every value of it.
    pub recipe: Recipe,
    /// Seed of the initial weights, of the order of the digits and of their distortions.
    pub seed: u32,
    /// Folder of the IDX files; none for the embedded set.
    pub data: Option<PathBuf>,
    /// Number of training digits held out for validation, the last ones of the set.
    pub validation: usize,
    /// Number of training digits used, the first ones of the set; all of them if `None`.
    pub samples: Option<usize>,
    /// Passes between checkpoints.
    pub checkpoint_every: usize,
    /// The adapter as it was asked for.
    pub adapter_choice: String,
    /// The adapter it ran on.
    pub adapter: String,
    /// How the adapter's kernels divided their work; `None` on the CPU path.
    #[serde(default)]
    pub variant: Option<Variant>,
}

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

/// A run folder that cannot be made, read or written.
#[derive(Debug, Error)]
pub enum RunError {
    /// The folder for a new run exists already.
    #[error("'{0}' exists already, and runs never overwrite")]
    Exists(PathBuf),
    /// A file or folder cannot be made or written.
    #[error("cannot write '{path}': {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A folder lacks a usable file of a run.
    #[error("'{path}' cannot be resumed from: {reason}")]
    NotARun {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
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
        let write_error = |source| RunError::Write {
            path: path.to_owned(),
            source,
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(write_error)?;
        }
        match std::fs::create_dir(path) {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(RunError::Exists(path.to_owned()))
            }
            Err(error) => Err(write_error(error)),
        }
    }

    /// A folder in `parent` for the run of one of several seeds.
    ///
    /// # Errors
    /// As [`RunFolder::create`].
    pub fn create_of_seed(parent: &Path, seed: u32) -> Result<Self, RunError> {
        Self::create(&parent.join(format!("{SEED_PREFIX}{seed}")))
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

    /// Makes sure that the run has been checkpointed.
    ///
    /// # Errors
    /// If there is no checkpoint.
    pub fn ensure_checkpoint(&self) -> Result<(), RunError> {
        let path = self.checkpoint();
        match path.is_file() {
            true => Ok(()),
            false => Err(RunError::NotARun {
                path,
                reason: "there is no such file, so the run ended before its first pass did"
                    .to_owned(),
            }),
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

    /// Writes `config.json`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_config(&self, config: &RunConfig) -> Result<(), RunError> {
        let mut json = serde_json::to_string_pretty(config).expect("plain data serialises");
        json.push('\n');
        write_whole(&self.config(), json.as_bytes())
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
        let json = std::fs::read_to_string(&path).map_err(|error| not_a_run(error.to_string()))?;
        let config = serde_json::from_str::<RunConfig>(&json)
            .map_err(|error| not_a_run(error.to_string()))?;
        let checked = config.recipe.check();
        checked.map_err(|invalid| not_a_run(invalid.to_string()))?;
        Ok(config)
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
        let not_a_run = |error: csv::Error| RunError::NotARun {
            path: path.clone(),
            reason: error.to_string(),
        };
        csv::Reader::from_path(&path)
            .map_err(not_a_run)?
            .deserialize()
            .map(|row| row.map_err(not_a_run))
            .collect()
    }
}

/// Writes a file under a temporary name in the folder of `path` and renames it, so that `path` is at
/// all times either the whole old file or the whole new one.
///
/// # Errors
/// If it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let file = written_beside(path, bytes)?;
    let renamed = file.persist(path);
    renamed.map_err(|error| write_error(path, error.error))?;
    Ok(())
}

/// As [`write_whole`], where nothing is yet.
///
/// # Errors
/// If something is there, or it cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let file = written_beside(path, bytes)?;
    let renamed = file.persist_noclobber(path);
    renamed.map_err(|error| write_error(path, error.error))?;
    Ok(())
}

fn write_error(path: &Path, source: std::io::Error) -> RunError {
    RunError::Write {
        path: path.to_owned(),
        source,
    }
}

/// A temporary file in the folder of `path` that holds `bytes`.
fn written_beside(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, RunError> {
    let write_error = |source| write_error(path, source);
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = temporary_file(folder.unwrap_or(Path::new("."))).map_err(write_error)?;
    file.write_all(bytes).map_err(write_error)?;
    file.as_file().sync_all().map_err(write_error)?;
    Ok(file)
}

/// As [`write_whole`], into a folder that is made if there is none.
pub(super) fn write_in_folder(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| RunError::Write {
            path: folder.to_owned(),
            source,
        })?;
    }
    write_whole(path, bytes)
}

/// A temporary file with the permissions of any new file; by default it would be readable by its
/// owner alone.
fn temporary_file(folder: &Path) -> std::io::Result<NamedTempFile> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let of_any_file = std::fs::Permissions::from_mode(0o666);
        tempfile::Builder::new()
            .permissions(of_any_file)
            .tempfile_in(folder)
    }
    // Elsewhere the folder decides.
    #[cfg(not(unix))]
    NamedTempFile::new_in(folder)
}
