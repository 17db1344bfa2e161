//! The loop over the passes of a training, in memory and in a folder alike.

use std::ops::ControlFlow;

use super::{Divergence, TrainError};
use crate::compute::{AnyTrainer, Compute};
use crate::gpu::GpuError;
use crate::model::{Model, Network, PassTotals, Recipe, TrainingState};
use crate::platform::Instant;
use crate::trainer::{Trainer, TrainingTask};

/// The models of a [`TrainingTask`] on their way through its passes.
pub(super) struct Course<'a> {
    trainer: AnyTrainer<'a>,
    network: &'a Network,
    recipe: &'a Recipe,
    seeds: Vec<u32>,
    steps: usize,
    steps_per_pass: usize,
    step: usize,
    totals: Vec<PassTotals>,
}

impl<'a> Course<'a> {
    /// Continues `task`; `totals` is what the unfinished pass of each model has measured so far.
    ///
    /// # Errors
    /// If the adapter has no room for it.
    pub fn new(
        compute: &'a Compute,
        task: &TrainingTask<'a>,
        totals: Vec<PassTotals>,
    ) -> Result<Self, GpuError> {
        Ok(Self {
            trainer: compute.trainer(task)?,
            network: task.network,
            recipe: task.recipe,
            seeds: task.seeds.clone(),
            steps: task.rates.steps(),
            steps_per_pass: task.data.len().div_ceil(task.recipe.batch),
            step: task.step(),
            totals,
        })
    }

    /// Whether all passes are done.
    pub fn is_over(&self) -> bool {
        self.step >= self.steps
    }

    /// The pass of the next step, from 1.
    pub fn pass(&self) -> usize {
        self.step / self.steps_per_pass + 1
    }

    /// Trains to the end of the pass, or until `report` breaks: it is given what all models together
    /// have measured in the pass, again and again. Returns whether the pass is complete.
    ///
    /// # Errors
    /// If the adapter fails or a loss is no longer finite.
    pub async fn train_pass(
        &mut self,
        mut report: impl FnMut(&PassTotals) -> ControlFlow<()>,
    ) -> Result<bool, TrainError> {
        let (pass, models) = (self.pass(), self.seeds.len());
        let left = pass * self.steps_per_pass - self.step;
        let (started, seconds_before) = (Instant::now(), self.totals[0].seconds);
        if left == self.steps_per_pass {
            self.trainer.estimate_second_derivatives().await?;
        }
        let (totals, mut done) = (&mut self.totals, 0);
        let training = self.trainer.run(left, |metrics| {
            let seconds = seconds_before + started.elapsed().as_secs_f64();
            for step in metrics.chunks(models) {
                for (totals, metrics) in totals.iter_mut().zip(step) {
                    totals.add(metrics);
                }
            }
            totals
                .iter_mut()
                .for_each(|totals| totals.seconds = seconds);
            done += metrics.len() / models;
            let together = PassTotals::of_all(totals.iter());
            let wish = report(&together);
            // A loss that is NaN never gets better.
            match together.loss.is_finite() {
                true => wish,
                false => ControlFlow::Break(()),
            }
        });
        training.await?;
        for (model, totals) in self.totals.iter().enumerate() {
            self.ensure_finite(model, pass, totals.loss)?;
        }
        self.step += done;
        Ok(done == left)
    }

    /// What each model has measured since the last [`reset_totals`](Self::reset_totals).
    pub fn totals(&self) -> &[PassTotals] {
        &self.totals
    }

    /// Lets the next pass measure from 0; due after each complete pass.
    pub fn reset_totals(&mut self) {
        self.totals.fill(PassTotals::default());
    }

    /// The states after the updates so far, each with the model in it, in the order of the seeds.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn models(&self) -> Result<Vec<(TrainingState, Model)>, GpuError> {
        let with_model = |state: TrainingState| {
            let model = Model::of_state(self.network, self.recipe, &state);
            (state, model)
        };
        let states = self.trainer.states().await?;
        Ok(states.into_iter().map(with_model).collect())
    }

    /// As [`models`](Self::models), right after pass `pass`.
    ///
    /// # Errors
    /// Also if a parameter is no longer finite.
    pub async fn finite_models(
        &self,
        pass: usize,
    ) -> Result<Vec<(TrainingState, Model)>, TrainError> {
        let models = self.models().await?;
        for (place, (_, model)) in models.iter().enumerate() {
            let sum = model.arena.iter().map(|&value| f64::from(value)).sum();
            self.ensure_finite(place, pass, sum)?;
        }
        Ok(models)
    }

    fn ensure_finite(&self, model: usize, pass: usize, loss: f64) -> Result<(), Divergence> {
        match loss.is_finite() {
            true => Ok(()),
            false => Err(Divergence {
                seed: self.seeds[model],
                pass,
                loss,
                rate: self.recipe.rate,
                loss_scale: self.recipe.loss.scale,
            }),
        }
    }
}
