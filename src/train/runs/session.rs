//! Sessions: runs are trained from their start or their checkpoints to their end.

use std::sync::atomic::AtomicBool;

use super::SessionError;
use super::member::{Beginning, Ended, Member, Observer, Summary};
use super::team::{Resources, Team};
use crate::compute::Compute;
use crate::data::Dataset;
use crate::model::{Network, Parameters, PassTotals, Recipe, TrainingState};
use crate::store::Checkpoint;
use crate::train::step_rates;

/// One run, or several that differ only in their seeds and are trained in parallel as far as the
/// adapter allows.
pub struct Session<'a> {
    /// Where the networks are computed.
    pub compute: &'a Compute,
    /// The runs: at least one.
    pub members: &'a [Member],
    /// The digits they are trained on.
    pub train: &'a Dataset,
    /// The digits their error is measured on after each pass.
    pub watched: &'a Dataset,
    /// To be set to ask the session to stop.
    pub stop: &'a AtomicBool,
}

/// What runs begin from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Initial weights: they are new.
    Scratch,
    /// Their last checkpoints.
    Checkpoint,
}

impl<'a> Session<'a> {
    /// Starts new runs, or continues those there are.
    ///
    /// # Errors
    /// As [`Session::start`] and [`Session::resume`].
    pub fn train(
        &self,
        from: Origin,
        observer: &mut impl Observer,
    ) -> Result<Summary, SessionError> {
        match from {
            Origin::Scratch => self.start(observer),
            Origin::Checkpoint => self.resume(observer),
        }
    }

    /// Starts new runs.
    ///
    /// # Errors
    /// If the adapter fails, training diverges, or a file cannot be written.
    pub fn start(&self, observer: &mut impl Observer) -> Result<Summary, SessionError> {
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
    pub fn resume(&self, observer: &mut impl Observer) -> Result<Summary, SessionError> {
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

    /// The recipe of all members.
    fn recipe(&self) -> &'a Recipe {
        &self.members[0].config.recipe
    }

    fn network(&self) -> Network {
        Network::of(self.recipe().choices)
    }

    /// Trains all members to the end, one team after another.
    fn run(
        &self,
        network: &Network,
        beginnings: Vec<Beginning>,
        observer: &mut impl Observer,
    ) -> Result<Summary, SessionError> {
        let rates = step_rates(self.recipe(), self.train.len());
        let most = self.compute.most_models(network, self.recipe());
        let teams = teams(beginnings, most);
        // So that those waiting for their turn can be resumed too.
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

/// Groups of members that can be trained in parallel: at most `most`, all after the same number of
/// steps. The numbers may differ where a session was killed between the checkpoints of two members.
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
