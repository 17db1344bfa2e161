//! The runs of a session, the observer of their progress, and their outcome.

use super::SessionError;
use crate::model::{Model, Network, PassTotals};
use crate::model_file::ModelError;
use crate::store::{Checkpoint, PassRow, RunConfig, RunError, RunFolder, TeacherSource};

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
    /// The networks it learns from: none where its recipe leaves them no share, or they are yet to be trained.
    pub teachers: Vec<Model>,
}

impl Member {
    /// The runs of all seeds that are started together with `first`, in `folder`: each in a folder of its
    /// own there, or a single one in that itself.
    pub fn all(first: &RunConfig, folder: &RunFolder) -> Vec<Self> {
        let Some(seeds) = first.seeds.clone() else {
            return vec![Self::new(first.clone(), folder.clone())];
        };
        let folder_of = |seed| RunFolder::of_seed(folder.path(), seed);
        seeds
            .map(|seed| Self::new(first.of_seed(seed), folder_of(seed)))
            .collect()
    }

    /// The run of `config` in `folder`, without teachers.
    pub fn new(config: RunConfig, folder: RunFolder) -> Self {
        Self {
            config,
            folder,
            teachers: Vec::new(),
        }
    }

    /// The runs of the teachers that are to be trained before it; none if they were given, or it has none.
    pub fn teachers_to_train(&self) -> Vec<Self> {
        let teachers = self.config.of_teachers().into_iter();
        teachers
            .map(|config| {
                let folder = self.folder.of_teacher(config.seed);
                Self::new(config, folder)
            })
            .collect()
    }

    /// Whether the run, on `samples` digits, has made its last step and left its model.
    ///
    /// # Errors
    /// If its checkpoint is there, but unusable.
    pub fn is_complete(&self, samples: usize) -> Result<bool, ModelError> {
        let (checkpoint, recipe) = (self.folder.checkpoint(), &self.config.recipe);
        if !checkpoint.is_file() || !self.folder.model().is_file() {
            return Ok(false);
        }
        let step = Checkpoint::load(&checkpoint, &self.config, samples)?
            .state
            .step;
        Ok(step == recipe.passes * samples.div_ceil(recipe.batch))
    }

    /// Writes the first file of the run, and before it copies of its teachers if they were given.
    ///
    /// # Errors
    /// If the run has files already, or they cannot be written.
    pub(super) fn write_first(&self) -> Result<(), RunError> {
        if let Some(TeacherSource::Given { .. }) = self.config.teachers {
            self.folder.keep_teachers(&self.teachers)?;
        }
        self.folder.write_first_config(&self.config)
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
        let Member { config, folder, .. } = member;
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
