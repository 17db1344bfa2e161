//! The variants of the kernels that adapters were tuned to, and the file that keeps them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{RunError, write_whole};
use crate::compute::Compute;
use crate::gpu::{AdapterChoice, AdapterDescription, GpuError, Variant};
use crate::platform::block_on;

/// The environment variable that names the file of tunings, instead of `lenet-gpu/tuning.json` in
/// the user's configuration folder; with an empty value no tuning is kept or used.
pub const TUNING_FILE: &str = "LENET_GPU_TUNING";

/// The variant chosen for an adapter, with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    /// Name of the adapter.
    pub adapter: String,
    /// vulkan, metal, dx12 or gl.
    pub backend: String,
    /// Driver and its version.
    pub driver: String,
    /// Version of this crate; another version may have other kernels.
    pub version: String,
    /// When it was measured.
    pub date: String,
    /// Batch sizes it was measured at.
    pub batches: Vec<usize>,
    /// The choice.
    pub variant: Variant,
    /// Everything that was tried, in order.
    pub trials: Vec<Trial>,
}

/// A variant that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The variant.
    pub variant: Variant,
    /// Whether its gradients agreed with the reference; only then was it timed.
    pub correct: bool,
    /// At each batch size, the median of the ratios of its time per step to that of the best variant
    /// before it, measured in turns with it.
    pub ratios: Vec<f64>,
    /// Whether it became the best.
    pub kept: bool,
}

/// An adapter that could not be opened as it was tuned, or a tuning that could not be kept.
#[derive(Debug, Error)]
pub enum TuningError {
    /// The file of tunings exists, but cannot be read.
    #[error("cannot use the tunings in '{path}': {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no folder to keep the file in.
    #[error(
        "this user has no configuration folder to keep the choice in: name a file in {TUNING_FILE}"
    )]
    Nowhere,
    /// The file cannot be written.
    #[error("{0}")]
    Write(#[from] RunError),
    /// The adapter cannot be opened.
    #[error("{0}")]
    Open(#[from] GpuError),
}

impl Tuning {
    fn is_for(&self, adapter: &AdapterDescription) -> bool {
        let program = env!("CARGO_PKG_VERSION");
        (
            &self.adapter,
            self.backend.as_str(),
            &self.driver,
            self.version.as_str(),
        ) == (&adapter.name, adapter.backend, &adapter.driver, program)
    }

    /// The tuning of exactly this adapter, driver and version of the program, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn load(adapter: &AdapterDescription) -> Result<Option<Self>, TuningError> {
        let Some(file) = file() else { return Ok(None) };
        let all = read(&file)?;
        Ok(all.into_iter().find(|tuning| tuning.is_for(adapter)))
    }

    /// Keeps it in place of any earlier tuning of the adapter, and returns the path of the file.
    ///
    /// # Errors
    /// If there is no file to keep it in, or that cannot be read or written.
    pub fn store(self, adapter: &AdapterDescription) -> Result<PathBuf, TuningError> {
        let file = file().ok_or(TuningError::Nowhere)?;
        let mut all = read(&file)?;
        all.retain(|tuning| !tuning.is_for(adapter));
        all.push(self);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|source| RunError::Write {
                path: folder.to_owned(),
                source,
            })?;
        }
        let text = serde_json::to_string_pretty(&all).expect("plain data serialises");
        write_whole(&file, text.as_bytes())?;
        Ok(file)
    }
}

/// Opens what `choice` means; an adapter that was tuned uses the variant found best for it.
///
/// # Errors
/// As [`Compute::open`], and if the tunings cannot be read.
pub fn open_tuned(choice: &AdapterChoice) -> Result<Compute, TuningError> {
    let mut compute = block_on(Compute::open(choice))?;
    if let Compute::Gpu(device) = &mut compute
        && let Some(tuning) = Tuning::load(device.description())?
    {
        **device = device.with_variant(tuning.variant);
    }
    Ok(compute)
}

