//! The training loop of networks that train side by side.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Result, ensure};

use super::member::{Beginning, Ended, Member, Observer, Summary};
use super::schedule::effective_rates;
use super::{Score, curves};
use crate::compute::{AnyTrainer, Compute};
use crate::data::Dataset;
use crate::model::{
    Model, Network, Optimiser, Parameters, PassTotals, Recipe, StepRates, TrainingState,
};
use crate::store::{Checkpoint, PassRow};
use crate::trainer::{Trainer, TrainingTask};

/// A member under way.
struct Runner<'a> {
    member: &'a Member,
    pass: PassTotals,
    rows: Vec<PassRow>,
}

/// What all members of a session share.
#[derive(Clone, Copy)]
pub(super) struct Resources<'a> {
    /// Where they are computed.
    pub compute: &'a Compute,
    /// What they are trained on.
    pub train: &'a Dataset,
    /// What they are measured on after each pass.
    pub watched: &'a Dataset,
    /// Set to ask them to stop.
    pub stop: &'a AtomicBool,
}

/// Members of a session that have made the same number of steps.
pub(super) struct Team<'a> {
    resources: Resources<'a>,
    network: &'a Network,
    recipe: &'a Recipe,
    rates: &'a [StepRates],
    trainer: AnyTrainer<'a>,
    runners: Vec<Runner<'a>>,
    step: usize,
}

impl<'a> Team<'a> {
    pub fn new(
        resources: Resources<'a>,
        network: &'a Network,
        rates: &'a [StepRates],
        beginnings: Vec<Beginning<'a>>,
    ) -> Result<Self> {
        let first = &beginnings[0];
        let (recipe, step) = (&first.member.config.recipe, first.checkpoint.state.step);
        let (mut seeds, mut states, mut runners) = (Vec::new(), Vec::new(), Vec::new());
        for beginning in beginnings {
            let Checkpoint { state, pass } = beginning.checkpoint;
            seeds.push(beginning.member.config.seed);
            states.push(state);
            runners.push(Runner {
                member: beginning.member,
                pass,
                rows: beginning.rows,
            });
        }
        let Resources { compute, train, .. } = resources;
        let task = TrainingTask {
            network,
            recipe,
            rates,
            data: train,
            seeds,
            states,
        };
        Ok(Self {
            trainer: compute.trainer(&task)?,
            resources,
            network,
            recipe,
            rates,
            runners,
            step,
        })
    }

    fn steps_per_pass(&self) -> usize {
        self.resources.train.len().div_ceil(self.recipe.batch)
    }

    /// Trains to the end, or until asked to stop.
    pub fn train(mut self, observer: &mut impl Observer) -> Result<Summary> {
        let steps_per_pass = self.steps_per_pass();
        while self.step < self.rates.len() {
            let pass = self.step / steps_per_pass + 1;
            let left = pass * steps_per_pass - self.step;
            let done = self.run_steps(pass, left, observer)?;
            self.step += done;
            if done < left {
                return self.finish(Ended::Interrupted);
            }
            self.finish_pass(pass, observer)?;
            // A fast adapter has all of a short pass under way before it can be asked to stop.
            let stopped = self.resources.stop.load(Ordering::Relaxed);
            if self.step < self.rates.len() && stopped {
                return self.finish(Ended::Interrupted);
            }
        }
        self.finish(Ended::Completed)
    }

