//! Files: the folder of a run, checkpoints, models, tunings, compiled kernels.

mod checkpoint;
mod kernel_cache;
mod model_file;
mod run_folder;
mod tuning;

pub use checkpoint::Checkpoint;
pub use kernel_cache::KernelCache;
pub use run_folder::{PassRow, RunConfig, RunError, RunFolder, write_new, write_whole};
pub use tuning::{BatchTuning, TUNING_FILE, Trial, Tuning, TuningError, open_tuned, tuned};
