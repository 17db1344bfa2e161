//! Files: the folder of a run, checkpoints, models, tunings, compiled kernels.

mod checkpoint;
mod kernel_cache;
mod model_file;
mod processor;
mod run_folder;
mod saved;
mod tuning;

pub use checkpoint::Checkpoint;
pub use kernel_cache::KernelCache;
pub use processor::processor;
pub use run_folder::{PassRow, RunConfig, RunError, RunFolder, write_new, write_whole};
pub use saved::{SavedFormat, SavedFormatError, SavedHeader};
pub use tuning::{BatchTuning, TUNING_FILE, Trial, Tuning, TuningError, open_tuned, tuned};
