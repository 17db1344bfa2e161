//! Sessions: runs are trained from their start or their checkpoints to their end.

use std::sync::atomic::AtomicBool;

use super::SessionError;
use super::member::{Beginning, Ended, Member, Observer, Summary};
use super::team::{Resources, Team};
use crate::compute::Compute;
use crate::data::Dataset;
use crate::data::strings::among_neighbours;
use crate::model::{Network, Recipe};
use crate::store::{Checkpoint, RunConfig, RunError, RunFolder};
use crate::train::step_rates;

/// One run, or several that differ only in their seeds and are trained in parallel as far as the
/// adapter allows.
pub struct Session<'a> {
    /// Where the networks are computed.
    pub compute: &'a Compute,
    /// The runs: at least one.
    pub members: &'a [Member],
    /// Runs that are trained later, and learn from these: what they are started with is written down together
    /// with them, so that all can be resumed.
    pub waiting: &'a [Member],
    /// The digits they are trained on, or that the fields are made of which they are trained on.
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

    /// Starts new runs. Where one cannot be begun, for want of memory for instance, no file is left.
    ///
    /// # Errors
    /// If the adapter fails, training diverges, a file cannot be written, or a run has files already.
    pub fn start(&self, observer: &mut impl Observer) -> Result<Summary, SessionError> {
        self.on_fields(|session| session.start_on(observer))
    }

    fn start_on(&self, observer: &mut impl Observer) -> Result<Summary, SessionError> {
        let network = self.network();
        let members = self.members.iter();
        let beginnings = members.map(|member| Beginning::new(member, &network));
        let write_first = || {
            for member in self.waiting {
                member.write_first()?;
            }
            for member in self.members {
                member.write_first()?;
                let first = Checkpoint::first(&network, &member.config);
                first.save(&member.folder.checkpoint())?;
            }
            Ok(())
        };
        self.run(&network, beginnings.collect(), write_first, observer)
    }

    /// Continues the runs from their last checkpoints, by the settings of the members, which may plan for
    /// more passes than those in the folders. Runs without a file are begun.
    ///
    /// # Errors
    /// As [`Session::start`], and if a checkpoint is missing or unusable.
    pub fn resume(&self, observer: &mut impl Observer) -> Result<Summary, SessionError> {
        self.on_fields(|session| session.resume_on(observer))
    }

    /// `work` on this session, or on the same with the fields that its recipe makes of the digits.
    fn on_fields<R>(&self, work: impl FnOnce(&Session) -> R) -> R {
        match self.recipe().string_fields {
            0 => work(self),
            per_digit => work(&Session {
                train: &among_neighbours(self.train, per_digit),
                ..*self
            }),
        }
    }

    fn resume_on(&self, observer: &mut impl Observer) -> Result<Summary, SessionError> {
        let network = self.network();
        let (mut beginnings, mut changed) = (Vec::new(), Vec::new());
        for member in self.members {
            let Member { config, folder, .. } = member;
            if folder.is_untouched() {
                beginnings.push(Beginning::new(member, &network));
                changed.extend(changed_before_the_start(member)?);
                continue;
            }
            let beginning = Beginning::from_checkpoint(member, self.train.len())?;
            let recorded = folder.read_config()?;
            if recorded != *config {
                let step = beginning.checkpoint.state.step;
                changed.push((folder, recorded.followed_by(step, config)));
            }
            beginnings.push(beginning);
        }
        for member in self.waiting {
            changed.extend(changed_before_the_start(member)?);
        }
        let write_first = || {
            let all = self.waiting.iter().chain(self.members);
            for member in all.filter(|member| !member.folder.has_config()) {
                member.write_first()?;
            }
            for Member { config, folder, .. } in self.members {
                if folder.is_untouched() {
                    Checkpoint::first(&network, config).save(&folder.checkpoint())?;
                }
            }
            for (folder, config) in &changed {
                folder.rewrite_config(config)?;
            }
            Ok(())
        };
        self.run(&network, beginnings, write_first, observer)
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

    /// Trains all members to the end, one team after another. `write_first` writes what has to be in their
    /// folders, so that those waiting for their turn can be resumed too.
    fn run(
        &self,
        network: &Network,
        beginnings: Vec<Beginning>,
        write_first: impl FnOnce() -> Result<(), RunError>,
        observer: &mut impl Observer,
    ) -> Result<Summary, SessionError> {
        let checked = self.recipe().check_length(self.train.len());
        checked.map_err(|error| SessionError::Train(error.into()))?;
        let rates = step_rates(self.recipe(), self.train.len());
        let teachers = self.members[0].teachers.iter();
        let networks = teachers.map(|teacher| &teacher.network).chain([network]);
        let most = networks.map(|network| self.compute.most_models(network, self.recipe()));
        let most = most.min().expect("there is a network");
        let team_of = |beginnings| Team::new(self.resources(), network, &rates, beginnings);
        let mut teams = teams(beginnings, most).into_iter();
        let first = team_of(teams.next().expect("a session has members"))?;
        write_first()?;
        let mut summary = first.train(observer)?;
        for beginnings in teams {
            if summary.ended == Ended::Interrupted {
                break;
            }
            summary = summary.followed_by(team_of(beginnings)?.train(observer)?);
        }
        Ok(summary)
    }
}

/// The folder of `member`, which has made no step, and its settings, if others are recorded there.
fn changed_before_the_start(member: &Member) -> Result<Option<(&RunFolder, RunConfig)>, RunError> {
    let Member { config, folder, .. } = member;
    let is_changed = folder.has_config() && folder.read_config()? != *config;
    Ok(is_changed.then(|| (folder, config.clone())))
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
