//! Trained networks, each in a folder of its own: made, continued, or found there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail, ensure};

use super::protocol::Training;
use super::{Interrupted, Progress, Watcher};
use crate::data::{Dataset, Mnist};
use crate::model::{Network, Parameters};
use crate::train::{
    Checkpoint, Compute, Ended, Model, Observer, PassRow, PassTotals, RunConfig, RunFolder, Score,
    Session,
};

/// A network that has been trained, and how it did.
pub struct Trained {
    /// The network.
    pub model: Model,
    /// How training went, a row a pass.
    pub rows: Vec<PassRow>,
    /// The penalties [n,class] of the test digits.
    pub penalties: Vec<f32>,
    /// What they amount to.
    pub score: Score,
    /// The adapter it was trained on.
    pub adapter: String,
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
    /// The folder in which each network has one.
    pub folder: PathBuf,
    /// Set to ask it to stop.
    pub stop: &'a AtomicBool,
}

impl Workshop<'_> {
    /// All of `trainings` by name, in their order: those that are there are read, those begun are
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
        for (place, training) in trainings.iter().enumerate() {
            let mut telling = Telling {
                watcher,
                training,
                waiting: &trainings[place + 1..],
                title: format!(
                    "{} of {}: {}",
                    place + 1,
                    trainings.len(),
                    describe(training)
                ),
                speeds: &speeds,
            };
            let folder = RunFolder::open(&self.folder.join(training.name()));
            let found = self.is_complete(training, &folder)?;
            if !found {
                self.train(training, &folder, &mut telling)?;
            }
            let title = telling.title;
            let trained = self.measure(&folder)?;
            speeds.learn(training, &trained.rows);
            let error = trained.score.error_percent;
            let how = if found { "found" } else { "trained" };
            watcher.note(&format!("{title}: {how}, test error {error:.2} %"));
            all.insert(training.name(), trained);
        }
        Ok(all)
    }

    /// Whether `folder` holds the training from beginning to end.
    fn is_complete(&self, training: &Training, folder: &RunFolder) -> Result<bool> {
        if !folder.checkpoint().is_file() {
            return Ok(false);
        }
        let path = folder.path().display();
        let advice =
            || format!("'{path}' is no earlier part of this: delete it, or choose another --out");
        let config = folder.read_config().with_context(advice)?;
        let expected = self.config(training);
        ensure!(
            config.recipe == expected.recipe && config.data == expected.data,
            "'{path}' was trained with another recipe or other data than now: delete it, or choose \
             another --out"
        );
        let network = Network::of(config.recipe.choices);
        let arena_len = Parameters::of(&network).arena_len();
        let checkpoint = Checkpoint::load(&folder.checkpoint(), arena_len).with_context(advice)?;
        let steps_a_pass = training.digits.div_ceil(config.recipe.batch);
        Ok(checkpoint.state.step == training.passes * steps_a_pass)
    }

    fn config(&self, training: &Training) -> RunConfig {
        RunConfig {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: training.recipe(),
            seed: training.seed,
            data: self.data_folder.clone(),
            validation: 0,
            samples: Some(training.digits),
            checkpoint_every: 1,
            adapter_choice: self.adapter_choice.clone(),
            adapter: self.compute.describe(),
            variant: self.compute.variant(),
        }
    }

    fn train(&self, training: &Training, folder: &RunFolder, telling: &mut Telling) -> Result<()> {
        make_folder(folder.path())?;
        let begun = folder.checkpoint().is_file();
        let config = self.config(training);
        let session = Session {
            compute: self.compute,
            config: &config,
            folder,
            train: &self.first_digits(training.digits),
            watched: &self.data.test,
            stop: self.stop,
        };
        let summary = match begun {
            true => session.resume(telling),
            false => session.start(telling),
        };
        let summary = summary.with_context(|| format!("training {}", training.name()))?;
        if summary.ended == Ended::Interrupted {
            bail!(Interrupted);
        }
        Ok(())
    }

    fn first_digits(&self, digits: usize) -> Dataset {
        self.data.train.clone().take_first(digits)
    }

    /// Reads a complete training and sends the test digits through it.
    fn measure(&self, folder: &RunFolder) -> Result<Trained> {
        let model = Model::load(&folder.model())?;
        let test = &self.data.test;
        let penalties = self.compute.penalties(&model.network, &model.arena, test)?;
        Ok(Trained {
            score: Score::of(&penalties, test),
            rows: folder.read_metrics()?,
            adapter: folder.read_config()?.adapter,
            penalties,
            model,
        })
    }
}

/// Makes a folder and those above it where they are not there yet.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)
        .with_context(|| format!("cannot make the folder '{}'", path.display()))
}

fn describe(training: &Training) -> String {
    format!(
        "{}, {} digits, {} passes, seed {}",
        training.preset.name(),
        training.digits,
        training.passes,
        training.seed
    )
}

/// Digits a second by recipe, as measured so far.
#[derive(Default)]
struct Speeds {
    by_recipe: HashMap<String, f64>,
    latest: Option<f64>,
}

impl Speeds {
    fn learn(&mut self, training: &Training, rows: &[PassRow]) {
        if let Some(row) = rows.last() {
            let recipe = training.preset.name();
            self.by_recipe.insert(recipe, row.samples_per_second);
            self.latest = Some(row.samples_per_second);
        }
    }

    /// Of a recipe not seen yet, the speed of the one seen last.
    fn of(&self, training: &Training) -> Option<f64> {
        let own = self.by_recipe.get(&training.preset.name());
        own.copied().or(self.latest)
    }
}

/// Tells a watcher how far one training of several is.
struct Telling<'a> {
    watcher: &'a dyn Watcher,
    training: &'a Training,
    waiting: &'a [Training],
    title: String,
    speeds: &'a Speeds,
}

impl Telling<'_> {
    /// Seconds until all is trained, if the rest of this goes at `speed`.
    fn seconds_left(&self, shown: usize, speed: f64) -> f64 {
        let own = self.training.presentations().saturating_sub(shown) as f64 / speed;
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
        self.watcher.progress(&Progress {
            title: &self.title,
            shown: samples,
            presentations: self.training.presentations(),
            pass,
            digits_per_second: speed,
            seconds_left: self.seconds_left(samples, speed),
        });
    }

    fn pass_done(&mut self, _: &PassRow) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Preset;

    struct Deaf;

    impl Watcher for Deaf {
        fn note(&self, _: &str) {}
        fn progress(&self, _: &Progress) {}
    }

    #[test]
    fn time_left_counts_the_waiting_at_their_own_speed() {
        let training = |preset, seed| Training {
            preset,
            passes: 2,
            digits: 100,
            seed,
        };
        let mut speeds = Speeds::default();
        speeds.by_recipe.insert("sgd".to_owned(), 50.0);
        let waiting = [training(Preset::Sgd, 0), training(Preset::Plain, 1)];
        let telling = Telling {
            watcher: &Deaf,
            training: &training(Preset::Plain, 0),
            waiting: &waiting,
            title: String::new(),
            speeds: &speeds,
        };
        // 100 of 200 left at 10 a second, 200 at 50, and 200 at 10 as long as nothing is known.
        assert_eq!(telling.seconds_left(100, 10.0), 10.0 + 4.0 + 20.0);
    }
}
