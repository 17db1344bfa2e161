//! The runs of a session, the observer of their progress, and their outcome.

use super::SessionError;
use crate::model::{Model, Network, PassTotals};
use crate::store::{Checkpoint, PassRow, RunConfig, RunFolder};

/// Receives the progress of a session.
pub trait Observer {
    /// Some more steps are done. `totals` is what pass `pass`, counted from 1, has measured so far and
    /// `samples` the number of samples seen in all passes, both over all networks that are trained in
    /// parallel.
    fn progress(&mut self, pass: usize, totals: &PassTotals, samples: usize);
    /// The network of this seed has completed a pass.
    fn pass_done(&mut self, seed: u32, row: &PassRow);
    /// The number of steps, `step` or more, after which it wants to look at the first network; `None`
    /// if at none of those that are left. After each [`look`](Self::look) it names a later one.
    fn next_look(&self, _step: usize) -> Option<usize> {
        None
    }
    /// The first network after `step` steps, and what all networks that are trained in parallel have
    /// measured in the pass so far.
    fn look(&mut self, _step: usize, _model: &Model, _totals: &PassTotals) {}
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After the last pass.
    Completed,
    /// Because it was asked to; its runs can be resumed.
    Interrupted,
}

/// The outcome of a session, besides the files.
#[derive(Debug)]
pub struct Summary {
    /// How it ended.
    pub ended: Ended,
    /// Passes completed, including those of earlier sessions of the runs.
    pub passes: usize,
    /// Seconds spent training, in all sessions of the runs.
    pub seconds: f64,
    /// Training samples that all networks together have seen, in all sessions of the runs.
    pub samples: usize,
    /// The models as they are now, each after its seed; none of members whose turn has not come.
    pub models: Vec<(u32, Model)>,
}

impl Summary {
    /// The outcome of this and of `next`, which was trained after it.
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

/// One run of a session.
#[derive(Clone, Debug)]
pub struct Member {
    /// The settings it was started with.
    pub config: RunConfig,
    /// The folder of its files.
    pub folder: RunFolder,
}

impl Member {
    /// The runs of all seeds that are started together with `first`, in `folder`: each in a folder of its
    /// own there, or a single one in that itself.
    pub fn all(first: &RunConfig, folder: &RunFolder) -> Vec<Self> {
        let Some(seeds) = first.seeds.clone() else {
            return vec![Self {
                config: first.clone(),
                folder: folder.clone(),
            }];
        };
        let member = |seed| Self {
            config: first.of_seed(seed),
            folder: RunFolder::of_seed(folder.path(), seed),
        };
        seeds.map(member).collect()
    }
}

/// What a member continues from.
pub(super) struct Beginning<'a> {
    pub member: &'a Member,
    pub checkpoint: Checkpoint,
    pub rows: Vec<PassRow>,
}

impl<'a> Beginning<'a> {
    /// Of a run that has made no step.
    pub fn new(member: &'a Member, network: &Network) -> Self {
        Self {
            member,
            checkpoint: Checkpoint::first(network, &member.config),
            rows: Vec::new(),
        }
    }

    /// Of a run on `samples` digits, from its last checkpoint.
    pub fn from_checkpoint(member: &'a Member, samples: usize) -> Result<Self, SessionError> {
        let Member { config, folder } = member;
        let checkpoint = Checkpoint::load(&folder.checkpoint(), config, samples)?;
        let steps_per_pass = samples.div_ceil(config.recipe.batch);
        let rows = folder.read_passes(checkpoint.state.step / steps_per_pass)?;
        Ok(Self {
            member,
            checkpoint,
            rows,
        })
    }
}