/// The file that tunings are kept in.
fn file() -> Option<PathBuf> {
    match std::env::var_os(TUNING_FILE) {
        Some(name) if name.is_empty() => None,
        Some(name) => Some(name.into()),
        None => Some(dirs::config_dir()?.join("lenet-gpu").join("tuning.json")),
    }
}

/// All tunings; none if there is no such file.
fn read(file: &Path) -> Result<Vec<Tuning>, TuningError> {
    let unusable = |reason: String| TuningError::Unusable {
        path: file.to_owned(),
        reason,
    };
    match std::fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| unusable(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unusable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A file with one tuning, as `tune` leaves it.
    fn kept() -> Value {
        let trial = Trial {
            variant: Variant::HARDWARE,
            correct: true,
            ratios: vec![0.5, 0.25],
            kept: true,
        };
        let tuning = Tuning {
            adapter: "an adapter".to_owned(),
            backend: "vulkan".to_owned(),
            driver: "a driver".to_owned(),
            version: "0.1.0".to_owned(),
            date: "2026-01-31".to_owned(),
            batches: vec![64, 256],
            variant: Variant::SOFTWARE,
            trials: vec![trial],
        };
        json!([tuning])
    }

    /// Reads `tunings` from a file, whose path is returned, too.
    fn read_back(tunings: &Value) -> (String, Result<Vec<Tuning>, TuningError>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tuning.json");
        std::fs::write(&file, tunings.to_string()).unwrap();
        (file.display().to_string(), read(&file))
    }

    #[test]
    fn the_format_of_variants_stays() {
        let expected = json!({
            "conv_tile": "all-maps",
            "conv_block": [14, 14],
            "conv_whole_kernels": true,
            "dense_block": { "groups": 4, "outputs": 8, "quads": 2 },
        });
        let tunings = kept();
        assert_eq!(tunings[0]["variant"], expected);
        let (_, read) = read_back(&tunings);
        assert_eq!(json!(read.unwrap()), tunings);
    }

    #[test]
    fn a_block_that_no_shader_holds_is_refused_with_its_file_and_value() {
        for (place, value, named) in [
            (
                "/0/variant/conv_block",
                json!([14, 40]),
                "conv_block is 14x40",
            ),
            (
                "/0/variant/conv_block",
                json!([33, 14]),
                "conv_block is 33x14",
            ),
            ("/0/variant/conv_block", json!([0, 0]), "conv_block is 0x0"),
            ("/0/variant/conv_block", json!([5, -5]), "-5"),
            (
                "/0/variant/dense_block/groups",
                json!(8),
                "dense_block is 8x8x2",
            ),
            (
                "/0/variant/dense_block/outputs",
                json!(16),
                "dense_block is 4x16x2",
            ),
            (
                "/0/variant/dense_block/quads",
                json!(4),
                "dense_block is 4x8x4",
            ),
            (
                "/0/variant/dense_block/quads",
                json!(0),
                "dense_block is 4x8x0",
            ),
            ("/0/variant/dense_block/groups", json!(-1), "-1"),
            (
                "/0/trials/0/variant/conv_block",
                json!([5, 15]),
                "conv_block is 5x15",
            ),
        ] {
            let mut tunings = kept();
            *tunings.pointer_mut(place).unwrap() = value;
            let (file, read) = read_back(&tunings);
            let error = read.expect_err(named).to_string();
            assert!(error.contains(&file) && error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_missing_size_is_named_with_its_file() {
        for (holder, key) in [
            ("/0/variant", "conv_block"),
            ("/0/variant", "conv_tile"),
            ("/0/variant", "conv_whole_kernels"),
            ("/0/variant/dense_block", "quads"),
        ] {
            let mut tunings = kept();
            let holder = tunings.pointer_mut(holder).unwrap();
            holder.as_object_mut().unwrap().remove(key).unwrap();
            let (file, read) = read_back(&tunings);
            let error = read.expect_err(key).to_string();
            assert!(error.contains(&file) && error.contains(key), "{error}");
        }
    }
}
