//! Samples per second, in training and inference, over a sweep of batch sizes.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::work::GIGA;
use super::workload::{MOST_STEPS, Workload, recipe_of};
use super::{MULTIPLY_ADD_FLOPS, MedianRange, inference_multiply_adds, training_multiply_adds};
use crate::compute::{AnyTrainer, Classifier, Compute};
use crate::cpu::{Level, peak};
use crate::data::{Dataset, Mnist};
use crate::gpu::StepPlan;
use crate::model::{DIGITS, InvalidValue, MOST_SEEDS};
use crate::platform::block_on;
use crate::train::{Preset, seeds_from};
use crate::trainer::{Rates, Trainer};

/// The longest measurement in seconds; more is a slip of the keyboard.
const MOST_SECONDS: f64 = 3600.0;

/// What is done with the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Updates, distortion of the digits included.
    Train,
    /// Forward only; the answers are read back.
    Infer,
}

impl Mode {
    /// Its name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Infer => "infer",
        }
    }
}

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The recipe; its batch size is replaced.
    pub preset: Preset,
    /// What is done with the samples.
    pub modes: Vec<Mode>,
    /// Samples per update, or per batch of inference.
    pub batches: Vec<usize>,
    /// Networks that are trained side by side.
    pub models: Vec<usize>,
    /// Rounds, in which all measurements take turns.
    pub rounds: u32,
    /// Time of each measurement in each round.
    pub time: Duration,
    /// Seed of initial weights and order.
    pub seed: u32,
}

/// The samples per second of one compute, mode and batch size.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the adapter, or CPU.
    pub adapter: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: &'static str,
    /// The plan of a training step on an adapter.
    pub plan: Option<StepPlan>,
    /// What was done with the samples.
    pub mode: Mode,
    /// Samples per update, or per batch of inference.
    pub batch: usize,
    /// Networks that were trained side by side.
    pub models: usize,
    /// Median of the rounds, of all networks together.
    pub samples_per_second: f64,
    /// The slowest round.
    pub lowest: f64,
    /// The fastest round.
    pub highest: f64,
    /// Every round, in order.
    pub rounds: Vec<f64>,
    /// Samples per second relative to those of one network alone, where several were trained and one
    /// was measured, too.
    pub gain_over_one: Option<f64>,
    /// 10⁹ floating-point operations per second that the network takes at the median.
    pub gflops: f64,
    /// The same as a share of the most that the processor's vectors were measured to do, for the
    /// CPU path.
    pub percent_of_peak: Option<f64>,
    /// Dispatches of a training step on an adapter.
    pub dispatches: Option<usize>,
}

/// More networks side by side than an adapter can train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Name of the adapter.
    pub adapter: String,
    /// vulkan, metal, dx12 or gl.
    pub backend: &'static str,
    /// Samples per update.
    pub batch: usize,
    /// Networks that were asked for.
    pub models: usize,
    /// The most that it can train at this batch size.
    pub most_models: usize,
}

/// What a sweep measured.
#[derive(Clone, Debug)]
pub struct Throughput {
    /// The measurements.
    pub rows: Vec<Row>,
    /// What could not be measured.
    pub left_out: Vec<LeftOut>,
}

/// Something that can be measured again and again: samples and the time they took.
struct Contestant<'a> {
    compute: &'a Compute,
    mode: Mode,
    batch: usize,
    models: usize,
    flops_per_sample: f64,
    dispatches: Option<usize>,
    measure: Box<dyn FnMut(Duration) -> Result<(usize, Duration)> + 'a>,
    rates: Vec<f64>,
}

impl Row {
    /// Adapter and plan.
    pub fn label(&self) -> String {
        label(&self.adapter, self.plan)
    }
}

/// Adapter and plan, as tables and charts call them.
pub fn label(adapter: &str, plan: Option<StepPlan>) -> String {
    match plan {
        Some(plan) => format!("{adapter}, {plan}"),
        None => adapter.to_owned(),
    }
}

