//! What a GPU's compiler makes of lenet-gpu's kernels, and what a training step should take on a GPU,
//! without a GPU. See README.md.

mod budget;
mod chain;
mod family;
mod kernels;
mod plans;
mod radv;
mod spirv;
mod step;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compiles every kernel of every plan for imaginary AMD GPUs; fails if one that does much of the
    /// work takes too many registers
    Kernels {
        /// Samples per step
        #[arg(long, default_value_t = 64)]
        batch: usize,
        /// Writes all numbers to this file, too
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// What a step should last on a GPU, launch by launch, by a model on paper
    Step {
        /// Samples per step
        #[arg(long, default_value_t = 64)]
        batch: usize,
    },
    /// What `kernels` starts for each family
    #[command(name = family::WORKER, hide = true)]
    Worker,
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Kernels { batch, json } => kernels(batch, json),
        Command::Step { batch } => step(batch).map(|()| ExitCode::SUCCESS),
        Command::Worker => family::work().map(|()| ExitCode::SUCCESS),
    }
}

fn step(batch: usize) -> Result<()> {
    let plans = plans::plans(batch)?;
    let mut for_gpus = plans.iter().filter(|plan| plan.is_for_gpus);
    for_gpus.try_for_each(|plan| step::print(plan, batch))
}

fn kernels(batch: usize, json: Option<PathBuf>) -> Result<ExitCode> {
    let reports = kernels::compile(&plans::plans(batch)?)?;
    reports.iter().for_each(kernels::Report::print);
    if let Some(path) = json {
        kernels::write_json(&reports, &path)?;
    }
    let broken: Vec<String> = reports.iter().flat_map(kernels::Report::broken).collect();
    for launch in &broken {
        println!("Beyond the budget: {launch}.");
    }
    Ok(match broken.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
