//! Training runs, from their start or their checkpoints to their end.

use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::member::{Beginning, Ended, Member, Observer, Summary};
use super::step_rates;
use super::team::{Resources, Team};
use crate::compute::Compute;
use crate::data::Dataset;
use crate::model::{Network, Parameters, PassTotals, Recipe, StepRates, TrainingState};
use crate::store::Checkpoint;

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
        let steps_per_pass = self.train.len().div_ceil(self.recipe().batch);
        let mut beginnings = Vec::new();
        for member in self.members {
            let folder = &member.folder;
            folder.ensure_checkpoint()?;
            let checkpoint = Checkpoint::load(&folder.checkpoint(), arena_len)?;
            let mut rows = folder.read_metrics()?;
            // Passes finished after the last checkpoint are repeated.
            rows.truncate(checkpoint.state.step / steps_per_pass);
            beginnings.push(Beginning {
                member,
                checkpoint,
                rows,
            });
        }
        self.run(&network, beginnings, observer)
    }

    fn resources(&self) -> Resources<'a> {
        Resources {
            compute: self.compute,
            train: self.train,
            watched: self.watched,
            stop: self.stop,
        }
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
            let trained = Team::new(self.resources(), network, &rates, team)?.train(observer)?;
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
