//! Trained networks, each in a folder of its own: found there, continued, or trained from scratch.

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail};
use thiserror::Error;

use super::protocol::Training;
use super::watcher::{Interrupted, TrainingProgress, Watcher};
use crate::compute::Compute;
use crate::data::{Dataset, Mnist};
use crate::model::{Conversion, DataRecord, Model, PassTotals};
use crate::platform::block_on;
use crate::store::{Checkpoint, PassRow, RunConfig, RunFolder};
use crate::train::{Ended, Member, Observer, Origin, Score, Session};

/// A trained network and its measurements.
pub struct Trained {
    /// The network.
    pub model: Model,
    /// The course of its training, one row per pass.
    pub rows: Vec<PassRow>,
    /// The penalties [n,class] of the test digits.
    pub penalties: Vec<f32>,
    /// The score of these.
    pub score: Score,
    /// The adapter it was trained on.
    pub adapter: String,
}

/// A folder that does not hold the training it is named after.
#[derive(Debug, Error)]
pub enum WrongFolder {
    /// Its files cannot be used.
    #[error("'{folder}' is no earlier part of this: {source}")]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with them.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It holds another training.
    #[error(
        "'{0}' was trained by another version of the program, another recipe or other data than now"
    )]
    Other(PathBuf),
}

/// Where networks are trained.
pub struct Workshop<'a> {
    /// Where it computes.
    pub compute: &'a Compute,
    /// `--adapter` as it was given.
    pub adapter_choice: String,
    /// The digits.
    pub data: &'a Mnist,
    /// The folder they are from; none for the embedded set.
    pub data_folder: Option<PathBuf>,
    /// How their pixels were turned into MNIST's convention.
    pub conversion: Conversion,
    /// The folder in which each network has one.
    pub folder: PathBuf,
    /// Set to ask it to stop.
    pub stop: &'a AtomicBool,
}

