//! Training on an adapter: data, parameters and schedule stay there; a step is a plan of
//! dispatches, and many steps go into one submission. Several models of one network, which differ
//! by their seeds, can be trained side by side in the same dispatches.

use std::collections::VecDeque;
use std::ops::Range;

use crate::model::{Network, Optimiser, Recipe, StepMetrics, TrainingState};
use crate::platform::Instant;
use crate::trainer::{Trainer, TrainingTask};

use super::arrival::Readback;
use super::estimate::Estimate;
use super::metrics::MetricsRing;
use super::network::most_models;
use super::pace::Pace;
use super::state::StateViews;
use super::step::StepBuffers;
use super::{Device, GpuError, GrowsWith, Plan};

/// Submissions under way at once, so that the adapter never waits for the host.
const SUBMISSIONS_UNDER_WAY: usize = 2;

/// A submission whose metrics have not been read yet.
struct Submission {
    readback: Readback,
    steps: Range<usize>,
    started: Instant,
    /// Submissions under way as it was started, itself included.
    under_way: u32,
}

/// Trains one network on an adapter, or several models of it side by side.
pub struct GpuTrainer<'a> {
    device: &'a Device,
    models: usize,
    plan: Plan,
    estimate: Option<Estimate>,
    state: StateViews,
    ring: MetricsRing,
    /// Steps begun so far.
    step: usize,
    /// The step that the rates end before.
    last_step: usize,
    steps_per_pass: usize,
    pace: Pace,
    under_way: VecDeque<Submission>,
}

impl<'a> GpuTrainer<'a> {
    /// How many models of `network` can be trained side by side by `recipe`, at least one.
    pub fn most_models(network: &Network, recipe: &Recipe) -> usize {
        let largest_batch = match recipe.optimiser {
            Optimiser::Sdlm => recipe.batch.max(recipe.estimate_samples),
            Optimiser::Adam | Optimiser::Sgd => recipe.batch,
        };
        most_models(network, largest_batch)
    }

    /// A trainer of `task` on `device`.
    ///
    /// # Errors
    /// If the adapter has no room for it.
    ///
    /// # Panics
    /// As [`TrainingTask::step`], and if there are more models than [`GpuTrainer::most_models`].
    pub fn new(device: &'a Device, task: &TrainingTask) -> Result<Self, GpuError> {
        let (step, models) = (task.step(), task.seeds.len());
        let most = Self::most_models(task.network, task.recipe);
        assert!(models <= most, "{models} of {most} models");
        let buffers = StepBuffers::new(device, task)?;
        let plan = Plan::of(device, buffers.launches(task.recipe))?;
        let estimate = match task.recipe.optimiser {
            Optimiser::Sdlm => {
                let estimate = Estimate::new(device, task, &buffers);
                Some(estimate.map_err(|error| error.growing_with(GrowsWith::Estimate))?)
            }
            Optimiser::Adam | Optimiser::Sgd => None,
        };
        Ok(Self {
            device,
            models,
            plan,
            estimate,
            state: buffers.state,
            ring: buffers.ring,
            step,
            last_step: task.rates.len(),
            steps_per_pass: buffers.data.samples.div_ceil(task.recipe.batch),
            pace: Pace::of_at_most(MetricsRing::STEPS),
            under_way: VecDeque::new(),
        })
    }

    /// Models trained side by side.
    pub fn models(&self) -> usize {
        self.models
    }

    /// The dispatches of one step, to be counted and timed. Whoever runs them makes steps that the
    /// trainer does not know of.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Submits the next `steps` steps, and asks for their metrics.
    fn submit(&mut self, steps: usize) {
        let buffer = self
            .device
            .readback_buffer("metrics", self.ring.view.size());
        let mut encoder = self.device.encoder();
        self.plan.encode(&mut encoder, steps);
        self.device
            .copy_out(&mut encoder, &self.ring.view, &buffer, 0);
        let index = self.device.submit(encoder);
        let first_step = self.step;
        self.step += steps;
        self.under_way.push_back(Submission {
            readback: self.device.read_back(buffer, index),
            steps: first_step..self.step,
            started: Instant::now(),
            under_way: self.under_way.len() as u32 + 1,
        });
    }
}

impl Trainer for GpuTrainer<'_> {
    type Error = GpuError;

    async fn estimate_second_derivatives(&mut self) -> Result<(), GpuError> {
        match &self.estimate {
            Some(estimate) => {
                let pass = self.step / self.steps_per_pass;
                estimate.run(self.device, pass).await
            }
            None => Ok(()),
        }
    }

    fn begin(&mut self, most: usize) -> usize {
        if self.under_way.len() == SUBMISSIONS_UNDER_WAY {
            return 0;
        }
        let left = self.last_step.saturating_sub(self.step);
        let steps = self.pace.steps().min(most).min(left);
        if steps > 0 {
            self.submit(steps);
        }
        steps
    }

    async fn finish(&mut self) -> Result<Option<Vec<StepMetrics>>, GpuError> {
        let Some(oldest) = self.under_way.front_mut() else {
            return Ok(None);
        };
        oldest.readback.arrived().await?;
        let Some(oldest) = self.under_way.pop_front() else {
            return Ok(None);
        };
        // The submissions under way then share the time since this one was handed over.
        let time = oldest.started.elapsed() / oldest.under_way;
        self.pace.learn(oldest.steps.len(), time);
        let entries = oldest.readback.take()?;
        Ok(Some(self.ring.metrics_of(oldest.steps, &entries)))
    }

    async fn states(&self) -> Result<Vec<TrainingState>, GpuError> {
        self.state.read(self.device, self.step).await
    }
}
