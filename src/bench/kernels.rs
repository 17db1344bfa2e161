//! Where the time of a training step goes on an adapter, kernel by kernel.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::platform::block_on;
use crate::trainer::Trainer;
use anyhow::Result;
use serde::Serialize;

use super::work::{self, GIGA, MICROSECONDS};
use super::workload::{MOST_STEPS, Workload};
use super::{MULTIPLY_ADD_FLOPS, Peaks, Rounds, Sweep};
use crate::compute::Compute;
use crate::data::Mnist;
use crate::gpu::{Device, Dispatch, GpuError, GpuTrainer, StepPlan};

/// The time of one dispatch of a step.
#[derive(Clone, Debug, Serialize)]
pub struct KernelTime {
    /// The part of the step: a layer, or what comes before, between and after the layers.
    pub layer: &'static str,
    /// Shader and entry point.
    pub kernel: &'static str,
    /// Workgroups of the grid, of all models together.
    pub workgroups: usize,
    /// Invocations of these workgroups.
    pub invocations: usize,
    /// Microseconds: the mean of all steps of a round, over the rounds.
    pub microseconds: Rounds,
    /// Share of the wall time of a step, in per cent.
    pub share_percent: f64,
    /// 10⁹ floating-point operations per second that the layer takes; none where it is not a layer
    /// that is computed.
    pub gflops: Option<f64>,
    /// That in per cent of the adapter's peak.
    pub gflops_percent_of_peak: Option<f64>,
    /// 10⁹ bytes per second, if everything bound is touched once; none for a time of 0.
    pub gigabytes_per_second: Option<f64>,
    /// That in per cent of the adapter's peak.
    pub gigabytes_percent_of_peak: Option<f64>,
}

/// A step on one adapter, kernel by kernel.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// Name of the adapter.
    pub adapter: String,
    /// vulkan, metal, dx12 or gl.
    pub backend: &'static str,
    /// The plan of the step.
    pub plan: StepPlan,
    /// Samples per step.
    pub batch: usize,
    /// How the kernels were timed: `timestamps`, or `repetition` where the adapter has none.
    pub method: &'static str,
    /// What the adapter can do at most.
    pub peaks: Peaks,
    /// Dispatches of a step.
    pub dispatches: usize,
    /// Every dispatch, in order.
    pub kernels: Vec<KernelTime>,
    /// Sum of the kernels' medians.
    pub sum_microseconds: f64,
    /// A step among many, without profiling.
    pub wall_microseconds: Rounds,
    /// The wall time less that sum: the time between kernels. Negative where kernels that
    /// are timed one by one take longer than in a row.
    pub gap_microseconds: f64,
    /// The gap's share of the wall, in per cent.
    pub gap_percent: f64,
}

/// Times the kernels of a training step on each adapter of `computes`, at every batch size of
/// `sweep`: adapters take turns, and so do steps with and without profiling. The CPU path has no
/// kernels and is left out.
///
/// # Errors
/// If a batch size is out of range, or an adapter fails.
pub fn profile(
    sweep: &Sweep,
    computes: &[Compute],
    data: &Mnist,
    note: &dyn Fn(String),
) -> Result<Vec<Profile>> {
    let mut adapters = Vec::new();
    for compute in computes {
        if let Compute::Gpu(device) = compute {
            adapters.push((&**device, Peaks::measure(device)?));
        }
    }
    let mut profiles = Vec::new();
    if adapters.is_empty() {
        return Ok(profiles);
    }
    for &batch in &sweep.batches {
        note(format!("Timing the kernels at batch {batch}."));
        let workload = Workload::new(data, sweep.preset, batch, MOST_STEPS, sweep.seed)?;
        let mut timings = Vec::new();
        for &(device, peaks) in &adapters {
            timings.push(Timing::new(device, peaks, &workload)?);
        }
        for timing in &mut timings {
            timing.warm_up(sweep.time / 2)?;
        }
        for _ in 0..sweep.rounds {
            for timing in &mut timings {
                timing.measure(sweep.time)?;
            }
        }
        profiles.extend(timings.iter().map(Timing::profile));
    }
    Ok(profiles)
}

/// The measurements on one adapter at one batch size.
struct Timing<'a> {
    device: &'a Device,
    peaks: Peaks,
    workload: &'a Workload<'a>,
    /// Runs without profiling.
    plain: GpuTrainer<'a>,
    /// Its plan is profiled; it makes no steps of its own, whose number it would lose.
    profiled: GpuTrainer<'a>,
    /// Seconds of every dispatch in each round, one list per dispatch.
    kernels: Vec<Vec<f64>>,
    /// Seconds of a step without profiling.
    walls: Vec<f64>,
}

impl<'a> Timing<'a> {
    fn new(device: &'a Device, peaks: Peaks, workload: &'a Workload<'a>) -> Result<Self, GpuError> {
        let profiled = GpuTrainer::new(device, &workload.single_task())?;
        Ok(Self {
            device,
            peaks,
            workload,
            plain: GpuTrainer::new(device, &workload.single_task())?,
            kernels: vec![Vec::new(); profiled.plan().dispatches().len()],
            profiled,
            walls: Vec::new(),
        })
    }

    fn warm_up(&mut self, time: Duration) -> Result<(), GpuError> {
        self.step_seconds(time)?;
        self.kernel_seconds(Duration::ZERO)?;
        Ok(())
    }

