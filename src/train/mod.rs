//! Training runs: schedule, loop, measurements, checkpoints. Knows nothing of wgpu.

mod chart;
mod checkpoint;
mod compute;
mod curves;
mod model_file;
mod picture;
mod preset;
mod run_folder;
mod schedule;
mod score;
mod seeds;
mod session;
mod team;
mod tuning;

pub use chart::{Axis, COLOURS, Curve, GREY, PAPER_ERROR_PERCENT, Stroke, draw_curves};
pub use checkpoint::{Checkpoint, PassTotals};
pub use compute::{Classifier, Compute, Engine};
pub use model_file::{Model, ModelError};
pub use picture::{Area, FONT, draw_png, text_style};
pub use preset::Preset;
pub use run_folder::{PassRow, RunConfig, RunError, RunFolder, write_whole};
pub use schedule::step_rates;
pub use score::Score;
pub use seeds::{SeedsScore, Spread, ensemble};
pub use session::{Ended, Member, Observer, Origin, Session, Summary};
pub use tuning::{TUNING_FILE, Trial, Tuning, TuningError};