    /// Makes up to `steps` steps; fewer if asked to stop. Returns how many.
    fn run_steps(
        &mut self,
        pass: usize,
        steps: usize,
        observer: &mut impl Observer,
    ) -> Result<usize> {
        let (resources, models) = (self.resources, self.runners.len());
        let seen_before = models * (pass - 1) * resources.train.len();
        let (started, seconds_before) = (Instant::now(), self.runners[0].pass.seconds);
        if steps == self.steps_per_pass() {
            self.trainer.estimate_second_derivatives()?;
        }
        let (runners, mut done) = (&mut self.runners, 0);
        self.trainer.run(steps, |metrics| {
            let seconds = seconds_before + started.elapsed().as_secs_f64();
            for step in metrics.chunks(models) {
                for (runner, metrics) in runners.iter_mut().zip(step) {
                    runner.pass.add(metrics);
                }
            }
            runners
                .iter_mut()
                .for_each(|runner| runner.pass.seconds = seconds);
            done += metrics.len() / models;
            let totals = PassTotals::of_all(runners.iter().map(|runner| &runner.pass));
            observer.progress(pass, &totals, seen_before + totals.count);
            // NaN losses never get better; the state before them is in the last checkpoint.
            if resources.stop.load(Ordering::Relaxed) || !totals.loss.is_finite() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        for runner in &self.runners {
            runner.ensure_finite(runner.pass.loss, pass)?;
        }
        Ok(done)
    }

    /// Measures, records and, where it is due, saves what a pass led to.
    fn finish_pass(&mut self, pass: usize, observer: &mut impl Observer) -> Result<()> {
        let states = self.trainer.states()?;
        let mut models = Vec::new();
        for (runner, state) in self.runners.iter().zip(&states) {
            let model = self.model(state);
            let sum = model.arena.iter().map(|&value| f64::from(value)).sum();
            runner.ensure_finite(sum, pass)?;
            models.push(model);
        }
        for (place, (state, model)) in states.into_iter().zip(models).enumerate() {
            let row = self.row(pass, &self.runners[place], &state, &model)?;
            let runner = &mut self.runners[place];
            runner.pass = PassTotals::default();
            observer.pass_done(runner.member.config.seed, &row);
            runner.rows.push(row);
            runner.record()?;
            let last = pass == self.recipe.passes;
            if last || pass.is_multiple_of(runner.member.config.checkpoint_every) {
                runner.save(state, &model)?;
            }
        }
        Ok(())
    }

    /// What is known of pass `pass`, which led `runner` to `state`.
    fn row(
        &self,
        pass: usize,
        runner: &Runner,
        state: &TrainingState,
        model: &Model,
    ) -> Result<PassRow> {
        let Resources {
            compute, watched, ..
        } = self.resources;
        let totals = &runner.pass;
        let penalties = compute.penalties(self.network, &model.arena, watched)?;
        let error_percent = Some(Score::of(&penalties, watched).error_percent);
        let held_out = runner.member.config.validation > 0;
        let effective = self.effective_rates(state, pass);
        Ok(PassRow {
            pass,
            training_loss: totals.mean_loss(),
            training_error_percent: totals.error_percent(),
            validation_error_percent: error_percent.filter(|_| held_out),
            test_error_percent: error_percent.filter(|_| !held_out),
            samples_per_second: totals.count as f64 / totals.seconds,
            seconds: totals.seconds,
            lowest_rate: effective.map(|[lowest, _]| lowest),
            highest_rate: effective.map(|[_, highest]| highest),
        })
    }

    /// The lowest and highest rate that SDLM gave a parameter at the start of pass `pass`, whose
    /// second derivatives are in `state`.
    fn effective_rates(&self, state: &TrainingState, pass: usize) -> Option<[f64; 2]> {
        let recipe = self.recipe;
        if recipe.optimiser != Optimiser::Sdlm {
            return None;
        }
        let rate = self.rates[(pass - 1) * self.steps_per_pass()].rate;
        let parameters = Parameters::of(self.network);
        let curvature = &state.second_moment;
        Some(effective_rates(
            &parameters,
            rate,
            recipe.damping,
            curvature,
        ))
    }

    /// The model in `state`.
    fn model(&self, state: &TrainingState) -> Model {
        Model {
            network: self.network.clone(),
            loss: self.recipe.loss,
            arena: state.model(self.recipe).to_vec(),
        }
    }

    fn finish(self, ended: Ended) -> Result<Summary> {
        let mut summary = Summary {
            ended,
            passes: self.runners[0].rows.len(),
            seconds: self.runners[0].seconds(),
            samples: 0,
            models: Vec::new(),
        };
        for (runner, state) in self.runners.iter().zip(self.trainer.states()?) {
            let model = self.model(&state);
            if ended == Ended::Interrupted {
                runner.save(state, &model)?;
            }
            let passes = runner.rows.len();
            summary.samples += passes * self.resources.train.len() + runner.pass.count;
            summary.models.push((runner.member.config.seed, model));
        }
        Ok(summary)
    }
}

impl Runner<'_> {
    fn ensure_finite(&self, loss: f64, pass: usize) -> Result<()> {
        let config = &self.member.config;
        ensure!(
            loss.is_finite(),
            "training diverged in pass {pass} with seed {}: the loss is {loss}. Try a lower --lr \
             (it was {}) or a lower --loss-scale (it was {}); the last checkpoint in '{}' is intact",
            config.seed,
            config.recipe.rate,
            config.recipe.loss.scale,
            self.member.folder.path().display()
        );
        Ok(())
    }

    /// Seconds of all passes.
    fn seconds(&self) -> f64 {
        self.rows.iter().map(|row| row.seconds).sum::<f64>() + self.pass.seconds
    }

    /// Writes down the passes so far.
    fn record(&self) -> Result<()> {
        let folder = &self.member.folder;
        folder.write_metrics(&self.rows)?;
        curves::draw(&self.rows, &folder.curves())?;
        Ok(())
    }

    /// Saves the model, and the checkpoint last: where it stands at the end, the model does too.
    fn save(&self, state: TrainingState, model: &Model) -> Result<()> {
        let folder = &self.member.folder;
        model.save(&folder.model())?;
        let pass = self.pass;
        Checkpoint { state, pass }.save(&folder.checkpoint())?;
        Ok(())
    }
}
