//! Drives a trainer by itself, and stops as soon as the training error is low enough:
//!
//! ```text
//! cargo run --release --example step_by_step
//! ```

use std::error::Error;
use std::ops::ControlFlow;

use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::data::Mnist;
use lenet_gpu::model::{Network, PassTotals, TrainingState};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};

const SEED: u32 = 7;
const STEPS_PER_REPORT: usize = 100;
const GOOD_ENOUGH_PERCENT: f64 = 3.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mnist = Mnist::load(None)?;
    let recipe = Preset::Default.recipe();
    let network = Network::of(recipe.choices);
    let rates = step_rates(&recipe, mnist.train.len());
    let task = TrainingTask {
        network: &network,
        recipe: &recipe,
        rates: &rates,
        data: &mnist.train,
        seeds: vec![SEED],
        states: vec![TrainingState::start(&network, &recipe, SEED)],
    };
    let compute = Compute::Cpu;
    let mut trainer = compute.trainer(&task)?;
    for report in 1..=rates.len() / STEPS_PER_REPORT {
        let mut totals = PassTotals::default();
        block_on(trainer.run(STEPS_PER_REPORT, |steps| {
            steps.iter().for_each(|step| totals.add(step));
            ControlFlow::Continue(())
        }))?;
        let (step, error) = (report * STEPS_PER_REPORT, totals.error_percent());
        println!("step {step}: training error {error:.2} %");
        if error <= GOOD_ENOUGH_PERCENT {
            break;
        }
    }
    let states = block_on(trainer.states())?;
    println!("Stopped after step {}.", states[0].step);
    Ok(())
}