    fn measure(&mut self, time: Duration) -> Result<(), GpuError> {
        let wall = self.step_seconds(time)?;
        self.walls.push(wall);
        let kernels = self.kernel_seconds(time)?;
        for (rounds, seconds) in self.kernels.iter_mut().zip(kernels) {
            rounds.push(seconds);
        }
        Ok(())
    }

    /// Seconds of a step without profiling, over about `time`.
    fn step_seconds(&mut self, time: Duration) -> Result<f64, GpuError> {
        let (started, mut steps) = (Instant::now(), 0);
        block_on(self.plain.run(MOST_STEPS, |metrics| {
            steps += metrics.len();
            match started.elapsed() < time {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        }))?;
        Ok(started.elapsed().as_secs_f64() / f64::from(steps as u32))
    }

    /// Mean seconds of every dispatch, over as many steps as fit into `time`, but at least one.
    fn kernel_seconds(&self, time: Duration) -> Result<Vec<f64>, GpuError> {
        let dispatches = self.profiled.plan().dispatches().len();
        let (mut sums, mut steps) = (vec![0.0; dispatches], 0);
        let started = Instant::now();
        while steps == 0 || started.elapsed() < time {
            for step in self.time_kernels()?.chunks(dispatches) {
                sums.iter_mut().zip(step).for_each(|(sum, one)| *sum += one);
                steps += 1;
            }
        }
        Ok(sums.into_iter().map(|sum| sum / f64::from(steps)).collect())
    }

    /// Seconds of every dispatch of one step or more, in order.
    fn time_kernels(&self) -> Result<Vec<f64>, GpuError> {
        let plan = self.profiled.plan();
        if self.device.has_timestamps() {
            let times = self.steps_at_once().min(plan.most_profiled());
            return block_on(plan.profile(self.device, times));
        }
        (0..plan.dispatches().len())
            .map(|index| self.time_repeated(index))
            .collect()
    }

    /// Seconds of the dispatch at `index`, repeated until noise is small beside it.
    fn time_repeated(&self, index: usize) -> Result<f64, GpuError> {
        const LONG_ENOUGH: f64 = 0.02;
        const FEW: usize = 5;
        const MANY: usize = 2000;
        let plan = self.profiled.plan();
        let seconds = |times| block_on(plan.time_repeated(self.device, index, times));
        let roughly = seconds(FEW)?.max(f64::EPSILON);
        let times = (LONG_ENOUGH / roughly) as usize;
        seconds(times.clamp(FEW, MANY))
    }

    /// Steps that are profiled in one submission: as many as keep it short of what would upset a
    /// display driver's watchdog.
    fn steps_at_once(&self) -> usize {
        const SUBMISSION_SECONDS: f64 = 0.05;
        let step = self.walls.last().copied().unwrap_or(SUBMISSION_SECONDS);
        ((SUBMISSION_SECONDS / step) as usize).max(1)
    }

    fn profile(&self) -> Profile {
        let wall_microseconds = microseconds(&self.walls);
        let wall = wall_microseconds.median();
        let dispatches = self.profiled.plan().dispatches();
        let kernels: Vec<KernelTime> = dispatches
            .iter()
            .zip(&self.kernels)
            .map(|(dispatch, seconds)| self.kernel_time(dispatch, seconds, wall))
            .collect();
        let sum_microseconds = kernels
            .iter()
            .map(|kernel| kernel.microseconds.median())
            .sum::<f64>();
        let gap_microseconds = wall - sum_microseconds;
        let adapter = self.device.description();
        Profile {
            adapter: adapter.name.clone(),
            backend: adapter.backend,
            plan: self.device.variant_at(self.workload.recipe.batch).plan,
            batch: self.workload.recipe.batch,
            method: match self.device.has_timestamps() {
                true => "timestamps",
                false => "repetition",
            },
            peaks: self.peaks,
            dispatches: dispatches.len(),
            kernels,
            sum_microseconds,
            wall_microseconds,
            gap_microseconds,
            gap_percent: 100.0 * gap_microseconds / wall,
        }
    }

    /// The time of `dispatch`, of a step of `wall` microseconds.
    fn kernel_time(&self, dispatch: &Dispatch, seconds: &[f64], wall: f64) -> KernelTime {
        let microseconds = microseconds(seconds);
        let seconds = microseconds.median() / MICROSECONDS;
        let batch = self.workload.recipe.batch;
        // A clock may be too coarse for the shortest kernels.
        let per_second = |amount: f64| (seconds > 0.0).then(|| amount / seconds / GIGA);
        let gflops = work::dispatch_multiply_adds(&self.workload.network, dispatch)
            .and_then(|one| per_second((one * batch) as f64 * MULTIPLY_ADD_FLOPS));
        let gigabytes_per_second = per_second(work::dispatch_bytes(dispatch, batch) as f64);
        let percent_of = |peak: f64| move |reached: f64| 100.0 * reached / peak;
        KernelTime {
            layer: dispatch.section(),
            kernel: dispatch.kernel().name,
            workgroups: dispatch.workgroups(),
            invocations: dispatch.invocations(),
            share_percent: 100.0 * microseconds.median() / wall,
            microseconds,
            gflops,
            gflops_percent_of_peak: gflops.map(percent_of(self.peaks.gflops)),
            gigabytes_per_second,
            gigabytes_percent_of_peak: gigabytes_per_second
                .map(percent_of(self.peaks.gigabytes_per_second)),
        }
    }
}

/// What took `seconds` in each round.
fn microseconds(seconds: &[f64]) -> Rounds {
    Rounds::scaled(seconds, MICROSECONDS).expect("there is at least one round")
}
