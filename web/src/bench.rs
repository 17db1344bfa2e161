//! Samples per second on this machine.

use std::ops::ControlFlow;
use std::time::Duration;

use lenet_gpu::compute::{Classifier, Compute};
use lenet_gpu::data::Mnist;
use lenet_gpu::gpu::GpuError;
use lenet_gpu::model::{Network, PassTotals, Recipe, TrainingState};
use lenet_gpu::train::{Course, Preset, TrainError, step_rates};
use lenet_gpu::trainer::TrainingTask;
use serde::Serialize;
use web_time::Instant;

use crate::host::Host;
use crate::values::plain;

/// Samples per update.
const BATCHES: [usize; 3] = [1, 64, 256];
/// How long each speed is measured.
const TIME: Duration = Duration::from_secs(1);
/// Test digits that are answered at once on the processor, where the page waits for them.
const INFERRED: usize = 1000;

#[derive(Serialize)]
struct Speed {
    /// training or inference.
    mode: &'static str,
    batch: usize,
    samples_per_second: f64,
}

/// Measures `compute` in training and inference, and tells `host` of each speed, until `stops`.
///
/// # Errors
/// If the adapter fails.
pub async fn run(
    compute: &Compute,
    digits: &Mnist,
    host: &Host,
    stops: impl Fn() -> bool,
) -> Result<(), TrainError> {
    for batch in BATCHES {
        if stops() {
            return Ok(());
        }
        let samples_per_second = training(compute, digits, batch, host).await?;
        host.timed(plain(&Speed {
            mode: "training",
            batch,
            samples_per_second,
        }));
    }
    if !stops() {
        let samples_per_second = inference(compute, digits, host).await?;
        host.timed(plain(&Speed {
            mode: "inference",
            batch: Classifier::BATCH,
            samples_per_second,
        }));
    }
    Ok(())
}

async fn training(
    compute: &Compute,
    digits: &Mnist,
    batch: usize,
    host: &Host,
) -> Result<f64, TrainError> {
    let recipe = Recipe {
        batch,
        ..Preset::Default.recipe()
    };
    let network = Network::of(recipe.choices);
    let task = TrainingTask {
        network: &network,
        recipe: &recipe,
        rates: &step_rates(&recipe, digits.train.len()),
        data: &digits.train,
        seeds: vec![0],
        states: vec![TrainingState::start(&network, &recipe, 0)],
        teachers: Vec::new(),
    };
    let mut course = Course::new(compute, &task, vec![PassTotals::default()])?;
    // Kernels are compiled in the first steps, and the length of submissions settles.
    train_for(&mut course, TIME / 4, host).await?;
    let (count, seconds) = train_for(&mut course, TIME, host).await?;
    Ok(count as f64 / seconds)
}

/// Trains for `time`, or to the end of the pass, and returns the samples seen and the seconds that took.
async fn train_for(
    course: &mut Course<'_>,
    time: Duration,
    host: &Host,
) -> Result<(usize, f64), TrainError> {
    let before = course.totals()[0].count;
    let start = Instant::now();
    course
        .train_pass(usize::MAX, |_| match start.elapsed() < time {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
        .await?;
    let seconds = start.elapsed().as_secs_f64();
    host.turn(0.0).await;
    Ok((course.totals()[0].count - before, seconds))
}

async fn inference(compute: &Compute, digits: &Mnist, host: &Host) -> Result<f64, GpuError> {
    let recipe = Preset::Default.recipe();
    let network = Network::of(recipe.choices);
    let arena = TrainingState::start(&network, &recipe, 0).parameter;
    let test = match compute {
        Compute::Cpu => digits.test.clone().take_first(INFERRED),
        Compute::Gpu(_) => digits.test.clone(),
    };
    let classifier = Classifier::new(compute, &network, &arena, &test, Classifier::BATCH)?;
    classifier.penalties().await?;
    host.turn(0.0).await;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        classifier.penalties().await?;
        count += test.len();
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}
