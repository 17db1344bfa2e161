//! What it costs an adapter to launch anything at all: the floor of any step.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::work::MICROSECONDS;
use super::{Rounds, Sweep, Workload};
use crate::compute::Compute;
use crate::data::Mnist;
use crate::gpu::{Device, Dispatch, GpuError, GpuTrainer, LaunchTime, Plan, View, kernels};
use crate::platform::block_on;

/// What launching costs on one adapter, in microseconds by the host's clock.
#[derive(Clone, Debug, Serialize)]
pub struct DispatchCost {
    /// Name of the adapter.
    pub adapter: String,
    /// vulkan, metal, dx12 or gl.
    pub backend: &'static str,
    /// A dispatch that does nothing, with a buffer bound for writing: wgpu has it wait for whatever
    /// was launched before.
    pub dependent: Rounds,
    /// The same with a buffer bound for reading, which waits for nothing.
    pub independent: Rounds,
    /// To encode a dependent dispatch, on the host. Training encodes while the adapter computes.
    pub encoding: Rounds,
    /// To submit nothing and wait for its end.
    pub submission: Rounds,
    /// To read four bytes back: a buffer is made, copied to and mapped.
    pub read_back: Rounds,
    /// Dispatches of a step of the default recipe, of one network.
    pub dispatches: usize,
    /// What these cost if they do nothing: so many dependent dispatches, or encoding them where that
    /// takes longer.
    pub floor_microseconds: f64,
}

impl DispatchCost {
    /// Measures each adapter of `computes`, in turns, for the rounds and the time of `sweep`. The CPU
    /// path launches nothing and is left out.
    ///
    /// # Errors
    /// If an adapter fails.
    pub fn measure(
        sweep: &Sweep,
        computes: &[Compute],
        data: &Mnist,
        note: &dyn Fn(String),
    ) -> Result<Vec<Self>> {
        let workload = Workload::first_step(data, sweep.seed)?;
        let mut timings = Vec::new();
        for compute in computes {
            if let Compute::Gpu(device) = compute {
                timings.push(Timing::new(device, &workload)?);
            }
        }
        for timing in &timings {
            timing.measure(sweep.time / 2)?;
        }
        for round in 1..=sweep.rounds {
            note(format!("Round {round} of {}.", sweep.rounds));
            for timing in &mut timings {
                let costs = timing.measure(sweep.time)?;
                timing.rounds.push(costs);
            }
        }
        Ok(timings.iter().map(Timing::cost).collect())
    }

    /// Every cost with what it is of.
    pub fn all(&self) -> [(&'static str, &Rounds); 5] {
        [
            ("dependent dispatch", &self.dependent),
            ("independent dispatch", &self.independent),
            ("encoding a dispatch", &self.encoding),
            ("submission", &self.submission),
            ("read-back", &self.read_back),
        ]
    }
}

/// The costs of one round, in seconds.
struct Costs {
    dependent: LaunchTime,
    independent: LaunchTime,
    submission: f64,
    read_back: f64,
}

/// The measurements on one adapter.
struct Timing<'a> {
    device: &'a Device,
    /// A dependent and an independent dispatch.
    plan: Plan,
    /// The four bytes that are read back.
    bytes: View,
    dispatches: usize,
    rounds: Vec<Costs>,
}

/// Places in the plan of a [`Timing`].
const DEPENDENT: usize = 0;
const INDEPENDENT: usize = 1;

impl<'a> Timing<'a> {
    fn new(device: &'a Device, workload: &Workload) -> Result<Self, GpuError> {
        let bytes = device.zeros("nothing", size_of::<u32>())?;
        let (dependent, independent) = (kernels::empty::dependent(), kernels::empty::independent());
        let mut plan = Plan::default();
        plan.push_dispatch(Dispatch::new(device, dependent, &[("bound", &bytes)])?);
        plan.push_dispatch(Dispatch::new(
            device,
            independent,
            &[("read_only", &bytes)],
        )?);
        let trainer = GpuTrainer::new(device, &workload.single_task())?;
        Ok(Self {
            device,
            plan,
            bytes,
            dispatches: trainer.plan().dispatches().len(),
            rounds: Vec::new(),
        })
    }

    /// All costs, each measured for about `time`.
    fn measure(&self, time: Duration) -> Result<Costs, GpuError> {
        Ok(Costs {
            dependent: self.of_one_dispatch(DEPENDENT, time)?,
            independent: self.of_one_dispatch(INDEPENDENT, time)?,
            submission: mean_seconds(time, || block_on(self.device.submit_nothing()))?,
            read_back: mean_seconds(time, || {
                block_on(self.device.read::<u32>(&self.bytes)).map(drop)
            })?,
        })
    }

    /// The seconds that one more launch of the dispatch at `index` adds to a submission. The cost of
    /// the submission itself is in many launches as it is in few, and cancels. 0 where noise is more
    /// than that.
    fn of_one_dispatch(&self, index: usize, time: Duration) -> Result<LaunchTime, GpuError> {
        const FEW: usize = 100;
        const MANY: usize = 1100;
        let (mut encoding, mut running, mut pairs) = (0.0, 0.0, 0);
        let started = Instant::now();
        while pairs == 0 || started.elapsed() < time {
            let launch = |times| block_on(self.plan.time_launches(self.device, index, times));
            let (few, many) = (launch(FEW)?, launch(MANY)?);
            encoding += many.encoding - few.encoding;
            running += many.running - few.running;
            pairs += 1;
        }
        let launches = (pairs * (MANY - FEW)) as f64;
        Ok(LaunchTime {
            encoding: f64::max(encoding / launches, 0.0),
            running: f64::max(running / launches, 0.0),
        })
    }

    fn cost(&self) -> DispatchCost {
        let rounds = |seconds: fn(&Costs) -> f64| {
            let seconds: Vec<f64> = self.rounds.iter().map(seconds).collect();
            Rounds::scaled(&seconds, MICROSECONDS).expect("there is at least one round")
        };
        let dependent = rounds(|costs| costs.dependent.running);
        let encoding = rounds(|costs| costs.dependent.encoding);
        let slower = dependent.median().max(encoding.median());
        let adapter = self.device.description();
        DispatchCost {
            adapter: adapter.name.clone(),
            backend: adapter.backend,
            floor_microseconds: self.dispatches as f64 * slower,
            dispatches: self.dispatches,
            dependent,
            independent: rounds(|costs| costs.independent.running),
            encoding,
            submission: rounds(|costs| costs.submission),
            read_back: rounds(|costs| costs.read_back),
        }
    }
}

/// Mean seconds of `work`, done as often as fits into `time`, but at least once.
fn mean_seconds(
    time: Duration,
    mut work: impl FnMut() -> Result<(), GpuError>,
) -> Result<f64, GpuError> {
    let (started, mut times) = (Instant::now(), 0);
    while times == 0 || started.elapsed() < time {
        work()?;
        times += 1;
    }
    Ok(started.elapsed().as_secs_f64() / f64::from(times))
}