impl Workshop<'_> {
    /// All of `trainings` by name. Complete ones are read from their folders, and those begun are
    /// continued.
    ///
    /// # Errors
    /// [`Interrupted`], or if a training fails, a file cannot be read or written, or a folder holds
    /// another training than its name says.
    pub fn train_all(
        &self,
        trainings: &[Training],
        watcher: &dyn Watcher,
    ) -> Result<HashMap<String, Trained>> {
        let mut speeds = Speeds::default();
        let mut all = HashMap::new();
        for seeds in trainings.chunk_by(Training::differ_in_seed_alone) {
            let mut missing = Vec::new();
            for training in seeds {
                match self.is_complete(training)? {
                    true => self.take(training, "found", &mut all, trainings.len(), watcher)?,
                    false => missing.push(*training),
                }
            }
            let (begun, new): (Vec<_>, Vec<_>) = missing
                .into_iter()
                .partition(|training| self.folder_of(training).checkpoint().is_file());
            for (team, from) in [(begun, Origin::Checkpoint), (new, Origin::Scratch)] {
                if team.is_empty() {
                    continue;
                }
                let mut telling = Telling {
                    watcher,
                    title: describe(&team),
                    waiting: waiting(trainings, &all, &team),
                    team: &team,
                    speeds: &speeds,
                };
                self.train(&team, from, &mut telling)?;
                for training in &team {
                    self.take(training, "trained", &mut all, trainings.len(), watcher)?;
                }
                speeds.learn(&team, &all);
            }
        }
        Ok(all)
    }

    /// Measures a complete training and adds it to `all`, which is going to have `count`.
    fn take(
        &self,
        training: &Training,
        how: &str,
        all: &mut HashMap<String, Trained>,
        count: usize,
        watcher: &dyn Watcher,
    ) -> Result<()> {
        let trained = self.measure(&self.folder_of(training))?;
        let (place, error) = (all.len() + 1, trained.score.error_percent);
        let what = describe(&[*training]);
        watcher.note(&format!(
            "{place} of {count}: {what}: {how}, test error {error:.2} %"
        ));
        all.insert(training.name(), trained);
        Ok(())
    }

    fn folder_of(&self, training: &Training) -> RunFolder {
        RunFolder::open(&self.folder.join(training.name()))
    }

    /// Whether the folder of `training` holds all of it.
    fn is_complete(&self, training: &Training) -> Result<bool> {
        let folder = self.folder_of(training);
        if !folder.checkpoint().is_file() {
            return Ok(false);
        }
        let unusable = |source: Box<dyn Error + Send + Sync>| WrongFolder::Unusable {
            folder: folder.path().to_owned(),
            source,
        };
        let config = folder
            .read_config()
            .map_err(|error| unusable(error.into()))?;
        let expected = self.config(training);
        // Networks of version 0.1.0 have the folder alone.
        let same_data = match &config.trained_on {
            Some(record) => expected.trained_on.as_ref() == Some(record),
            None => config.data == expected.data,
        };
        let same_training = config.recipe == expected.recipe && config.raises.is_empty();
        if config.version != expected.version || !same_training || !same_data {
            bail!(WrongFolder::Other(folder.path().to_owned()));
        }
        let checkpoint = Checkpoint::load(&folder.checkpoint(), &config, training.digits)
            .map_err(|error| unusable(error.into()))?;
        let steps_per_pass = training.digits.div_ceil(config.recipe.batch);
        Ok(checkpoint.state.step == training.passes * steps_per_pass)
    }

    fn config(&self, training: &Training) -> RunConfig {
        RunConfig {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: training.recipe(),
            seed: training.seed,
            seeds: None,
            data: self.data_folder.clone(),
            trained_on: Some(DataRecord {
                conversion: self.conversion,
                train: self.data.train.record_of_first(training.digits),
                test: self.data.test.record(),
            }),
            validation: 0,
            samples: Some(training.digits),
            checkpoint_every: 1,
            adapter_choice: self.adapter_choice.clone(),
            adapter: self.compute.describe(),
            variant: self.compute.variant_at(training.recipe().batch),
            teachers: None,
            raises: Vec::new(),
        }
    }

    /// Trains `team`, which differ in their seed alone, side by side.
    fn train(&self, team: &[Training], from: Origin, telling: &mut Telling) -> Result<()> {
        let mut members = Vec::new();
        for training in team {
            let folder = self.folder_of(training);
            make_folder(folder.path())?;
            let config = self.config(training);
            members.push(Member::new(config, folder));
        }
        let session = Session {
            compute: self.compute,
            members: &members,
            waiting: &[],
            train: &self.first_digits(team[0].digits),
            watched: &self.data.test,
            stop: self.stop,
        };
        let summary = session.train(from, telling);
        let summary = summary.with_context(|| format!("training {}", describe(team)))?;
        if summary.ended == Ended::Interrupted {
            bail!(Interrupted);
        }
        Ok(())
    }

    fn first_digits(&self, digits: usize) -> Dataset {
        self.data.train.clone().take_first(digits)
    }

    /// Reads the result of a complete training and sends the test digits through it.
    fn measure(&self, folder: &RunFolder) -> Result<Trained> {
        let model = Model::load(&folder.model())?;
        let test = &self.data.test;
        let penalties = block_on(self.compute.penalties(&model.network, &model.arena, test))?;
        Ok(Trained {
            score: Score::of(&penalties, test),
            rows: folder.read_metrics()?,
            adapter: folder.read_config()?.adapter,
            penalties,
            model,
        })
    }
}

/// Makes a folder and those above it, unless they exist.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)
        .with_context(|| format!("cannot make the folder '{}'", path.display()))
}

/// Trainings that differ in their seed alone, in words.
fn describe(team: &[Training]) -> String {
    let Training { passes, digits, .. } = team[0];
    let seeds: Vec<String> = team.iter().map(|one| one.seed.to_string()).collect();
    let (plural, seeds) = (if seeds.len() > 1 { "s" } else { "" }, seeds.join(", "));
    let recipe = team[0].network();
    format!("{recipe}, {digits} digits, {passes} passes, seed{plural} {seeds}")
}

