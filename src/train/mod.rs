//! Training runs: schedule, loop, measurements. Knows nothing of wgpu.

mod curves;
mod member;
mod preset;
mod schedule;
mod score;
mod seeds;
mod session;
mod team;

pub use member::{Ended, Member, Observer, Summary};
pub use preset::Preset;
pub use schedule::step_rates;
pub use score::Score;
pub use seeds::{MeanDeviation, SeedsScore, ensemble};
pub use session::{Origin, Session};
