//! A training over more steps than an adapter holds the rates of at once: renewed on the way, they are
//! those that trainers of fewer steps are made with.

use std::ops::ControlFlow;

use crate::adapter::adapter_test;
use crate::digits::MNIST;
use lenet_gpu::block_on;
use lenet_gpu::data::Dataset;
use lenet_gpu::gpu::{Device, GpuError, GpuTrainer};
use lenet_gpu::model::{Decay, Network, Recipe, TrainingState};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};
use libtest_mimic::{Completion, Trial};

/// Steps of a pass; an adapter holds the rates of 1,024 at once.
const STEPS_PER_PASS: usize = 600;
const PASSES: usize = 2;
const SEED: u32 = 4;

pub fn tests() -> Vec<Trial> {
    vec![adapter_test(
        "more steps than the rates of which are held at once",
        |device| {
            let training = Training::new();
            let start = training.start();
            let whole = training.train(device, &start, PASSES * STEPS_PER_PASS)?;
            let mut resumed = start;
            for _ in 0..PASSES {
                resumed = training.train(device, &resumed, STEPS_PER_PASS)?;
            }
            assert!(whole == resumed, "rates were not renewed as they should be");
            Ok(Completion::Completed)
        },
    )]
}

/// Single digits per step, and rates that differ in every step.
struct Training {
    network: Network,
    recipe: Recipe,
    data: Dataset,
}

impl Training {
    fn new() -> Self {
        let recipe = Recipe {
            batch: 1,
            passes: PASSES,
            rate: 0.001,
            decay: Decay::Linear,
            average: 0.9,
            ..Preset::Lenet1.recipe()
        };
        Self {
            network: Network::of(recipe.choices),
            recipe,
            data: MNIST.train.clone().take_first(STEPS_PER_PASS),
        }
    }

    fn start(&self) -> Vec<TrainingState> {
        let start = TrainingState::start(&self.network, &self.recipe, SEED);
        vec![start]
    }

    /// The states that a new trainer makes of `states` in `steps` steps.
    fn train(
        &self,
        device: &Device,
        states: &[TrainingState],
        steps: usize,
    ) -> Result<Vec<TrainingState>, GpuError> {
        let task = TrainingTask {
            network: &self.network,
            recipe: &self.recipe,
            rates: &step_rates(&self.recipe, self.data.len()),
            data: &self.data,
            seeds: vec![SEED],
            states: states.to_vec(),
            teachers: Vec::new(),
        };
        let mut trainer = GpuTrainer::new(device, &task)?;
        block_on(trainer.run(steps, |_| ControlFlow::Continue(())))?;
        block_on(trainer.states())
    }
}
