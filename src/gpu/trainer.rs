//! Training on an adapter: data, parameters and schedule stay there; a step is a plan of
//! dispatches, and many steps go into one submission. Several models of one network, which differ
//! by their seeds, can be trained side by side in the same dispatches.

use std::collections::VecDeque;
use std::mem::take;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use bytemuck::{Pod, Zeroable};

use crate::model::{DIGITS, Network, Optimiser, Parameters, Recipe, StepMetrics, TrainingState};
use crate::trainer::{Trainer, TrainingTask};

use super::estimate::Estimate;
use super::evaluator::{BatchViews, ResidentData};
use super::groups::Batches;
use super::kernels::{self, batch::BatchShape};
use super::network::{Activations, Gradients, NetworkTables, most_models, parameter_arena};
use super::progress::Progress;
use super::{Device, GpuError, Plan, View, arenas};

/// Places of the metrics ring: most steps a submission.
const RING: usize = 1024;
/// Submissions under way at once, so that the adapter never waits for the host.
const SUBMISSIONS_UNDER_WAY: usize = 2;
/// How long a submission should take: long enough that its overhead vanishes, short enough that
/// no display driver's watchdog fires and Ctrl-C is answered at once.
const SUBMISSION_TIME: Duration = Duration::from_millis(50);

/// A step's metrics as `metrics.wgsl` writes them.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct RingEntry {
    loss: f32,
    errors: u32,
    count: u32,
}

/// The arenas of the training states of all models on the adapter.
struct StateViews {
    parameter: View,
    first_moment: View,
    second_moment: View,
    averaged: View,
}

impl StateViews {
    fn upload(
        device: &Device,
        parameters: &Parameters,
        states: &[TrainingState],
    ) -> Result<Self, GpuError> {
        let joined = |arena: fn(&TrainingState) -> &[f32]| {
            let arenas: Vec<&[f32]> = states.iter().map(arena).collect();
            arenas::join(parameters, &arenas)
        };
        Ok(Self {
            parameter: parameter_arena(device, &joined(|state| &state.parameter))?,
            first_moment: device.upload("first moments", &joined(|state| &state.first_moment))?,
            second_moment: device
                .upload("second moments", &joined(|state| &state.second_moment))?,
            averaged: device.upload("averaged parameters", &joined(|state| &state.averaged))?,
        })
    }
}

/// A submission whose metrics have not been read yet.
struct Submission {
    index: wgpu::SubmissionIndex,
    readback: wgpu::Buffer,
    first_step: usize,
    steps: usize,
    started: Instant,
}

