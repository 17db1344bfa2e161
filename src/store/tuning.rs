//! The variants of the kernels that adapters were tuned to, and the file that keeps them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::RunError;
use super::files::write_in_folder;
use crate::compute::Compute;
use crate::gpu::{AdapterChoice, AdapterDescription, GpuError, StepPlan, Variant, nearest_batch};
use crate::platform::block_on;

/// The environment variable that names the file of tunings, instead of `lenet-gpu/tuning.json` in
/// the user's configuration folder; with an empty value nothing is kept or used. Compiled kernels are
/// kept beside it.
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
    /// The sizes of blocks of the layered kernels, for every batch size.
    pub variant: Variant,
    /// What is fastest at each batch size that was measured, by a race or by `tune`.
    pub by_batch: Vec<BatchTuning>,
    /// Everything that was tried, in order.
    pub trials: Vec<Trial>,
}

/// What is fastest at a batch size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchTuning {
    /// Samples per update.
    pub batch: usize,
    /// The faster plan, with the best blocks of both.
    pub variant: Variant,
    /// Seconds per step by the layered plan, a median.
    pub layered_seconds: f64,
    /// Seconds per step by the fused plan.
    pub fused_seconds: f64,
    /// Seconds per step on the CPU path, if that was measured, too.
    pub cpu_seconds: Option<f64>,
}

impl BatchTuning {
    /// Seconds per step by the faster plan.
    pub fn adapter_seconds(&self) -> f64 {
        match self.variant.plan {
            StepPlan::Layered => self.layered_seconds,
            StepPlan::Fused => self.fused_seconds,
        }
    }

    /// How many times as fast the CPU path is, if it is the faster one.
    pub fn gain_of_cpu(&self) -> Option<f64> {
        let gain = self.adapter_seconds() / self.cpu_seconds?;
        (gain > 1.0).then_some(gain)
    }
}

/// A variant that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The variant.
    pub variant: Variant,
    /// Whether its gradients agreed with the reference; not looked at where it was too slow to matter.
    pub correct: Option<bool>,
    /// Batch sizes it was measured at.
    pub batches: Vec<usize>,
    /// At each of them, the median of the ratios of its time per step to that of the best variant
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
    /// The user wants nothing kept.
    #[error("{TUNING_FILE} is empty, so that nothing is kept: name a file in it")]
    SwitchedOff,
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

    /// A tuning of `adapter` of which nothing is known yet but its variant.
    pub fn new(adapter: &AdapterDescription, variant: Variant) -> Self {
        Self {
            adapter: adapter.name.clone(),
            backend: adapter.backend.to_owned(),
            driver: adapter.driver.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            date: jiff::Zoned::now().date().to_string(),
            variant,
            by_batch: Vec::new(),
            trials: Vec::new(),
        }
    }

    /// What is known of batches of about `batch` samples: the nearest size that was measured, at most
    /// twice or half as large.
    pub fn for_batch(&self, batch: usize) -> Option<&BatchTuning> {
        nearest_batch(&self.by_batch, |known| known.batch, batch)
    }

    /// Puts `tuning` in the place of what was known of its batch size.
    pub fn learn(&mut self, tuning: BatchTuning) {
        self.by_batch.retain(|known| known.batch != tuning.batch);
        self.by_batch.push(tuning);
        self.by_batch.sort_by_key(|known| known.batch);
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
        let file = match file() {
            Some(file) => file,
            None if is_switched_off() => return Err(TuningError::SwitchedOff),
            None => return Err(TuningError::Nowhere),
        };
        let mut all = read(&file)?;
        all.retain(|tuning| !tuning.is_for(adapter));
        all.push(self);
        let text = serde_json::to_string_pretty(&all).expect("plain data serialises");
        write_in_folder(&file, text.as_bytes())?;
        Ok(file)
    }
}

/// Opens what `choice` means; an adapter that was tuned uses the variant found best for it.
///
/// # Errors
/// As [`Compute::open`], and if the tunings cannot be read.
pub fn open_tuned(choice: &AdapterChoice) -> Result<Compute, TuningError> {
    tuned(block_on(Compute::open(choice))?)
}

/// `compute`; an adapter that was tuned uses the variants found best for it at each batch size.
///
/// # Errors
/// If the tunings cannot be read.
pub fn tuned(mut compute: Compute) -> Result<Compute, TuningError> {
    if let Compute::Gpu(device) = &mut compute
        && let Some(tuning) = Tuning::load(device.description())?
    {
        let by_batch = tuning
            .by_batch
            .iter()
            .map(|known| (known.batch, known.variant));
        **device = device
            .with_variant(tuning.variant)
            .with_variants_at(by_batch);
    }
    Ok(compute)
}

/// Whether the user wants nothing kept.
fn is_switched_off() -> bool {
    std::env::var_os(TUNING_FILE).is_some_and(|name| name.is_empty())
}

/// The file that tunings are kept in.
pub(super) fn file() -> Option<PathBuf> {
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
            correct: Some(true),
            batches: vec![64, 256],
            ratios: vec![0.5, 0.25],
            kept: true,
        };
        let by_batch = BatchTuning {
            batch: 64,
            variant: Variant::HARDWARE,
            layered_seconds: 0.5,
            fused_seconds: 0.25,
            cpu_seconds: Some(0.125),
        };
        let tuning = Tuning {
            adapter: "an adapter".to_owned(),
            backend: "vulkan".to_owned(),
            driver: "a driver".to_owned(),
            version: "0.1.0".to_owned(),
            date: "2026-01-31".to_owned(),
            variant: Variant::SOFTWARE,
            by_batch: vec![by_batch],
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
            "plan": "layered",
            "fused_block": { "workers": 64, "samples": 1, "slices": 1, "loads": 1 },
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
                "/0/by_batch/0/variant/fused_block/workers",
                json!(300),
                "fused_block is 300x1x8x8",
            ),
            (
                "/0/variant/fused_block/slices",
                json!(3),
                "fused_block is 64x1x3x1",
            ),
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
    fn a_batch_size_is_known_from_the_nearest_that_is_close_enough() {
        let mut tuning: Tuning = serde_json::from_value(kept()[0].clone()).unwrap();
        let known = tuning.by_batch[0].clone();
        tuning.learn(BatchTuning {
            batch: 256,
            ..known
        });
        let batch_for = |batch| tuning.for_batch(batch).map(|known| known.batch);
        assert_eq!(batch_for(64), Some(64));
        assert_eq!(batch_for(33), Some(64));
        assert_eq!(batch_for(129), Some(256));
        assert_eq!(batch_for(31), None);
        assert_eq!(batch_for(513), None);
    }

    #[test]
    fn the_cpu_path_is_taken_where_it_was_faster() {
        let tuning: Tuning = serde_json::from_value(kept()[0].clone()).unwrap();
        let known = tuning.by_batch[0].clone();
        assert_eq!(known.gain_of_cpu(), Some(2.0));
        let with = |cpu_seconds| BatchTuning {
            cpu_seconds,
            ..known
        };
        assert_eq!(with(Some(0.5)).gain_of_cpu(), None);
        assert_eq!(with(None).gain_of_cpu(), None);
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
