//! Members of a session that are trained in parallel.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::SessionError;
use super::member::{Beginning, Ended, Member, Observer, Summary};
use crate::compute::{Classifier, Compute};
use crate::data::Dataset;
use crate::model::{Model, Network, Optimiser, Parameters, PassTotals, Recipe, TrainingState};
use crate::platform::block_on;
use crate::store::{Checkpoint, PassRow, RunError};
use crate::train::course::Course;
use crate::train::{Score, TrainError, effective_rates};
use crate::trainer::{Rates, TrainingTask};

/// A member under way.
struct Runner<'a> {
    member: &'a Member,
    rows: Vec<PassRow>,
}

/// The state of a member, and the model in it.
type Trained = (TrainingState, Model);

/// What a pass led all members to.
struct PassResults {
    /// What each measured in the pass.
    totals: Vec<PassTotals>,
    models: Vec<Trained>,
    /// [n,class] that each gives the watched digits.
    penalties: Vec<Vec<f32>>,
}

/// What all members of a session share.
#[derive(Clone, Copy)]
pub(super) struct Resources<'a> {
    /// Where the networks are computed.
    pub compute: &'a Compute,
    /// The digits they are trained on.
    pub train: &'a Dataset,
    /// The digits their error is measured on after each pass.
    pub watched: &'a Dataset,
    /// Set when they are to stop.
    pub stop: &'a AtomicBool,
}

impl Resources<'_> {
    fn is_asked_to_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Members of a session that have made the same number of steps.
pub(super) struct Team<'a> {
    resources: Resources<'a>,
    network: &'a Network,
    recipe: &'a Recipe,
    rates: &'a dyn Rates,
    course: Course<'a>,
    /// The network on the watched digits; `None` if there are none.
    watched: Option<Classifier<'a>>,
    runners: Vec<Runner<'a>>,
}

impl<'a> Team<'a> {
    pub fn new(
        resources: Resources<'a>,
        network: &'a Network,
        rates: &'a dyn Rates,
        beginnings: Vec<Beginning<'a>>,
    ) -> Result<Self, SessionError> {
        let recipe = &beginnings[0].member.config.recipe;
        let (mut seeds, mut states, mut totals) = (Vec::new(), Vec::new(), Vec::new());
        let mut runners = Vec::new();
        let mut teachers = Vec::new();
        for beginning in beginnings {
            if beginning.member.config.recipe.has_teachers() {
                teachers.push(&beginning.member.teachers[..]);
            }
            let Checkpoint { state, pass } = beginning.checkpoint;
            seeds.push(beginning.member.config.seed);
            states.push(state);
            totals.push(pass);
            runners.push(Runner {
                member: beginning.member,
                rows: beginning.rows,
            });
        }
        let task = TrainingTask {
            network,
            recipe,
            rates,
            data: resources.train,
            seeds,
            states,
            teachers,
        };
        let Resources {
            compute, watched, ..
        } = resources;
        let classifier = || {
            let arena = &task.states[0].parameter;
            Classifier::new(compute, network, arena, watched, Classifier::BATCH)
        };
        Ok(Self {
            watched: (!watched.is_empty()).then(classifier).transpose()?,
            course: Course::new(compute, &task, totals)?,
            resources,
            network,
            recipe,
            rates,
            runners,
        })
    }

    /// Trains to the end, or until asked to stop.
    pub fn train(mut self, observer: &mut impl Observer) -> Result<Summary, SessionError> {
        while !self.course.is_over() {
            let pass = self.course.pass();
            if !self.train_pass(pass, observer)? {
                return self.finish_now(Ended::Interrupted);
            }
            let models = self.finish_pass(pass, observer)?;
            if self.course.is_over() {
                return self.finish(Ended::Completed, models);
            }
            // A fast adapter has all of a short pass under way before it can be asked to stop. What has
            // been begun of the next pass is given up.
            if self.resources.is_asked_to_stop() {
                return self.finish(Ended::Interrupted, models);
            }
        }
        self.finish_now(Ended::Completed)
    }

