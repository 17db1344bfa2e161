//! A run among those that are trained together, who hears of its progress, and what it comes to.

use crate::model::{Model, PassTotals};
use crate::store::{Checkpoint, PassRow, RunConfig, RunFolder};

/// Who is told how training goes.
pub trait Observer {
    /// Some more steps are done: `totals` of pass `pass` (from 1) so far and the `samples` of all
    /// passes, both over all networks of the session.
    fn progress(&mut self, pass: usize, totals: &PassTotals, samples: usize);
    /// The network of this seed is done with a pass.
    fn pass_done(&mut self, seed: u32, row: &PassRow);
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After the last pass.
    Completed,
    /// Because it was asked to; the run can be resumed.
    Interrupted,
}

/// What a session leaves besides its files.
#[derive(Debug)]
pub struct Summary {
    /// How it ended.
    pub ended: Ended,
    /// Passes completed, those of earlier sessions of the run included.
    pub passes: usize,
    /// Seconds spent training, likewise.
    pub seconds: f64,
    /// Training samples that all networks together have seen, likewise.
    pub samples: usize,
    /// The models as they are now, by their seeds; of members whose turn has not come, none.
    pub models: Vec<(u32, Model)>,
}

impl Summary {
    /// What is left by this and by `next`, which was trained after it.
    pub(super) fn followed_by(mut self, next: Self) -> Self {
        self.models.extend(next.models);
        self.models.sort_by_key(|(seed, _)| *seed);
        Self {
            ended: next.ended,
            passes: self.passes.min(next.passes),
            seconds: self.seconds + next.seconds,
            samples: self.samples + next.samples,
            models: self.models,
        }
    }
}

/// A run: what it was started with, and where its files go.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it was started with.
    pub config: RunConfig,
    /// Where its files go.
    pub folder: RunFolder,
}

/// Where a member goes on from.
pub(super) struct Beginning<'a> {
    pub member: &'a Member,
    pub checkpoint: Checkpoint,
    pub rows: Vec<PassRow>,
}