/// The trainings that are neither done nor under way.
fn waiting(
    trainings: &[Training],
    done: &HashMap<String, Trained>,
    under_way: &[Training],
) -> Vec<Training> {
    let waits = |training: &&Training| {
        !done.contains_key(&training.name()) && !under_way.contains(training)
    };
    trainings.iter().filter(waits).copied().collect()
}

/// Digits per second by recipe, as measured so far.
#[derive(Default)]
struct Speeds {
    by_recipe: HashMap<&'static str, f64>,
    latest: Option<f64>,
}

impl Speeds {
    /// Takes the speed of `team`, which was trained side by side and is in `all` now.
    fn learn(&mut self, team: &[Training], all: &HashMap<String, Trained>) {
        let rows = team
            .iter()
            .filter_map(|training| all[&training.name()].rows.last());
        let together: f64 = rows.map(|row| row.samples_per_second).sum();
        self.by_recipe.insert(team[0].preset.name(), together);
        self.latest = Some(together);
    }

    /// The speed of `training`'s recipe, or of the latest recipe where that one is still unknown.
    fn of(&self, training: &Training) -> Option<f64> {
        let own = self.by_recipe.get(training.preset.name());
        own.copied().or(self.latest)
    }
}

/// Tells a watcher about the progress of a team.
struct Telling<'a> {
    watcher: &'a dyn Watcher,
    team: &'a [Training],
    waiting: Vec<Training>,
    title: String,
    speeds: &'a Speeds,
}

impl Telling<'_> {
    /// Digits to be shown to the whole team.
    fn presentations(&self) -> usize {
        self.team.iter().map(Training::presentations).sum()
    }

    /// Seconds until everything is trained, if the rest of the team goes at `speed`.
    fn seconds_left(&self, shown: usize, speed: f64) -> f64 {
        let own = self.presentations().saturating_sub(shown) as f64 / speed;
        let others = self.waiting.iter();
        let others = others.map(|training| {
            let speed = self.speeds.of(training).unwrap_or(speed);
            training.presentations() as f64 / speed
        });
        own + others.sum::<f64>()
    }
}

impl Observer for Telling<'_> {
    fn progress(&mut self, pass: usize, totals: &PassTotals, samples: usize) {
        if totals.seconds <= 0.0 {
            return;
        }
        let speed = totals.count as f64 / totals.seconds;
        self.watcher.progress(&TrainingProgress {
            title: &self.title,
            shown: samples,
            presentations: self.presentations(),
            pass,
            digits_per_second: speed,
            seconds_left: self.seconds_left(samples, speed),
        });
    }

    fn pass_done(&mut self, _: u32, _: &PassRow) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Preset;

    struct Deaf;

    impl Watcher for Deaf {
        fn note(&self, _: &str) {}
        fn progress(&self, _: &TrainingProgress) {}
    }

    #[test]
    fn time_left_counts_the_waiting_at_their_own_speed() {
        let training = |preset, seed| Training {
            preset,
            subsampling: preset.recipe().choices.subsampling,
            passes: 2,
            digits: 100,
            seed,
        };
        let mut speeds = Speeds::default();
        speeds.by_recipe.insert("sgd", 50.0);
        let waiting = [training(Preset::Sgd, 0), training(Preset::Plain, 1)];
        let telling = Telling {
            watcher: &Deaf,
            team: &[training(Preset::Plain, 0)],
            waiting: waiting.to_vec(),
            title: String::new(),
            speeds: &speeds,
        };
        // 100 of 200 left at 10 per second, 200 at 50, and 200 at 10 as long as nothing is known.
        assert_eq!(telling.seconds_left(100, 10.0), 10.0 + 4.0 + 20.0);
    }
}
