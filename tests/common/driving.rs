//! Trainers that are driven step by step, and trainers that are asked for all steps at once.

use std::ops::ControlFlow;

use crate::digits::MNIST;
use lenet_gpu::block_on;
use lenet_gpu::data::Dataset;
use lenet_gpu::model::{Network, Recipe, StepMetrics, TrainingState};
use lenet_gpu::train::{Preset, Schedule, step_rates};
use lenet_gpu::trainer::{Rates, Trainer, TrainingTask};

/// Three passes over 50 digits, the last batch of which is smaller.
pub struct Workload {
    network: Network,
    recipe: Recipe,
    data: Dataset,
    rates: Schedule,
    models: u32,
}

impl Workload {
    /// Trains `models` networks.
    pub fn of(models: u32) -> Self {
        let recipe = Recipe {
            batch: 16,
            passes: 3,
            // So that weights and running averages differ.
            average: 0.9,
            ..Preset::Plain.recipe()
        };
        let data = MNIST.train.clone().take_first(50);
        Self {
            network: Network::of(recipe.choices),
            rates: step_rates(&recipe, data.len()),
            data,
            recipe,
            models,
        }
    }

    /// What its trainers are made from.
    pub fn task(&self) -> TrainingTask<'_> {
        let start = |seed| TrainingState::start(&self.network, &self.recipe, seed);
        TrainingTask {
            network: &self.network,
            recipe: &self.recipe,
            rates: &self.rates,
            data: &self.data,
            seeds: (0..self.models).collect(),
            states: (0..self.models).map(start).collect(),
            teachers: Vec::new(),
        }
    }
}

/// What a training leaves.
type Trained = (Vec<TrainingState>, Vec<StepMetrics>);

/// Drives what `trainer` makes of `workload` by hand to the end of its rates, and expects the same of
/// `run`.
pub fn expect_same_as_run<T: Trainer>(
    workload: &Workload,
    trainer: impl Fn() -> Result<T, T::Error>,
) -> Result<(), T::Error> {
    let rates = workload.rates.steps();
    let (mut by_hand, mut at_once) = (trainer()?, trainer()?);
    let driven = drive(&mut by_hand)?;
    let run = run(&mut at_once, usize::MAX)?;
    assert!(driven == run, "driven by hand, a training has another end");
    let (states, metrics) = driven;
    assert_eq!(metrics.len(), rates * states.len());
    assert!(states.iter().all(|state| state.step == rates));
    expect_over(&mut by_hand)?;
    expect_over(&mut at_once)
}

/// The states are those after the updates begun, whether they have been waited for or not, and whether
/// further ones are begun before the states are.
pub fn expect_states_after_begun<T: Trainer>(mut trainer: T) -> Result<(), T::Error> {
    let begun = trainer.begin(1);
    assert_eq!(begun, 1);
    let states = block_on(trainer.states())?;
    assert!(states.iter().all(|state| state.step == begun));
    assert!(block_on(trainer.finish())?.is_some());
    assert!(
        block_on(trainer.states())? == states,
        "waiting changes states"
    );
    let asked = trainer.states();
    assert!(trainer.begin(1) > 0);
    assert!(
        block_on(asked)? == states,
        "updates begun later change states"
    );
    Ok(())
}

/// Begins whatever can be begun, waits for the first of it, and so on.
fn drive<T: Trainer>(trainer: &mut T) -> Result<Trained, T::Error> {
    let mut metrics = Vec::new();
    loop {
        while trainer.begin(3) > 0 {}
        match block_on(trainer.finish())? {
            Some(measured) => metrics.extend(measured),
            None => return Ok((block_on(trainer.states())?, metrics)),
        }
    }
}

fn run<T: Trainer>(trainer: &mut T, steps: usize) -> Result<Trained, T::Error> {
    let mut metrics = Vec::new();
    block_on(trainer.run(steps, |measured| {
        metrics.extend_from_slice(measured);
        ControlFlow::Continue(())
    }))?;
    Ok((block_on(trainer.states())?, metrics))
}

/// Where no rates are left, there are no steps.
fn expect_over<T: Trainer>(trainer: &mut T) -> Result<(), T::Error> {
    assert_eq!(trainer.begin(1), 0, "a step without a rate");
    let (_, metrics) = run(trainer, 1)?;
    assert!(metrics.is_empty(), "a step without a rate");
    Ok(())
}
