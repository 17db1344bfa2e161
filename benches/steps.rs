//! Times of a training step and of each of its kernels.
//!
//! `cargo bench` measures the CPU path with every instruction set of the processor, and the adapter
//! that LENET_TEST_ADAPTER names (default vulkan) if it is there. `cargo bench -- kernel` measures the
//! kernels alone.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use lenet_gpu::block_on;
use lenet_gpu::cpu::{CpuTrainer, Level};
use lenet_gpu::data::{Dataset, Mnist};
use lenet_gpu::gpu::{AdapterChoice, Device, GpuTrainer};
use lenet_gpu::model::{Network, Recipe, TrainingState};
use lenet_gpu::train::{Preset, Schedule, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};

const BATCHES: [usize; 3] = [16, 64, 256];
/// The batch at which single kernels are timed.
const KERNEL_BATCH: usize = 64;
/// How often a kernel is launched for one sample of its time: launches are short.
const LAUNCHES: usize = 20;
const SEED: u32 = 0;

static DATA: LazyLock<Dataset> = LazyLock::new(|| {
    let mnist = Mnist::load(None).expect("the embedded set is whole");
    mnist.train
});

static DEVICE: LazyLock<Option<Device>> = LazyLock::new(|| {
    let name = std::env::var("LENET_TEST_ADAPTER").unwrap_or_else(|_| "vulkan".to_owned());
    let choice: AdapterChoice = name.parse().ok()?;
    block_on(Device::open(&choice)).ok().flatten()
});

/// Everything a trainer of the default recipe borrows.
struct Workload {
    network: Network,
    recipe: Recipe,
    rates: Schedule,
    state: TrainingState,
}

impl Workload {
    fn new(batch: usize) -> Self {
        let recipe = Recipe {
            batch,
            passes: 100,
            ..Preset::Default.recipe()
        };
        let network = Network::lenet5(recipe.choices);
        Self {
            rates: step_rates(&recipe, DATA.len()),
            state: TrainingState::start(&network, &recipe, SEED),
            network,
            recipe,
        }
    }

    fn task(&self) -> TrainingTask<'_> {
        TrainingTask {
            network: &self.network,
            recipe: &self.recipe,
            rates: &self.rates,
            data: &DATA,
            seeds: vec![SEED],
            states: vec![self.state.clone()],
            teachers: Vec::new(),
        }
    }

    fn adapter_trainer<'a>(&'a self, device: &'a Device) -> GpuTrainer<'a> {
        GpuTrainer::new(device, &self.task()).expect("the adapter takes the default recipe")
    }
}

/// A dispatch of the default plan.
#[derive(Clone)]
struct KernelOfPlan {
    index: usize,
    label: String,
}

impl fmt::Display for KernelOfPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02} {}", self.index, self.label)
    }
}

fn kernels_of_plan() -> Vec<KernelOfPlan> {
    let Some(device) = DEVICE.as_ref() else {
        return Vec::new();
    };
    let workload = Workload::new(KERNEL_BATCH);
    let trainer = workload.adapter_trainer(device);
    let dispatches = trainer.plan().dispatches().iter().enumerate();
    dispatches
        .map(|(index, dispatch)| KernelOfPlan {
            index,
            label: dispatch.label(),
        })
        .collect()
}

fn main() {
    match DEVICE.as_ref() {
        Some(device) => println!("adapter: {}", device.description()),
        None => println!("no adapter: the CPU path alone"),
    }
    divan::main();
}

/// A step on the CPU path.
#[derive(Clone, Copy)]
struct CpuStep {
    level: Level,
    batch: usize,
}

impl fmt::Display for CpuStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, batch {}", self.level.name(), self.batch)
    }
}

fn cpu_steps() -> impl Iterator<Item = CpuStep> {
    let steps = |level| BATCHES.map(|batch| CpuStep { level, batch });
    Level::available().into_iter().flat_map(steps)
}

#[divan::bench(args = cpu_steps())]
fn cpu_step(bencher: Bencher, CpuStep { level, batch }: CpuStep) {
    let workload = Workload::new(batch);
    let mut trainer = CpuTrainer::at_level(level, &workload.task());
    bencher
        .counter(ItemsCount::new(batch))
        .bench_local(|| block_on(trainer.run(1, |_| ControlFlow::Continue(()))));
}

#[divan::bench(args = BATCHES)]
fn adapter_steps(bencher: Bencher, batch: usize) {
    let Some(device) = DEVICE.as_ref() else {
        return;
    };
    let workload = Workload::new(batch);
    let mut trainer = workload.adapter_trainer(device);
    bencher
        .counter(ItemsCount::new(batch * LAUNCHES))
        .bench_local(|| block_on(trainer.run(LAUNCHES, |_| ControlFlow::Continue(()))));
}

#[divan::bench(args = kernels_of_plan())]
fn kernel(bencher: Bencher, kernel: &KernelOfPlan) {
    let Some(device) = DEVICE.as_ref() else {
        return;
    };
    let workload = Workload::new(KERNEL_BATCH);
    let trainer = workload.adapter_trainer(device);
    bencher
        .counter(ItemsCount::new(KERNEL_BATCH * LAUNCHES))
        .bench_local(|| block_on(trainer.plan().run_dispatch(device, kernel.index, LAUNCHES)));
}
