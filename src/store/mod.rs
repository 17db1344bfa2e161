//! Files: the folder of a run, checkpoints, models, tunings, compiled kernels.

mod checkpoint;
mod files;
mod kernel_cache;
mod model_file;
mod processor;
mod run_config;
mod run_error;
mod run_folder;
mod saved;
mod teacher_source;
mod teachers;
mod tuning;

pub use checkpoint::Checkpoint;
pub use files::{is_vacant, try_writing, write_new, write_whole};
pub use kernel_cache::KernelCache;
pub use model_file::read_bounded;
pub use processor::processor;
pub use run_config::{Raise, RunConfig};
pub use run_error::RunError;
pub use run_folder::{PassRow, RunFolder, RunLock};
pub use saved::{SavedFormat, SavedFormatError, SavedHeader};
pub use teacher_source::{MOST_TEACHERS, TeacherSource};
pub use tuning::{BatchTuning, TUNING_FILE, Trial, Tuning, TuningError, open_tuned, tuned};