    /// Trains to the end of pass `pass`, or until asked to stop, and shows the first network whenever the
    /// observer wants to look. Returns whether it got to the end.
    fn train_pass(
        &mut self,
        pass: usize,
        observer: &mut impl Observer,
    ) -> Result<bool, SessionError> {
        let steps_per_pass = self.resources.train.len().div_ceil(self.recipe.batch);
        loop {
            let step = self.course.step();
            let look = observer.next_look(step);
            if look == Some(step) {
                let models = block_on(self.course.models())?;
                let totals = PassTotals::of_all(self.course.totals().iter());
                observer.look(step, &models[0].1, &totals);
            }
            if step == pass * steps_per_pass {
                return Ok(true);
            }
            let look = observer.next_look(step + 1);
            let most = look.map_or(usize::MAX, |look| look - step);
            if !self.train_steps(pass, most, observer)? {
                return Ok(false);
            }
        }
    }

    /// Makes the next `most` steps, but none beyond pass `pass`, or stops when asked to. Returns whether
    /// all were made.
    fn train_steps(
        &mut self,
        pass: usize,
        most: usize,
        observer: &mut impl Observer,
    ) -> Result<bool, SessionError> {
        let (resources, models) = (self.resources, self.runners.len());
        let seen_before = models * (pass - 1) * resources.train.len();
        let training = self.course.train_pass(most, |totals| {
            observer.progress(pass, totals, seen_before + totals.count);
            match resources.is_asked_to_stop() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        block_on(training).map_err(|error| self.with_folder(error))
    }

    /// Measures and records what a pass led to, and saves it where that is due, while an adapter begins
    /// the next pass. Returns the models after the pass.
    fn finish_pass(
        &mut self,
        pass: usize,
        observer: &mut impl Observer,
    ) -> Result<Vec<Trained>, SessionError> {
        // Who looks at steps within a pass needs the state after just these.
        let looks = observer.next_look(self.course.step() + 1).is_some();
        let results = self.end_pass(pass, !looks)?;
        for place in 0..self.runners.len() {
            let row = self.row(pass, place, &results);
            let runner = &mut self.runners[place];
            observer.pass_done(runner.member.config.seed, &row);
            runner.rows.push(row);
            runner.record()?;
            let is_last = pass == self.recipe.passes;
            if is_last || pass.is_multiple_of(runner.member.config.checkpoint_every) {
                runner.save(&results.models[place], PassTotals::default())?;
            }
        }
        Ok(results.models)
    }

    /// Asks for what pass `pass`, which is complete, led to, has an adapter begin the next pass after
    /// that, if it may work `ahead`, and waits for the former.
    fn end_pass(&mut self, pass: usize, ahead: bool) -> Result<PassResults, SessionError> {
        let models = self.course.models();
        let watched = self.watched.as_ref();
        let penalties = watched.map(|watched| self.course.penalties(watched));
        let totals = self.course.take_totals();
        if ahead && !self.resources.is_asked_to_stop() {
            block_on(self.course.begin_ahead())?;
        }
        let asked = async {
            let models = models.await?;
            let penalties = match penalties {
                Some(penalties) => penalties.await?,
                None => vec![Vec::new(); models.len()],
            };
            Ok((models, penalties))
        };
        let (models, penalties) = block_on(self.course.arrival(asked))?;
        let finite = self.course.ensure_finite_models(pass, &models);
        finite.map_err(|error| self.with_folder(error.into()))?;
        Ok(PassResults {
            totals,
            models,
            penalties,
        })
    }

    /// The row of pass `pass` of the run at place `place`.
    fn row(&self, pass: usize, place: usize, results: &PassResults) -> PassRow {
        let totals = &results.totals[place];
        let held_out = self.runners[place].member.config.validation > 0;
        let score = Score::of(&results.penalties[place], self.resources.watched);
        let error_percent = Some(score.error_percent);
        let (state, _) = &results.models[place];
        let effective = self.effective_rates(state, pass);
        PassRow {
            pass,
            training_loss: totals.mean_loss(),
            training_error_percent: totals.error_percent(),
            validation_error_percent: error_percent.filter(|_| held_out),
            test_error_percent: error_percent.filter(|_| !held_out),
            samples_per_second: totals.count as f64 / totals.seconds,
            seconds: totals.seconds,
            lowest_rate: effective.map(|[lowest, _]| lowest),
            highest_rate: effective.map(|[_, highest]| highest),
        }
    }

    /// The lowest and highest rate that SDLM gave a parameter at the start of pass `pass`, whose
    /// second derivatives are in `state`.
    fn effective_rates(&self, state: &TrainingState, pass: usize) -> Option<[f64; 2]> {
        let recipe = self.recipe;
        if recipe.optimiser != Optimiser::Sdlm {
            return None;
        }
        let steps_per_pass = self.resources.train.len().div_ceil(recipe.batch);
        let rate = self.rates.at((pass - 1) * steps_per_pass).rate;
        let parameters = Parameters::of(self.network);
        let curvature = &state.second_moment;
        Some(effective_rates(
            &parameters,
            rate,
            recipe.damping,
            curvature,
        ))
    }

    /// Ends with the models as they are now.
    fn finish_now(self, ended: Ended) -> Result<Summary, SessionError> {
        let models = block_on(self.course.models())?;
        self.finish(ended, models)
    }

    /// Ends with `models`, which are saved if they are to be continued.
    fn finish(self, ended: Ended, models: Vec<Trained>) -> Result<Summary, SessionError> {
        let totals = self.course.totals();
        let mut summary = Summary {
            ended,
            passes: self.runners[0].rows.len(),
            seconds: self.runners[0].seconds() + totals[0].seconds,
            samples: 0,
            models: Vec::new(),
        };
        for ((runner, &totals), trained) in self.runners.iter().zip(totals).zip(models) {
            if ended == Ended::Interrupted {
                runner.save(&trained, totals)?;
            }
            let (_, model) = trained;
            summary.samples += runner.rows.len() * self.resources.train.len() + totals.count;
            summary.models.push((runner.member.config.seed, model));
        }
        Ok(summary)
    }

    /// `error`, with the folder of the member that diverged if it is one that did.
    fn with_folder(&self, error: TrainError) -> SessionError {
        let diverged = |runner: &&Runner| match &error {
            TrainError::Diverged(divergence) => runner.member.config.seed == divergence.seed,
            _ => false,
        };
        match (self.runners.iter().find(diverged), error) {
            (Some(runner), TrainError::Diverged(source)) => SessionError::Diverged {
                source,
                folder: runner.member.folder.path().to_owned(),
            },
            (_, error) => SessionError::Train(error),
        }
    }
}

impl Runner<'_> {
    /// Seconds of all completed passes.
    fn seconds(&self) -> f64 {
        self.rows.iter().map(|row| row.seconds).sum()
    }

    /// Writes down the passes so far.
    fn record(&self) -> Result<(), RunError> {
        let folder = &self.member.folder;
        folder.write_metrics(&self.rows)?;
        #[cfg(feature = "plot")]
        super::curves::draw(&self.rows, &folder.curves())?;
        Ok(())
    }

    /// Saves the model and then the checkpoint: where a checkpoint says that a run is complete, its
    /// model is too.
    fn save(&self, (state, model): &Trained, pass: PassTotals) -> Result<(), RunError> {
        let folder = &self.member.folder;
        let model = Model {
            trained_on: self.member.config.trained_on.clone(),
            ..model.clone()
        };
        model.save(&folder.model())?;
        let state = state.clone();
        Checkpoint { state, pass }.save(&folder.checkpoint())
    }
}
