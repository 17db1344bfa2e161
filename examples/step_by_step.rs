//! Drives a trainer step by step, and stops as soon as the training error is low enough:
//!
//! ```text
//! cargo run --release --example step_by_step
//! ```

use std::error::Error;

use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::data::Mnist;
use lenet_gpu::model::{Network, PassTotals, TrainingState};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};

const SEED: u32 = 7;
const SAMPLES_PER_REPORT: usize = 6400;
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
        teachers: Vec::new(),
    };
    let compute = Compute::Cpu;
    let mut trainer = compute.trainer(&task)?;
    let mut latest = PassTotals::default();
    loop {
        // Begins whatever fits; on an adapter, it is computed while this loop goes on.
        while trainer.begin(usize::MAX) > 0 {}
        let Some(metrics) = block_on(trainer.finish())? else {
            break;
        };
        metrics.iter().for_each(|step| latest.add(step));
        if latest.count >= SAMPLES_PER_REPORT {
            let error = latest.error_percent();
            println!("the latest {} digits: {error:.2} % wrong", latest.count);
            if error <= GOOD_ENOUGH_PERCENT {
                break;
            }
            latest = PassTotals::default();
        }
    }
    let states = block_on(trainer.states())?;
    println!("Stopped after step {}.", states[0].step);
    Ok(())
}
