//! The trainings of a sweep: those that are done are found, those begun are continued, and several are
//! under way at the same time where one does not feed all threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};

use super::threads::{shares, side_by_side};
use super::{Combination, Description, End, Measured, Outcome, Plan, Shard, SweepFolder};
use crate::compute::Compute;
use crate::cpu;
use crate::data::Dataset;
use crate::model::{Model, PassTotals};
use crate::platform::block_on;
use crate::store::{PassRow, RunConfig, RunFolder, TeacherSource};
use crate::train::{Ended, Member, Observer, Session, SessionError, Summary, wrong_answers};

/// Receives news of a sweep, from several threads.
pub trait Watcher: Sync {
    /// Something worth a line.
    fn note(&self, line: &str);
    /// These combinations, by their places, are to be trained or continued.
    fn begins(&self, places: &[usize]);
    /// The combination at `place` is in pass `pass`, from 1, and its networks together have seen `samples`.
    fn progress(&self, place: usize, pass: usize, samples: usize);
    /// The combination at `place` is done.
    fn done(&self, place: usize, how: How, outcome: &Outcome);
}

/// How a combination came to its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was there already.
    Found,
    /// It was trained to its end just now.
    Trained,
}

/// A sweep, or a part of one, that is ready to be trained.
pub struct Training<'a> {
    /// Where its files are.
    pub folder: &'a SweepFolder,
    /// What it was started with.
    pub description: &'a Description,
    /// Where each combination is computed, in their order.
    pub computes: &'a [Compute],
    /// The digits that are trained on.
    pub train: &'a Dataset,
    /// The digits that the error is measured on.
    pub held_out: &'a Dataset,
    /// The models that combinations learn from.
    pub teachers: &'a [Model],
    /// Set to ask it to stop; if a combination fails, it is set for the others.
    pub stop: &'a AtomicBool,
}