impl Sweep {
    /// A sweep, whose measurements take `seconds` in each round.
    ///
    /// # Errors
    /// If a batch size, a number of networks or their seeds, the number of rounds or the time is out
    /// of range.
    pub fn new(
        preset: Preset,
        modes: Vec<Mode>,
        batches: Vec<usize>,
        models: Vec<usize>,
        rounds: u32,
        seconds: f64,
        seed: u32,
    ) -> Result<Self> {
        for &batch in &batches {
            recipe_of(preset, batch)?;
        }
        for &models in &models {
            check_models(models, seed)?;
        }
        if rounds == 0 {
            bail!(InvalidValue::new("rounds", 0, "at least 1"));
        }
        if !(seconds > 0.0 && seconds <= MOST_SECONDS) {
            let expected = format!("a number above 0, at most {MOST_SECONDS}");
            bail!(InvalidValue::new("seconds", seconds, expected));
        }
        Ok(Self {
            preset,
            modes,
            batches,
            models,
            rounds,
            time: Duration::from_secs_f64(seconds),
            seed,
        })
    }

    /// Measures all of `computes`, and reports progress to `note`.
    ///
    /// # Errors
    /// If an adapter fails.
    pub fn measure(
        &self,
        computes: &[Compute],
        data: &Mnist,
        note: &dyn Fn(String),
    ) -> Result<Throughput> {
        let workloads = self.workloads(data)?;
        let test_sets: Vec<Dataset> = workloads.iter().map(test_set).collect();
        let (mut contestants, mut left_out) = (Vec::new(), Vec::new());
        for mode in &self.modes {
            for (workload, test_set) in workloads.iter().zip(&test_sets) {
                for compute in computes {
                    match mode {
                        Mode::Train => {
                            for &models in &self.models {
                                match too_many(compute, workload, models) {
                                    Some(too_many) => left_out.push(too_many),
                                    None => contestants.push(training(compute, workload, models)?),
                                }
                            }
                        }
                        // Plans are of training steps: an adapter infers once.
                        Mode::Infer if is_repeated(compute, &contestants, workload) => {}
                        Mode::Infer => contestants.push(inference(compute, workload, test_set)?),
                    }
                }
            }
        }
        self.take_turns(&mut contestants, note)?;
        let peak = MULTIPLY_ADD_FLOPS * peak::multiply_adds_per_second(Level::best()) / GIGA;
        let row = |contestant| row_of(contestant, peak);
        let rows = with_gains(contestants.into_iter().map(row).collect());
        Ok(Throughput { rows, left_out })
    }

    fn workloads<'a>(&self, data: &'a Mnist) -> Result<Vec<Workload<'a>>> {
        self.batches
            .iter()
            .map(|&batch| Workload::new(data, self.preset, batch, MOST_STEPS, self.seed))
            .collect()
    }

    /// Runs all rounds; the first measurement of each contestant warms it up and does not count.
    fn take_turns(&self, contestants: &mut [Contestant], note: &dyn Fn(String)) -> Result<()> {
        for contestant in contestants.iter_mut() {
            (contestant.measure)(self.time / 2)?;
        }
        for round in 1..=self.rounds {
            note(format!("Round {round} of {}.", self.rounds));
            for contestant in contestants.iter_mut() {
                let (samples, taken) = (contestant.measure)(self.time)?;
                contestant.rates.push(samples as f64 / taken.as_secs_f64());
            }
        }
        Ok(())
    }
}

/// Checks that `models` networks can be trained, with seeds from `seed` on.
fn check_models(models: usize, seed: u32) -> Result<(), InvalidValue> {
    match u32::try_from(models) {
        Ok(count @ 1..=MOST_SEEDS) => seeds_from(seed, count).map(drop),
        _ => {
            let expected = format!("1 to {MOST_SEEDS}");
            Err(InvalidValue::new("models", models, expected))
        }
    }
}

/// Whether inference on the adapter of `compute`, by another plan, is among `contestants`.
fn is_repeated(compute: &Compute, contestants: &[Contestant], workload: &Workload) -> bool {
    contestants.iter().any(|other| {
        other.mode == Mode::Infer
            && other.batch == workload.recipe.batch
            && other.compute.describe() == compute.describe()
    })
}

/// `models` on `compute`, if it cannot train so many side by side.
fn too_many(compute: &Compute, workload: &Workload, models: usize) -> Option<LeftOut> {
    let most_models = compute.most_models(&workload.network, &workload.recipe);
    (models > most_models).then(|| LeftOut {
        adapter: compute.name(),
        backend: compute.backend(),
        batch: workload.recipe.batch,
        models,
        most_models,
    })
}

