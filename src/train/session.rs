//! The training loop.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Result, ensure};

use super::checkpoint::{Checkpoint, PassTotals};
use super::compute::{Compute, Engine};
use super::run_folder::{PassRow, RunConfig, RunFolder};
use super::schedule::effective_rates;
use super::{Model, Score, curves, step_rates};
use crate::data::Dataset;
use crate::model::{Network, Optimiser, Parameters, StepRates, TrainingState};

/// Who is told how training goes.
pub trait Observer {
    /// Some more steps are done: `totals` of pass `pass` (from 1) so far, `samples` of all passes.
    fn progress(&mut self, pass: usize, totals: &PassTotals, samples: usize);
    /// A pass is done.
    fn pass_done(&mut self, row: &PassRow);
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
    /// Training samples seen, likewise.
    pub samples: usize,
    /// The model as it is now.
    pub model: Model,
}

/// One training run, from a fresh start or a checkpoint.
pub struct Session<'a> {
    /// Where it computes.
    pub compute: &'a Compute,
    /// What it was started with.
    pub config: &'a RunConfig,
    /// Where its files go.
    pub folder: &'a RunFolder,
    /// What it is trained on.
    pub train: &'a Dataset,
    /// What it is measured on after each pass.
    pub watched: &'a Dataset,
    /// Set to ask it to stop.
    pub stop: &'a AtomicBool,
}

/// The moving parts of a session.
struct Running<'a> {
    engine: Engine<'a>,
    rates: &'a [StepRates],
    pass: PassTotals,
    rows: Vec<PassRow>,
}