impl Training<'_> {
    /// Trains the combinations in `shard` that are not done yet.
    ///
    /// # Errors
    /// If an adapter fails, a file cannot be read or written, or a folder holds something else than its
    /// combination. A training that diverges is no error, but an outcome.
    pub fn run(&self, shard: Shard, watcher: &impl Watcher) -> Result<Ended> {
        let mut missing = Vec::new();
        for place in (0..self.plan().combinations.len()).filter(|&place| shard.has(place)) {
            match self.folder.outcome(self.plan(), place)? {
                Some(outcome) => watcher.done(place, How::Found, &outcome),
                None => missing.push(place),
            }
        }
        watcher.begins(&missing);
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(&place) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                let ended = self.train(place, watcher);
                if ended.is_err() {
                    self.stop.store(true, Ordering::Relaxed);
                }
                if !matches!(ended, Ok(Ended::Completed)) {
                    return ended;
                }
            }
            Ok(Ended::Completed)
        };
        match self.shares_of_threads(&missing)[..] {
            [] | [_] => work(),
            ref shares => side_by_side(shares, work),
        }
    }

    fn plan(&self) -> &Plan {
        &self.description.plan
    }

    fn combination(&self, place: usize) -> &Combination {
        &self.plan().combinations[place]
    }

    /// How many threads each of those gets that are trained at the same time. The seeds of a combination
    /// are trained side by side, each on a thread. What threads are left, others are trained on; on an
    /// adapter there are none to share.
    fn shares_of_threads(&self, places: &[usize]) -> Vec<usize> {
        let is_on_cpu = |&place: &usize| matches!(self.computes[place], Compute::Cpu);
        match places.iter().all(is_on_cpu) {
            true => shares(cpu::thread_count(), self.plan().seeds.len(), places.len()),
            false => vec![1],
        }
    }

    /// Trains or continues the combination at `place`, and keeps what comes of it.
    fn train(&self, place: usize, watcher: &impl Watcher) -> Result<Ended> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(Ended::Interrupted);
        }
        let run = self.folder.run(self.plan(), place);
        let name = || {
            format!(
                "training '{}' in '{}' (to train it anew, move that folder away and use --resume)",
                self.combination(place).name(),
                run.path().display()
            )
        };
        make_folder(&run)?;
        let _lock = run.lock().with_context(name)?;
        // Another program may have been at it until just now.
        if let Some(outcome) = self.folder.outcome(self.plan(), place)? {
            watcher.done(place, How::Found, &outcome);
            return Ok(Ended::Completed);
        }
        let members = self.members(place, &run).with_context(name)?;
        let compute = self.compute(place, &members[0].config, watcher);
        let session = Session {
            compute: &compute,
            members: &members,
            waiting: &[],
            train: self.train,
            watched: self.held_out,
            stop: self.stop,
        };
        let end = match session.resume(&mut Telling { place, watcher }) {
            Ok(summary) if summary.ended == Ended::Interrupted => return Ok(Ended::Interrupted),
            Ok(summary) => self.measure(&compute, &summary).with_context(name)?,
            Err(SessionError::Diverged { source, .. }) => End::Diverged {
                reason: source.to_string(),
            },
            Err(error) => return Err(error).with_context(name),
        };
        let outcome = Outcome {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            adapter: compute.describe(),
            end,
        };
        self.folder.keep(self.plan(), place, &outcome)?;
        watcher.done(place, How::Trained, &outcome);
        Ok(Ended::Completed)
    }

    /// What the networks of `summary` do with the digits held out.
    fn measure(&self, compute: &Compute, summary: &Summary) -> Result<End> {
        let mut seeds = Vec::new();
        for (seed, model) in &summary.models {
            let penalties = compute.penalties(&model.network, &model.arena, self.held_out);
            seeds.push(Measured {
                seed: *seed,
                wrong: wrong_answers(&block_on(penalties)?, self.held_out),
            });
        }
        Ok(End::Measured {
            seconds: summary.seconds,
            seeds,
        })
    }

    /// The runs of the combination at `place` in the folder `run`: by their own settings if they were begun.
    fn members(&self, place: usize, run: &RunFolder) -> Result<Vec<Member>> {
        let mut members = Member::all(&self.config(place), run);
        for Member {
            config,
            folder,
            teachers,
        } in &mut members
        {
            if config.recipe.has_teachers() {
                *teachers = self.teachers.to_vec();
            }
            if folder.has_config() {
                let recorded = folder.read_config()?;
                ensure!(
                    is_same_training(&recorded, config),
                    "'{}' holds another training than this one: move it away, and --resume trains this one",
                    folder.path().display()
                );
                *config = recorded;
            }
        }
        Ok(members)
    }

    /// The settings of the run of the first seed of the combination at `place`.
    fn config(&self, place: usize) -> RunConfig {
        let (description, plan, compute) = (self.description, self.plan(), &self.computes[place]);
        let recipe = self.combination(place).recipe.clone();
        RunConfig {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: plan.seeds.start,
            seeds: (plan.seeds.len() > 1).then(|| plan.seeds.clone()),
            data: description.data.clone(),
            trained_on: Some(plan.trained_on.clone()),
            validation: plan.validation,
            samples: plan.samples,
            checkpoint_every: description.checkpoint_every,
            adapter_choice: description.adapter_choice.clone(),
            adapter: compute.describe(),
            variant: compute.variant_at(recipe.batch),
            teachers: recipe.has_teachers().then(|| TeacherSource::Given {
                checksums: plan.teachers.clone(),
            }),
            raises: Vec::new(),
            recipe,
        }
    }

    /// What the run of `config` at `place` is computed on. If it was begun there, it is continued with the
    /// kernels that it was begun with.
    fn compute(&self, place: usize, config: &RunConfig, watcher: &impl Watcher) -> Compute {
        let compute = self.computes[place].clone();
        if compute.is_like(&config.adapter) {
            return compute.with_variant(config.variant);
        }
        watcher.note(&format!(
            "'{}' was begun on {}: another adapter continues it, but not bit for bit.",
            self.combination(place).name(),
            config.adapter
        ));
        compute
    }
}

/// Whether a run by `recorded` leads to what one by `planned` leads to, adapters aside.
fn is_same_training(recorded: &RunConfig, planned: &RunConfig) -> bool {
    let RunConfig {
        version,
        data,
        checkpoint_every,
        adapter_choice,
        adapter,
        variant,
        ..
    } = planned.clone();
    let same = RunConfig {
        version,
        data,
        checkpoint_every,
        adapter_choice,
        adapter,
        variant,
        ..recorded.clone()
    };
    same == *planned
}

fn make_folder(run: &RunFolder) -> Result<()> {
    let path = run.path();
    std::fs::create_dir_all(path)
        .with_context(|| format!("cannot make the folder '{}'", path.display()))
}

/// Tells a watcher about the progress of the combination at a place.
struct Telling<'a, W> {
    place: usize,
    watcher: &'a W,
}

impl<W: Watcher> Observer for Telling<'_, W> {
    fn progress(&mut self, pass: usize, _: &PassTotals, samples: usize) {
        self.watcher.progress(self.place, pass, samples);
    }

    fn pass_done(&mut self, _: u32, _: &PassRow) {}
}