/// `rows`, with what several networks gain over one.
fn with_gains(mut rows: Vec<Row>) -> Vec<Row> {
    let gain = |row: &Row| {
        let is_of_one = |other: &&Row| {
            (&other.adapter, other.backend, other.plan) == (&row.adapter, row.backend, row.plan)
                && (other.mode, other.batch, other.models) == (row.mode, row.batch, 1)
        };
        let one = rows.iter().find(is_of_one).filter(|_| row.models > 1)?;
        Some(row.samples_per_second / one.samples_per_second)
    };
    let gains: Vec<Option<f64>> = rows.iter().map(gain).collect();
    for (row, gain) in rows.iter_mut().zip(gains) {
        row.gain_over_one = gain;
    }
    rows
}

fn training<'a>(
    compute: &'a Compute,
    workload: &'a Workload,
    models: usize,
) -> Result<Contestant<'a>> {
    let seeds: Vec<u32> = (workload.seed..).take(models).collect();
    let mut trainer = compute.trainer(&workload.task(seeds))?;
    let dispatches = match &trainer {
        AnyTrainer::Cpu(_) => None,
        AnyTrainer::Gpu(trainer) => Some(trainer.plan().dispatches().len()),
    };
    let mut steps_left = workload.rates.steps();
    let measure = move |time: Duration| {
        let (started, mut samples) = (Instant::now(), 0);
        block_on(trainer.run(steps_left, |steps| {
            steps_left -= steps.len() / models;
            samples += steps.iter().map(|step| step.count).sum::<usize>();
            match started.elapsed() < time {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        }))?;
        ensure!(
            steps_left > 0,
            "a measurement makes at most {MOST_STEPS} steps: ask for fewer --rounds or --seconds"
        );
        Ok((samples, started.elapsed()))
    };
    Ok(Contestant {
        compute,
        mode: Mode::Train,
        batch: workload.recipe.batch,
        models,
        flops_per_sample: MULTIPLY_ADD_FLOPS * training_multiply_adds(&workload.network) as f64,
        dispatches,
        measure: Box::new(measure),
        rates: Vec::new(),
    })
}

/// The digits that inference is measured on: as many full batches as share one read-back, but no
/// more than a slow processor finishes in a second or two.
fn test_set(workload: &Workload) -> Dataset {
    const MOST_BATCHES: usize = 64;
    const MOST_SAMPLES: usize = 8192;
    let (batch, test) = (workload.recipe.batch, &workload.data.test);
    let available = MOST_SAMPLES.min(test.len());
    let batches = (available / batch).clamp(1, MOST_BATCHES);
    test.clone().take_first((batches * batch).min(test.len()))
}

fn inference<'a>(
    compute: &'a Compute,
    workload: &'a Workload,
    test_set: &'a Dataset,
) -> Result<Contestant<'a>> {
    let (network, batch) = (&workload.network, workload.recipe.batch);
    let state = workload.state();
    let weights = state.model(&workload.recipe);
    let classifier = Classifier::new(compute, network, weights, test_set, batch)?;
    let measure = move |time: Duration| {
        let (started, mut samples) = (Instant::now(), 0);
        // Once at least, however short the time is.
        loop {
            samples += block_on(classifier.penalties())?.len() / DIGITS;
            let taken = started.elapsed();
            if taken >= time {
                return Ok((samples, taken));
            }
        }
    };
    Ok(Contestant {
        compute,
        mode: Mode::Infer,
        batch,
        models: 1,
        flops_per_sample: MULTIPLY_ADD_FLOPS * inference_multiply_adds(network) as f64,
        dispatches: None,
        measure: Box::new(measure),
        rates: Vec::new(),
    })
}

fn row_of(contestant: Contestant, cpu_peak: f64) -> Row {
    let rates = MedianRange::of(&contestant.rates).expect("there is at least one round");
    let gflops = rates.median * contestant.flops_per_sample / GIGA;
    let on_cpu = matches!(contestant.compute, Compute::Cpu);
    Row {
        adapter: contestant.compute.name(),
        backend: contestant.compute.backend(),
        plan: match contestant.mode {
            Mode::Train => contestant.compute.plan_at(contestant.batch),
            Mode::Infer => None,
        },
        mode: contestant.mode,
        batch: contestant.batch,
        models: contestant.models,
        samples_per_second: rates.median,
        lowest: rates.lowest,
        highest: rates.highest,
        rounds: contestant.rates,
        gain_over_one: None,
        gflops,
        percent_of_peak: on_cpu.then(|| 100.0 * gflops / cpu_peak),
        dispatches: contestant.dispatches,
    }
}
