//! Training on an adapter: data, parameters and schedule stay there; a step is a plan of
//! dispatches, and many steps go into one submission. Several models of one network, which differ
//! by their seeds, can be trained side by side in the same dispatches.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};
use std::time::Instant;

use crate::model::{Network, Optimiser, Recipe, StepMetrics, TrainingState};
use crate::trainer::{Trainer, TrainingTask};

use super::estimate::Estimate;
use super::metrics::MetricsRing;
use super::network::most_models;
use super::pace::Pace;
use super::state::StateViews;
use super::step::StepBuffers;
use super::{Device, GpuError, Plan};

/// Submissions under way at once, so that the adapter never waits for the host.
const SUBMISSIONS_UNDER_WAY: usize = 2;

/// A submission whose metrics have not been read yet.
struct Submission {
    index: wgpu::SubmissionIndex,
    readback: wgpu::Buffer,
    steps: Range<usize>,
    started: Instant,
}

/// Trains one network on an adapter, or several models of it side by side.
pub struct GpuTrainer<'a> {
    device: &'a Device,
    models: usize,
    plan: Plan,
    estimate: Option<Estimate>,
    state: StateViews,
    ring: MetricsRing,
    step: usize,
    /// Steps that there are rates for.
    rated_steps: usize,
    steps_per_pass: usize,
    pace: Pace,
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
            Optimiser::Sdlm => Some(Estimate::new(device, task, &buffers)?),
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
            rated_steps: task.rates.len(),
            steps_per_pass: buffers.data.samples.div_ceil(task.recipe.batch),
            pace: Pace::of_at_most(MetricsRing::STEPS),
        })
    }

    /// Models trained side by side.
    pub fn models(&self) -> usize {
        self.models
    }

    /// The dispatches of one step.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    fn submit(&mut self, steps: usize) -> Submission {
        let end = self.step + steps;
        assert!(end <= self.rated_steps, "no rates for step {end}");
        let readback = self.device.readback("metrics", self.ring.view.size());
        let mut encoder = self.device.encoder();
        self.plan.encode(&mut encoder, steps);
        self.device
            .copy_out(&mut encoder, &self.ring.view, &readback, 0);
        let index = self.device.submit(encoder);
        self.device.map(&readback);
        let first = std::mem::replace(&mut self.step, end);
        Submission {
            index,
            readback,
            steps: first..end,
            started: Instant::now(),
        }
    }

    fn finish(&mut self, submission: Submission) -> Result<Vec<StepMetrics>, GpuError> {
        self.device.wait(Some(submission.index))?;
        // Up to two submissions share the time since this one was handed over.
        let time = submission.started.elapsed() / SUBMISSIONS_UNDER_WAY as u32;
        self.pace.learn(submission.steps.len(), time);
        let size = self.ring.view.size();
        let entries = self.device.mapped(&submission.readback, size)?;
        Ok(self.ring.metrics_of(submission.steps, &entries))
    }
}

impl Trainer for GpuTrainer<'_> {
    type Error = GpuError;

    fn estimate_second_derivatives(&mut self) -> Result<(), GpuError> {
        match &self.estimate {
            Some(estimate) => estimate.run(self.device, self.step / self.steps_per_pass),
            None => Ok(()),
        }
    }

    fn run(
        &mut self,
        steps: usize,
        mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>,
    ) -> Result<(), GpuError> {
        let end = self.step + steps;
        let mut under_way = VecDeque::new();
        let mut stopped = false;
        loop {
            while !stopped && self.step < end && under_way.len() < SUBMISSIONS_UNDER_WAY {
                let steps = self.pace.steps().min(end - self.step);
                under_way.push_back(self.submit(steps));
            }
            let Some(submission) = under_way.pop_front() else {
                return Ok(());
            };
            stopped |= report(&self.finish(submission)?).is_break();
        }
    }

    fn states(&self) -> Result<Vec<TrainingState>, GpuError> {
        self.state.read(self.device, self.step)
    }
}
