//! Training runs, from their start or their checkpoints to their end.

use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::checkpoint::{Checkpoint, PassTotals};
use super::compute::Compute;
use super::run_folder::{PassRow, RunConfig, RunFolder};
use super::team::{Beginning, Team};
use super::{Model, step_rates};
use crate::data::Dataset;
use crate::model::{Network, Parameters, Recipe, StepRates, TrainingState};

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
    fn followed_by(mut self, next: Self) -> Self {
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

/// One run or several that differ in their seed alone, trained side by side, from a fresh start or
/// from their checkpoints.
pub struct Session<'a> {
    /// Where it computes.
    pub compute: &'a Compute,
    /// The runs: at least one.
    pub members: &'a [Member],
    /// What they are trained on.
    pub train: &'a Dataset,
    /// What they are measured on after each pass.
    pub watched: &'a Dataset,
    /// Set to ask it to stop.
    pub stop: &'a AtomicBool,
}

/// Where runs go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Their start: they are new.
    Scratch,
    /// Their last checkpoints.
    Checkpoint,
}

impl<'a> Session<'a> {
    /// Starts new runs, or continues those there are.
    ///
    /// # Errors
    /// As [`Session::start`] and [`Session::resume`].
    pub fn train(&self, from: Origin, observer: &mut impl Observer) -> Result<Summary> {
        match from {
            Origin::Scratch => self.start(observer),
            Origin::Checkpoint => self.resume(observer),
        }
    }

    /// Starts new runs.
    ///
    /// # Errors
    /// If the adapter fails, training diverges, or a file cannot be written.
    pub fn start(&self, observer: &mut impl Observer) -> Result<Summary> {
        let network = self.network();
        let mut beginnings = Vec::new();
        for member in self.members {
            let config = &member.config;
            member.folder.write_config(config)?;
            let checkpoint = Checkpoint {
                state: TrainingState::start(&network, &config.recipe, config.seed),
                pass: PassTotals::default(),
            };
            beginnings.push(Beginning {
                member,
                checkpoint,
                rows: Vec::new(),
            });
        }
        self.run(&network, beginnings, observer)
    }

    /// Continues the runs from their last checkpoints.
    ///
    /// # Errors
    /// As [`Session::start`], and if there is no usable checkpoint.
    pub fn resume(&self, observer: &mut impl Observer) -> Result<Summary> {
        let network = self.network();
        let arena_len = Parameters::of(&network).arena_len();
        let steps_a_pass = self.train.len().div_ceil(self.recipe().batch);
        let mut beginnings = Vec::new();
        for member in self.members {
            let folder = &member.folder;
            folder.ensure_checkpoint()?;
            let checkpoint = Checkpoint::load(&folder.checkpoint(), arena_len)?;
            let mut rows = folder.read_metrics()?;
            // Passes finished after the last checkpoint are repeated.
            rows.truncate(checkpoint.state.step / steps_a_pass);
            beginnings.push(Beginning {
                member,
                checkpoint,
                rows,
            });
        }
        self.run(&network, beginnings, observer)
    }

    /// What all members are trained with.
    fn recipe(&self) -> &'a Recipe {
        &self.members[0].config.recipe
    }

    fn network(&self) -> Network {
        Network::of(self.recipe().choices)
    }

    /// Trains all members to the end, a team after the other.
    fn run(
        &self,
        network: &Network,
        beginnings: Vec<Beginning>,
        observer: &mut impl Observer,
    ) -> Result<Summary> {
        let rates: Vec<StepRates> = step_rates(self.recipe(), self.train.len());
        let most = self.compute.most_models(network, self.recipe());
        let teams = teams(beginnings, most);
        // So that those that wait for their turn can be resumed too.
        for waiting in teams.iter().skip(1).flatten() {
            let file = waiting.member.folder.checkpoint();
            waiting.checkpoint.save(&file)?;
        }
        let mut summary: Option<Summary> = None;
        for team in teams {
            let trained = Team::new(self, network, &rates, team)?.train(observer)?;
            let ended = trained.ended;
            summary = Some(match summary {
                Some(earlier) => earlier.followed_by(trained),
                None => trained,
            });
            if ended == Ended::Interrupted {
                break;
            }
        }
        Ok(summary.expect("a session has members"))
    }
}

/// Members that can be trained side by side: at most `most`, and all with the same number of steps
/// made. Those may differ where a run was killed between the checkpoints of two of its members.
fn teams(mut beginnings: Vec<Beginning>, most: usize) -> Vec<Vec<Beginning>> {
    beginnings.sort_by_key(|beginning| beginning.checkpoint.state.step);
    let mut teams: Vec<Vec<Beginning>> = Vec::new();
    for beginning in beginnings {
        let step = beginning.checkpoint.state.step;
        match teams.last_mut() {
            Some(team) if team.len() < most && team[0].checkpoint.state.step == step => {
                team.push(beginning);
            }
            _ => teams.push(vec![beginning]),
        }
    }
    teams
}
