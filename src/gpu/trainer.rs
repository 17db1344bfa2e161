//! Training on an adapter: data, parameters and schedule stay there; a step is a plan of
//! dispatches, and many steps go into one submission. Several models of one network, which differ
//! by their seeds, can be trained side by side in the same dispatches.

use std::cell::LazyCell;
use std::collections::VecDeque;
use std::ops::Range;

use crate::model::{Network, Optimiser, Recipe, StepMetrics, TrainingState};
use crate::platform::Instant;
use crate::trainer::{Rates, Trainer, TrainingTask};

use super::estimate::Estimate;
use super::fused::{FusedStep, most_fused_models};
use super::metrics::MetricsRing;
use super::network::{LayeredNetwork, most_models};
use super::pace::Pace;
use super::rates::RatesRing;
use super::readback::{Readback, ReadbackBuffers};
use super::state::StateViews;
use super::step::{LayeredStep, StepBuffers};
use super::{Device, Evaluator, GpuError, GrowsWith, Plan, StepPlan, Variant};

/// Submissions under way at once, so that the adapter never waits for the host.
const SUBMISSIONS_UNDER_WAY: usize = 2;

/// A submission whose metrics have not been read yet.
struct Submission {
    readback: Readback,
    steps: Range<usize>,
    /// When it was started; `None` where it is behind other work, so that its time says nothing.
    started: Option<Instant>,
    /// Submissions under way as it was started, itself included.
    under_way: u32,
}

/// Trains one network on an adapter, or several models of it side by side.
pub struct GpuTrainer<'a> {
    device: &'a Device,
    recipe: &'a Recipe,
    models: usize,
    plan: Plan,
    estimate: Option<Estimate>,
    state: StateViews,
    ring: MetricsRing,
    readback: ReadbackBuffers,
    rates: &'a dyn Rates,
    next_rates: RatesRing,
    /// Steps begun so far.
    step: usize,
    steps_per_pass: usize,
    pace: Pace,
    under_way: VecDeque<Submission>,
}

impl<'a> GpuTrainer<'a> {
    /// How many models of `network` can be trained side by side by `recipe` on `device`, at least one.
    pub fn most_models(device: &Device, network: &Network, recipe: &Recipe) -> usize {
        let variant = variant_for(device, recipe);
        let by_plan = match variant.plan {
            StepPlan::Layered => most_models(network, recipe.batch),
            StepPlan::Fused => most_fused_models(network, recipe.batch, variant.fused_block),
        };
        match recipe.optimiser {
            Optimiser::Sdlm => by_plan.min(most_models(network, recipe.estimate_samples)),
            Optimiser::Adam | Optimiser::Sgd => by_plan,
        }
    }