/// Trains one network on an adapter, or several models of it side by side.
pub struct GpuTrainer<'a> {
    device: &'a Device,
    parameters: Parameters,
    models: usize,
    plan: Plan,
    estimate: Option<Estimate>,
    state: StateViews,
    ring: View,
    step: usize,
    steps_per_pass: usize,
    steps_per_submission: usize,
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
    /// As [`TrainingTask::step`], and if there are more than [`GpuTrainer::most_models`].
    pub fn new(device: &'a Device, task: &TrainingTask) -> Result<Self, GpuError> {
        let TrainingTask {
            network,
            recipe,
            rates,
            data,
            ref seeds,
            ref states,
        } = *task;
        let step = task.step();
        let models = seeds.len();
        let most = Self::most_models(network, recipe);
        assert!(models <= most, "{models} of {most} models");
        let batches = Batches {
            models,
            size: recipe.batch,
        };
        let data = ResidentData::upload(device, data)?;
        let tables = NetworkTables::new(device, network)?;
        let activations = Activations::new(device, network, batches)?;
        let gradients = Gradients::new(device, network, batches)?;
        let arena_len = models * tables.parameters.arena_len();
        let gradient = device.zeros("gradient", arena_len * size_of::<f32>())?;
        let losses = device.zeros("losses", batches.room() * size_of::<f32>())?;
        let rates = device.upload("rates", rates)?;
        let progress = device.upload("progress", &Progress::at(step, seeds))?;
        let ring = device.zeros("metrics", RING * models * size_of::<RingEntry>())?;
        let views = StateViews::upload(device, &tables.parameters, states)?;

        let mut plan = Plan::default();
        let batch_views = BatchViews::new(device, batches)?;
        let shape = BatchShape {
            batches,
            samples: data.samples,
            versions: recipe.distortion.versions(),
            shuffle: true,
            field_side: network.input().height,
        };
        let fields = &activations.input;
        batch_views.push_assembly(
            device,
            &mut plan,
            shape,
            &data,
            &progress,
            fields,
            &recipe.distortion,
        )?;
        tables.push_forward(device, &mut plan, &views.parameter, batches, &activations)?;
        plan.section("loss");
        plan.push(
            device,
            kernels::loss::forward(&recipe.loss, batches.room(), DIGITS),
            &[
                ("penalties", activations.penalties()),
                ("labels", &batch_views.labels),
                ("progress", &progress),
                ("gradient", gradients.penalties()),
                ("losses", &losses),
            ],
        )?;
        tables.push_backward(
            device,
            &mut plan,
            &views.parameter,
            batches,
            &activations,
            &gradients,
            &gradient,
        )?;
        plan.section("update");
        push_update(
            device, &mut plan, recipe, arena_len, &views, &gradient, &progress, &rates,
        )?;
        plan.section("metrics");
        plan.push(
            device,
            kernels::metrics::gather(batches, DIGITS, RING),
            &[
                ("penalties", activations.penalties()),
                ("losses", &losses),
                ("labels", &batch_views.labels),
                ("progress", &progress),
                ("ring", &ring),
            ],
        )?;
        let (arena, curvature) = (&views.parameter, &views.second_moment);
        let estimate = match recipe.optimiser {
            Optimiser::Sdlm => Some(Estimate::new(
                device, &tables, recipe, &data, seeds, arena, curvature,
            )?),
            Optimiser::Adam | Optimiser::Sgd => None,
        };
        Ok(Self {
            device,
            parameters: tables.parameters,
            models,
            plan,
            estimate,
            state: views,
            ring,
            step,
            steps_per_pass: data.samples.div_ceil(recipe.batch),
            steps_per_submission: 1,
        })
    }

    /// Models side by side.
    pub fn models(&self) -> usize {
        self.models
    }

    /// The dispatches of one step.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    fn submit(&mut self, steps: usize) -> Submission {
        let readback = self.device.readback("metrics", self.ring.size());
        let mut encoder = self.device.encoder();
        self.plan.encode(&mut encoder, steps);
        self.device.copy_out(&mut encoder, &self.ring, &readback, 0);
        let index = self.device.submit(encoder);
        self.device.map(&readback);
        let first_step = self.step;
        self.step += steps;
        Submission {
            index,
            readback,
            first_step,
            steps,
            started: Instant::now(),
        }
    }

    fn finish(&mut self, submission: Submission) -> Result<Vec<StepMetrics>, GpuError> {
        self.device.wait(Some(submission.index))?;
        // Up to two submissions share the time since this one was handed over.
        let time = submission.started.elapsed() / SUBMISSIONS_UNDER_WAY as u32;
        if submission.steps == self.steps_per_submission {
            let fitting = SUBMISSION_TIME.as_secs_f64() / time.as_secs_f64().max(1e-6);
            let steps = (submission.steps as f64 * fitting.clamp(0.5, 2.0)) as usize;
            self.steps_per_submission = steps.clamp(1, RING);
        }
        let ring: Vec<RingEntry> = self.device.mapped(&submission.readback, self.ring.size())?;
        let metrics = |entry: &RingEntry| StepMetrics {
            loss: entry.loss.into(),
            errors: entry.errors as usize,
            count: entry.count as usize,
        };
        Ok(
            (submission.first_step..submission.first_step + submission.steps)
                .flat_map(|step| &ring[step % RING * self.models..][..self.models])
                .map(metrics)
                .collect(),
        )
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
                let steps = self.steps_per_submission.min(end - self.step);
                under_way.push_back(self.submit(steps));
            }
            let Some(submission) = under_way.pop_front() else {
                return Ok(());
            };
            stopped |= report(&self.finish(submission)?).is_break();
        }
    }

    fn states(&self) -> Result<Vec<TrainingState>, GpuError> {
        let arenas = |view| {
            let joined = self.device.read(view)?;
            Ok::<_, GpuError>(arenas::split(&self.parameters, &joined, self.models))
        };
        let mut parameter = arenas(&self.state.parameter)?;
        let mut first_moment = arenas(&self.state.first_moment)?;
        let mut second_moment = arenas(&self.state.second_moment)?;
        let mut averaged = arenas(&self.state.averaged)?;
        let state_of = |model: usize| TrainingState {
            step: self.step,
            parameter: take(&mut parameter[model]),
            first_moment: take(&mut first_moment[model]),
            second_moment: take(&mut second_moment[model]),
            averaged: take(&mut averaged[model]),
        };
        Ok((0..self.models).map(state_of).collect())
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call site, all of them bindings"
)]
fn push_update(
    device: &Device,
    plan: &mut Plan,
    recipe: &Recipe,
    arena_len: usize,
    state: &StateViews,
    gradient: &View,
    progress: &View,
    rates: &View,
) -> Result<(), GpuError> {
    let schedule = [("progress", progress), ("rates", rates)];
    let update = [
        ("gradient", gradient),
        ("first_moment", &state.first_moment),
        ("parameter", &state.parameter),
    ];
    match recipe.optimiser {
        Optimiser::Adam => {
            let second = ("second_moment", &state.second_moment);
            let bindings = [&schedule[..], &update, &[second]].concat();
            plan.push(
                device,
                kernels::optimiser::adam(arena_len, recipe),
                &bindings,
            )?;
        }
        Optimiser::Sgd => {
            let bindings = [&schedule[..], &update].concat();
            plan.push(
                device,
                kernels::optimiser::sgd(arena_len, recipe),
                &bindings,
            )?;
        }
        Optimiser::Sdlm => {
            let second = ("curvature", &state.second_moment);
            let bindings = [&schedule[..], &update, &[second]].concat();
            plan.push(
                device,
                kernels::optimiser::sdlm(arena_len, recipe),
                &bindings,
            )?;
        }
    }
    if recipe.average > 0.0 {
        let mean = [
            ("parameter", &state.parameter),
            ("averaged", &state.averaged),
        ];
        let bindings = [&schedule[..], &mean].concat();
        plan.push(
            device,
            kernels::optimiser::average(arena_len, recipe),
            &bindings,
        )?;
    }
    Ok(())
}
