//! `lenet-gpu bench`.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::Output;
use super::options::DataArgs;
use super::summary::thousands;
use crate::data::Mnist;
use crate::gpu::{AdapterChoice, or_software};
use crate::model::{DIGITS, Network, Recipe, StepRates, TrainingState};
use crate::train::{Classifier, Compute, Engine, Preset, step_rates};

/// Steps that a training measurement has rates for.
const MOST_STEPS: usize = 500_000;

/// Options of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The adapter to set beside the CPU path; auto takes a software adapter where there is no GPU
    #[arg(long, default_value = "auto", value_name = "ADAPTER")]
    adapter: AdapterChoice,
    /// Samples an update to measure training with
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "16,64,256",
        value_name = "N,N,…"
    )]
    batch: Vec<usize>,
    /// Rounds, in which all measurements take turns; the median is reported
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of each measurement in each round
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Seed of initial weights and order
    #[arg(long, default_value_t = 0)]
    seed: u32,
    #[command(flatten)]
    data: DataArgs,
}

/// One line of the result.
#[derive(Serialize)]
struct Row {
    adapter: String,
    backend: &'static str,
    mode: &'static str,
    batch: usize,
    samples_per_second: f64,
    lowest: f64,
    highest: f64,
}

/// Something that can be measured again and again: samples and the time they took.
struct Contestant<'a> {
    adapter: String,
    backend: &'static str,
    mode: &'static str,
    batch: usize,
    measure: Box<dyn FnMut(Duration) -> Result<(usize, Duration)> + 'a>,
    rates: Vec<f64>,
}

pub(super) fn run(args: &BenchArgs, output: &Output) -> Result<ExitCode> {
    let recipes = recipes(args)?;
    let data = args.data.load()?;
    let workloads: Vec<Workload> = recipes
        .into_iter()
        .map(|recipe| Workload::new(recipe, data.train.len()))
        .collect();
    let mut computes = vec![Compute::Cpu];
    if let compute @ Compute::Gpu(_) = Compute::open(&or_software(&args.adapter))? {
        computes.push(compute);
    } else {
        output.note("No adapter to compare with: measuring the CPU path alone.");
    }
    for compute in &computes {
        output.note(format!("Measuring {}.", compute.describe()));
    }
    let network = Network::lenet5(Preset::Default.recipe().choices);
    let mut contestants = Vec::new();
    for workload in &workloads {
        for compute in &computes {
            contestants.push(training(compute, &network, workload, &data, args.seed)?);
        }
    }
    for compute in &computes {
        contestants.push(inference(compute, &network, &data, args.seed)?);
    }
    take_turns(&mut contestants, args, output)?;
    let rows: Vec<Row> = contestants.into_iter().map(row_of).collect();
    print_rows(&rows, output);
    output.json(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "rounds": args.rounds,
        "seconds": args.seconds,
        "adapters": computes.iter().map(Compute::describe).collect::<Vec<_>>(),
        "rows": rows,
    }));
    Ok(ExitCode::SUCCESS)
}

/// A recipe and the rates of all its steps.
struct Workload {
    recipe: Recipe,
    rates: Vec<StepRates>,
}

impl Workload {
    /// `recipe` for as many passes over `samples` samples as `MOST_STEPS` steps make.
    fn new(recipe: Recipe, samples: usize) -> Self {
        let passes = MOST_STEPS.div_ceil(samples.div_ceil(recipe.batch));
        let recipe = Recipe { passes, ..recipe };
        Self {
            rates: step_rates(&recipe, samples),
            recipe,
        }
    }
}

/// The default recipe at every batch size asked for.
fn recipes(args: &BenchArgs) -> Result<Vec<Recipe>> {
    ensure!(
        args.seconds.is_finite() && args.seconds > 0.0,
        "--seconds is {}, expected a number above 0",
        args.seconds
    );
    let recipe = |&batch| {
        let recipe = Recipe {
            batch,
            ..Preset::Default.recipe()
        };
        recipe.check().map_err(anyhow::Error::msg)?;
        Ok(recipe)
    };
    args.batch.iter().map(recipe).collect()
}