    /// A trainer of `task` on `device`.
    ///
    /// # Errors
    /// If the adapter has no room for it.
    ///
    /// # Panics
    /// As [`TrainingTask::step`], and if there are more models than [`GpuTrainer::most_models`].
    pub fn new(device: &'a Device, task: &TrainingTask<'a>) -> Result<Self, GpuError> {
        let (step, models) = (task.step(), task.seeds.len());
        let most = Self::most_models(device, task.network, task.recipe);
        assert!(models <= most, "{models} of {most} models");
        let sized = device.with_variant(variant_for(device, task.recipe));
        let buffers = StepBuffers::new(device, task)?;
        // The layered plan computes by them, and SDLM's estimate whatever the plan is.
        let layers = LazyCell::new(|| {
            LayeredNetwork::new(&sized, task.network, &buffers.state.parameter, models)
        });
        let layers = || layers.as_ref().map_err(GpuError::clone);
        let launches = match sized.variant().plan {
            StepPlan::Layered => {
                LayeredStep::new(&sized, task, &buffers, layers()?)?.launches(task.recipe, &buffers)
            }
            StepPlan::Fused => FusedStep::new(&sized, task)?.launches(task, &buffers),
        };
        let plan = Plan::of(device, launches)?;
        let estimate = match task.recipe.optimiser {
            Optimiser::Sdlm => {
                let estimate = Estimate::new(device, task, &buffers, layers()?);
                Some(estimate.map_err(|error| error.growing_with(GrowsWith::Estimate))?)
            }
            Optimiser::Adam | Optimiser::Sgd => None,
        };
        Ok(Self {
            device,
            recipe: task.recipe,
            models,
            plan,
            estimate,
            state: buffers.state,
            readback: ReadbackBuffers::new("metrics", buffers.ring.view.size()),
            ring: buffers.ring,
            rates: task.rates,
            next_rates: buffers.schedule.rates,
            step,
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

    /// As [`Trainer::begin`], behind other work of the adapter: how long these steps take is no measure
    /// of how many a submission should have.
    pub fn begin_ahead(&mut self, most: usize) -> usize {
        self.begin_next(most, None)
    }

    /// Asks for the penalties [n,class] that the model at place `model` gives every picture of
    /// `evaluator`, after the updates begun so far. Further ones may be begun before the future is
    /// awaited.
    ///
    /// # Panics
    /// If `evaluator` is one of another network, or on another adapter.
    pub fn penalties(
        &self,
        model: usize,
        evaluator: &Evaluator,
    ) -> impl Future<Output = Result<Vec<f32>, GpuError>> + use<> {
        let arena = evaluator.arena();
        self.state
            .copy_model(self.device, self.recipe, model, arena);
        evaluator.request(self.device)
    }

    /// Begins some of the next steps, at most `most`, if not enough are under way.
    fn begin_next(&mut self, most: usize, started: Option<Instant>) -> usize {
        if self.under_way.len() == SUBMISSIONS_UNDER_WAY {
            return 0;
        }
        let left = self.rates.steps().saturating_sub(self.step);
        let steps = self.pace.steps().min(most).min(left);
        if steps > 0 {
            self.submit(steps, started);
        }
        steps
    }

    /// Submits the next `steps` steps, and asks for their metrics.
    fn submit(&mut self, steps: usize, started: Option<Instant>) {
        let begun = self.step..self.step + steps;
        self.next_rates
            .write(self.device, self.rates, begun.clone());
        let buffer = self.device.readback_buffer(&self.readback);
        let mut encoder = self.device.encoder();
        self.plan.encode(&mut encoder, steps);
        self.device
            .copy_out(&mut encoder, &self.ring.view, &buffer, 0);
        let index = self.device.submit(encoder);
        self.step = begun.end;
        self.under_way.push_back(Submission {
            readback: self.device.read_back(&self.readback, buffer, index),
            steps: begun,
            started,
            under_way: self.under_way.len() as u32 + 1,
        });
    }
}

/// What `recipe` asks for that the fused plan does not have.
pub fn missing_in_fused_plan(recipe: &Recipe) -> Option<&'static str> {
    let asked_for = [
        (recipe.has_teachers(), "teachers"),
        (recipe.is_preconditioned(), "preconditioning"),
    ];
    let missing = asked_for
        .into_iter()
        .find(|&(is_asked_for, _)| is_asked_for);
    missing.map(|(_, name)| name)
}

/// How the kernels of `device` divide their work in a step of `recipe`.
fn variant_for(device: &Device, recipe: &Recipe) -> Variant {
    let variant = device.variant_at(recipe.batch);
    match missing_in_fused_plan(recipe) {
        Some(_) => variant.by_plan(StepPlan::Layered),
        None => variant,
    }
}

impl<'a> Trainer for GpuTrainer<'a> {
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
        self.begin_next(most, Some(Instant::now()))
    }

    async fn finish(&mut self) -> Result<Option<Vec<StepMetrics>>, GpuError> {
        let Some(oldest) = self.under_way.front_mut() else {
            return Ok(None);
        };
        oldest.readback.arrived().await?;
        let Some(oldest) = self.under_way.pop_front() else {
            return Ok(None);
        };
        if let Some(started) = oldest.started {
            // The submissions under way then share the time since this one was handed over.
            let time = started.elapsed() / oldest.under_way;
            self.pace.learn(oldest.steps.len(), time);
        }
        let entries = oldest.readback.take()?;
        Ok(Some(self.ring.metrics_of(oldest.steps, &entries)))
    }

    fn states(&self) -> impl Future<Output = Result<Vec<TrainingState>, GpuError>> + use<'a> {
        self.state.request(self.device, self.step)
    }
}