impl Session<'_> {
    /// Starts a new run.
    ///
    /// # Errors
    /// If the adapter fails, training diverges, or a file cannot be written.
    pub fn start(&self, observer: &mut impl Observer) -> Result<Summary> {
        self.folder.write_config(self.config)?;
        let network = self.network();
        let fresh = Checkpoint {
            state: TrainingState::start(&network, &self.config.recipe, self.config.seed),
            pass: PassTotals::default(),
        };
        self.run(&network, fresh, Vec::new(), observer)
    }

    /// Continues a run from its last checkpoint.
    ///
    /// # Errors
    /// As [`Session::start`], and if there is no usable checkpoint.
    pub fn resume(&self, observer: &mut impl Observer) -> Result<Summary> {
        let network = self.network();
        let arena_len = Parameters::of(&network).arena_len();
        let checkpoint = Checkpoint::load(&self.folder.checkpoint(), arena_len)?;
        let mut rows = self.folder.read_metrics()?;
        // Passes finished after the last checkpoint are repeated.
        rows.truncate(checkpoint.state.step / self.steps_per_pass());
        self.run(&network, checkpoint, rows, observer)
    }

    fn network(&self) -> Network {
        Network::of(self.config.recipe.choices)
    }

    fn steps_per_pass(&self) -> usize {
        self.train.len().div_ceil(self.config.recipe.batch)
    }

    fn run(
        &self,
        network: &Network,
        from: Checkpoint,
        rows: Vec<PassRow>,
        observer: &mut impl Observer,
    ) -> Result<Summary> {
        let recipe = &self.config.recipe;
        let rates: Vec<StepRates> = step_rates(recipe, self.train.len());
        let (seed, mut step) = (self.config.seed, from.state.step);
        let mut running = Running {
            engine: Engine::new(
                self.compute,
                network,
                recipe,
                &rates,
                self.train,
                seed,
                from.state,
            )?,
            rates: &rates,
            pass: from.pass,
            rows,
        };
        while step < rates.len() {
            let pass = step / self.steps_per_pass() + 1;
            let left = pass * self.steps_per_pass() - step;
            let done = self.run_steps(&mut running, pass, left, observer)?;
            step += done;
            if done < left {
                return self.finish(network, running, Ended::Interrupted);
            }
            self.finish_pass(network, &mut running, pass, observer)?;
            // A fast adapter has all of a short pass under way before it can be asked to stop.
            if step < rates.len() && self.stop.load(Ordering::Relaxed) {
                return self.finish(network, running, Ended::Interrupted);
            }
        }
        self.finish(network, running, Ended::Completed)
    }

    /// Makes up to `steps` steps; fewer if asked to stop. Returns how many.
    fn run_steps(
        &self,
        running: &mut Running,
        pass: usize,
        steps: usize,
        observer: &mut impl Observer,
    ) -> Result<usize> {
        let seen_before = (pass - 1) * self.train.len();
        let (started, seconds_before) = (Instant::now(), running.pass.seconds);
        if steps == self.steps_per_pass() {
            running.engine.estimate_second_derivatives()?;
        }
        let (totals, mut done) = (&mut running.pass, 0);
        running.engine.run(steps, |metrics| {
            metrics.iter().for_each(|step| totals.add(step));
            done += metrics.len();
            totals.seconds = seconds_before + started.elapsed().as_secs_f64();
            observer.progress(pass, totals, seen_before + totals.count);
            // NaN losses never get better; the state before them is in the last checkpoint.
            if self.stop.load(Ordering::Relaxed) || !totals.loss.is_finite() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        self.ensure_finite(totals.loss, pass)?;
        Ok(done)
    }

    fn ensure_finite(&self, loss: f64, pass: usize) -> Result<()> {
        ensure!(
            loss.is_finite(),
            "training diverged in pass {pass}: the loss is {loss}. Try a lower --lr (it was {}) \
             or a lower --loss-scale (it was {}); the last checkpoint in '{}' is intact",
            self.config.recipe.rate,
            self.config.recipe.loss.scale,
            self.folder.path().display()
        );
        Ok(())
    }

    /// Measures, records and, where it is due, saves what a pass led to.
    fn finish_pass(
        &self,
        network: &Network,
        running: &mut Running,
        pass: usize,
        observer: &mut impl Observer,
    ) -> Result<()> {
        let totals = std::mem::take(&mut running.pass);
        let state = running.engine.state()?;
        let model = self.model(network, &state);
        self.ensure_finite(
            model.arena.iter().map(|&value| f64::from(value)).sum(),
            pass,
        )?;
        let penalties = self
            .compute
            .penalties(network, &model.arena, self.watched)?;
        let error_percent = Some(Score::of(&penalties, self.watched).error_percent);
        let held_out = self.config.validation > 0;
        let effective = self.effective_rates(network, running.rates, &state, pass);
        let row = PassRow {
            pass,
            training_loss: totals.mean_loss(),
            training_error_percent: totals.error_percent(),
            validation_error_percent: error_percent.filter(|_| held_out),
            test_error_percent: error_percent.filter(|_| !held_out),
            samples_per_second: totals.count as f64 / totals.seconds,
            seconds: totals.seconds,
            lowest_rate: effective.map(|[lowest, _]| lowest),
            highest_rate: effective.map(|[_, highest]| highest),
        };
        observer.pass_done(&row);
        running.rows.push(row);
        self.folder.write_metrics(&running.rows)?;
        curves::draw(&running.rows, &self.folder.curves())?;
        let last = pass == self.config.recipe.passes;
        if last || pass.is_multiple_of(self.config.checkpoint_every) {
            // The checkpoint last: where it stands at the end, the model does too.
            model.save(&self.folder.model())?;
            let pass = PassTotals::default();
            Checkpoint { state, pass }.save(&self.folder.checkpoint())?;
        }
        Ok(())
    }

    /// The lowest and highest rate that SDLM gave a parameter at the start of pass `pass`, whose
    /// second derivatives are in `state`.
    fn effective_rates(
        &self,
        network: &Network,
        rates: &[StepRates],
        state: &TrainingState,
        pass: usize,
    ) -> Option<[f64; 2]> {
        let recipe = &self.config.recipe;
        if recipe.optimiser != Optimiser::Sdlm {
            return None;
        }
        let rate = rates[(pass - 1) * self.steps_per_pass()].rate;
        let parameters = Parameters::of(network);
        let curvature = &state.second_moment;
        Some(effective_rates(
            &parameters,
            rate,
            recipe.damping,
            curvature,
        ))
    }

    /// The model in `state`.
    fn model(&self, network: &Network, state: &TrainingState) -> Model {
        Model {
            network: network.clone(),
            loss: self.config.recipe.loss,
            arena: state.model(&self.config.recipe).to_vec(),
        }
    }

    fn finish(&self, network: &Network, running: Running, ended: Ended) -> Result<Summary> {
        let state = running.engine.state()?;
        let model = self.model(network, &state);
        let (pass, rows) = (running.pass, running.rows);
        if ended == Ended::Interrupted {
            model.save(&self.folder.model())?;
            Checkpoint { state, pass }.save(&self.folder.checkpoint())?;
        }
        Ok(Summary {
            ended,
            passes: rows.len(),
            seconds: rows.iter().map(|row| row.seconds).sum::<f64>() + pass.seconds,
            samples: rows.len() * self.train.len() + pass.count,
            model,
        })
    }
}