fn training<'a>(
    compute: &'a Compute,
    network: &'a Network,
    workload: &'a Workload,
    data: &'a Mnist,
    seed: u32,
) -> Result<Contestant<'a>> {
    let Workload { recipe, rates } = workload;
    let state = TrainingState::start(network, recipe, seed);
    let mut engine = Engine::new(compute, network, recipe, rates, &data.train, seed, state)?;
    let mut steps_left = rates.len();
    let measure = move |time: Duration| {
        let (started, mut samples) = (Instant::now(), 0);
        engine.run(steps_left, |steps| {
            steps_left -= steps.len();
            samples += steps.iter().map(|step| step.count).sum::<usize>();
            match started.elapsed() < time {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        ensure!(
            steps_left > 0,
            "a measurement makes at most {MOST_STEPS} steps: ask for fewer --rounds or --seconds"
        );
        Ok((samples, started.elapsed()))
    };
    Ok(contestant(compute, "train", recipe.batch, measure))
}

fn contestant<'a>(
    compute: &Compute,
    mode: &'static str,
    batch: usize,
    measure: impl FnMut(Duration) -> Result<(usize, Duration)> + 'a,
) -> Contestant<'a> {
    Contestant {
        adapter: compute.name(),
        backend: compute.backend(),
        mode,
        batch,
        measure: Box::new(measure),
        rates: Vec::new(),
    }
}

fn inference<'a>(
    compute: &'a Compute,
    network: &'a Network,
    data: &'a Mnist,
    seed: u32,
) -> Result<Contestant<'a>> {
    let state = TrainingState::start(network, &Preset::Default.recipe(), seed);
    let classifier = Classifier::new(compute, network, &state.parameter, &data.test)?;
    let measure = move |time: Duration| {
        let (started, mut samples) = (Instant::now(), 0);
        while started.elapsed() < time {
            samples += classifier.penalties()?.len() / DIGITS;
        }
        Ok((samples, started.elapsed()))
    };
    Ok(contestant(compute, "infer", Classifier::BATCH, measure))
}

/// Runs all rounds; the first measurement of each contestant warms it up and does not count.
fn take_turns(contestants: &mut [Contestant], args: &BenchArgs, output: &Output) -> Result<()> {
    let time = Duration::from_secs_f64(args.seconds);
    for contestant in contestants.iter_mut() {
        (contestant.measure)(time / 2)?;
    }
    for round in 1..=args.rounds {
        output.note(format!("Round {round} of {}.", args.rounds));
        for contestant in contestants.iter_mut() {
            let (samples, taken) = (contestant.measure)(time)?;
            contestant.rates.push(samples as f64 / taken.as_secs_f64());
        }
    }
    Ok(())
}

fn row_of(mut contestant: Contestant) -> Row {
    let rates = &mut contestant.rates;
    rates.sort_by(f64::total_cmp);
    Row {
        adapter: contestant.adapter,
        backend: contestant.backend,
        mode: contestant.mode,
        batch: contestant.batch,
        samples_per_second: rates[rates.len() / 2],
        lowest: rates[0],
        highest: rates[rates.len() - 1],
    }
}

fn print_rows(rows: &[Row], output: &Output) {
    output.result(format!(
        "{:<40} {:<7} {:<6} {:>5} {:>10} {:>21} {:>7}",
        "adapter", "backend", "mode", "batch", "samples/s", "lowest to highest", "to CPU"
    ));
    for row in rows {
        let beside = rows
            .iter()
            .find(|other| {
                other.backend == "cpu" && other.mode == row.mode && other.batch == row.batch
            })
            .map(|cpu| format!("{:.2}x", row.samples_per_second / cpu.samples_per_second));
        output.result(format!(
            "{:<40} {:<7} {:<6} {:>5} {:>10} {:>10} {:>10} {:>7}",
            row.adapter,
            row.backend,
            row.mode,
            row.batch,
            thousands(row.samples_per_second as usize),
            thousands(row.lowest as usize),
            thousands(row.highest as usize),
            beside.unwrap_or_default(),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_set_has_rates_for_as_many_steps_as_a_large_one() {
        for samples in [1, 64, 60_000] {
            let workload = Workload::new(Preset::Default.recipe(), samples);
            assert!(workload.rates.len() >= MOST_STEPS, "{samples} samples");
        }
    }
}
