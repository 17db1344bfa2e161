//! Trains a network in memory and measures its error:
//!
//! ```text
//! cargo run --release --example train_in_memory            # on the CPU
//! cargo run --release --example train_in_memory vulkan     # on an adapter
//! ```

use std::error::Error;

use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::data::Mnist;
use lenet_gpu::train::{Preset, Score, train_model};

fn main() -> Result<(), Box<dyn Error>> {
    let adapter = std::env::args().nth(1).unwrap_or("cpu".to_owned());
    let compute = block_on(Compute::open(&adapter.parse()?))?;
    println!("Training on {}.", compute.describe());
    let mnist = Mnist::load(None)?;
    let recipe = Preset::Default.recipe();
    let model = block_on(train_model(
        &compute,
        &recipe,
        &mnist.train,
        0,
        |pass, totals| {
            println!(
                "pass {pass}: loss {:.4}, training error {:.2} %, {:.1} s",
                totals.mean_loss(),
                totals.error_percent(),
                totals.seconds
            );
        },
    ))?;
    let penalties = block_on(compute.penalties(&model.network, &model.arena, &mnist.test))?;
    let score = Score::of(&penalties, &mnist.test);
    println!("{} of {} test digits wrong", score.errors, score.count);
    Ok(())
}
