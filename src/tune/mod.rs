//! Choosing how kernels divide their work on an adapter, and by which plan it trains: every candidate is
//! timed in turns with the best so far and, if it is faster, checked against the reference.

mod race;
mod stopwatch;

pub use race::{Race, race};

use std::time::Duration;

use anyhow::{Result, bail, ensure};

use crate::bench::{MedianRange, Workload, recipe_of};
use crate::cpu::CpuTrainer;
use crate::data::Mnist;
use crate::gpu::{
    ConvBlock, ConvTile, DenseBlock, Device, FusedBlock, GpuTrainer, StepPlan, Variant,
};
use crate::model::InvalidValue;
use crate::platform::block_on;
use crate::store::{BatchTuning, Trial, Tuning};
use crate::train::Preset;
use crate::verify::{NetworkCase, Subject, adapter_networks};
use stopwatch::{Turn, step_time, step_times};

/// Rounds in which a candidate and the best so far take turns.
const ROUNDS: usize = 5;
/// A candidate has to be this much faster to be kept: less is noise.
const GAIN: f64 = 0.98;
/// Where the fused plan takes this many times as long as the layered one, no block makes it faster.
const HOPELESS: f64 = 2.0;
/// Steps that a measured trainer has rates for.
const MOST_STEPS: usize = 200_000;
/// Seed of weights and order; its value does not matter.
const SEED: u32 = 0;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Search {
    /// Batch sizes; layered candidates are judged by the geometric mean over them, fused ones at each.
    pub batches: Vec<usize>,
    /// Time of a measurement.
    pub time: Duration,
}

impl Search {
    /// A search.
    ///
    /// # Errors
    /// If a batch size is out of range, or the time is.
    pub fn new(batches: Vec<usize>, seconds: f64) -> Result<Self> {
        if !(seconds > 0.0 && seconds <= 60.0) {
            let expected = "a number above 0, at most 60";
            bail!(InvalidValue::new("seconds", seconds, expected));
        }
        for &batch in &batches {
            recipe_of(Preset::Default, batch)?;
        }
        let time = Duration::from_secs_f64(seconds);
        Ok(Self { batches, time })
    }

    /// Searches from the variant of `device` and tells `note` of every trial: the sizes of the layered
    /// plan one after the other; at each batch size those of the fused plan, if that is not hopeless;
    /// and which of these and the CPU path is fastest there.
    ///
    /// # Errors
    /// If the adapter fails, or even its first variant computes wrongly.
    pub fn run(&self, device: &Device, data: &Mnist, note: &dyn Fn(&Trial)) -> Result<Tuning> {
        let start = device.variant();
        let layered = device.with_variant(start.by_plan(StepPlan::Layered));
        ensure!(
            is_correct(&layered),
            "this adapter's gradients are off as it is: run `lenet-gpu verify`"
        );
        let mut trials = Vec::new();
        let mut tried = Tried {
            trials: &mut trials,
            note,
        };
        let best = self.improve(&layered, data, LAYERED_STEPS, &self.batches, &mut tried)?;
        let mut tuning = Tuning::new(device.description(), best);
        for &batch in &self.batches {
            let known = self.at_batch(device, data, best, batch, &mut tried)?;
            tuning.learn(known);
        }
        tuning.trials = trials;
        Ok(tuning)
    }

    /// The fastest variant that is reached from that of `device` by `steps`, judged at `batches`.
    fn improve(
        &self,
        device: &Device,
        data: &Mnist,
        steps: &[Step],
        batches: &[usize],
        tried: &mut Tried,
    ) -> Result<Variant> {
        let mut best = device.variant();
        for step in steps {
            for candidate in step(best) {
                if candidate == best || tried.contains(candidate, batches) {
                    continue;
                }
                let trial = self.try_out(device, data, best, candidate, batches, GAIN)?;
                if trial.kept {
                    best = candidate;
                }
                tried.push(trial);
            }
        }
        Ok(best)
    }

    /// How long a candidate is measured at a time.
    fn turn(&self) -> Turn {
        Turn {
            time: self.time,
            most_steps: MOST_STEPS / (2 * ROUNDS),
        }
    }

    /// What is fastest at `batch`, where `layered` is the best variant of the layered plan.
    fn at_batch(
        &self,
        device: &Device,
        data: &Mnist,
        layered: Variant,
        batch: usize,
        tried: &mut Tried,
    ) -> Result<BatchTuning> {
        let mut fused = Variant {
            fused_block: device.variant().fused_block,
            ..layered.by_plan(StepPlan::Fused)
        };
        let trial = self.try_out(device, data, layered, fused, &[batch], HOPELESS)?;
        let correct = trial.correct == Some(true);
        tried.push(trial);
        if correct {
            let device = device.with_variant(fused);
            fused = self.improve(&device, data, FUSED_STEPS, &[batch], tried)?;
        }
        let workload = Workload::new(data, Preset::Default, batch, MOST_STEPS, SEED)?;
        let [by_layers, by_samples] = [layered, fused].map(|variant| device.with_variant(variant));
        let task = workload.single_task();
        let mut by_layers = GpuTrainer::new(&by_layers, &task)?;
        let mut by_samples = GpuTrainer::new(&by_samples, &task)?;
        let mut by_cpu = CpuTrainer::new(&task);
        let turn = self.turn();
        let (mut layers, mut samples, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            layers.push(step_time(&mut by_layers, &turn)?);
            samples.push(step_time(&mut by_samples, &turn)?);
            cpu.push(step_time(&mut by_cpu, &turn)?);
        }
        let median = |seconds: &[f64]| MedianRange::of(seconds).map_or(f64::NAN, |of| of.median);
        let (layered_seconds, fused_seconds) = (median(&layers), median(&samples));
        let fused_wins = correct && fused_seconds < layered_seconds;
        Ok(BatchTuning {
            batch,
            variant: if fused_wins {
                fused
            } else {
                fused.by_plan(StepPlan::Layered)
            },
            layered_seconds,
            fused_seconds,
            cpu_seconds: Some(median(&cpu)),
        })
    }

    /// Times `candidate` beside `best`, and checks it if it takes less than `limit` times as long.
    fn try_out(
        &self,
        device: &Device,
        data: &Mnist,
        best: Variant,
        candidate: Variant,
        batches: &[usize],
        limit: f64,
    ) -> Result<Trial> {
        let [best, new] = [best, candidate].map(|variant| device.with_variant(variant));
        let ratios = self.ratios(&best, &new, data, batches)?;
        let mean = ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64;
        let mean = mean.exp();
        let correct = (mean < limit).then(|| is_correct(&new));
        Ok(Trial {
            variant: candidate,
            correct,
            batches: batches.to_vec(),
            kept: correct == Some(true) && mean < GAIN,
            ratios,
        })
    }

    /// The time of `new` for a step over that of `best`, at each batch size: medians of rounds in
    /// turns.
    fn ratios(
        &self,
        best: &Device,
        new: &Device,
        data: &Mnist,
        batches: &[usize],
    ) -> Result<Vec<f64>> {
        let mut ratios = Vec::new();
        for &batch in batches {
            let workload = Workload::new(data, Preset::Default, batch, MOST_STEPS, SEED)?;
            let trainer = |device| GpuTrainer::new(device, &workload.single_task());
            let (mut old, mut new) = (trainer(best)?, trainer(new)?);
            let rounds = step_times(&mut old, &mut new, &self.turn(), ROUNDS)?;
            let rounds: Vec<f64> = rounds.iter().map(|[old, new]| new / old).collect();
            ratios.extend(MedianRange::of(&rounds).map(|rounds| rounds.median));
        }
        Ok(ratios)
    }
}

/// What has been tried, and who wants to know.
struct Tried<'a> {
    trials: &'a mut Vec<Trial>,
    note: &'a dyn Fn(&Trial),
}

impl Tried<'_> {
    fn contains(&self, variant: Variant, batches: &[usize]) -> bool {
        let same = |trial: &Trial| trial.variant == variant && trial.batches == batches;
        self.trials.iter().any(same)
    }

    fn push(&mut self, trial: Trial) {
        (self.note)(&trial);
        self.trials.push(trial);
    }
}

/// Whether whole networks have the reference's gradients in the variant of `device`.
fn is_correct(device: &Device) -> bool {
    let mut gradients = adapter_networks()
        .into_iter()
        .filter(NetworkCase::is_gradient_of_own_variant);
    gradients.all(|case| {
        let outcome = block_on(case.run(Subject::Adapter(device)));
        outcome.is_ok_and(|outcome| outcome.passed())
    })
}

/// A size that is searched: gives the candidates around a variant.
type Step = fn(Variant) -> Vec<Variant>;

/// The sizes of the fused plan, one after the other.
const FUSED_STEPS: &[Step] = &[
    |best| with_fused_blocks(best, &best.fused_block.by_workers()),
    |best| with_fused_blocks(best, &best.fused_block.by_samples()),
    |best| with_fused_blocks(best, &best.fused_block.by_slices()),
    |best| with_fused_blocks(best, &best.fused_block.by_loads()),
];

fn with_fused_blocks(best: Variant, blocks: &[FusedBlock]) -> Vec<Variant> {
    let with = |&fused_block: &FusedBlock| Variant {
        fused_block,
        ..best
    };
    blocks.iter().map(with).collect()
}

/// The sizes of the layered plan, one after the other.
const LAYERED_STEPS: &[Step] = &[
    |best| {
        let with = |conv_block| Variant { conv_block, ..best };
        ConvBlock::CHOICES.map(with).to_vec()
    },
    |best| {
        let with = |conv_tile| Variant { conv_tile, ..best };
        ConvTile::CHOICES.map(with).to_vec()
    },
    |best| {
        let with = |conv_whole_kernels| Variant {
            conv_whole_kernels,
            ..best
        };
        [false, true].map(with).to_vec()
    },
    |best| with_dense_blocks(best, &best.dense_block.by_groups()),
    |best| with_dense_blocks(best, &best.dense_block.by_outputs()),
    |best| with_dense_blocks(best, &best.dense_block.by_quads()),
];

fn with_dense_blocks(best: Variant, blocks: &[DenseBlock]) -> Vec<Variant> {
    let with = |&dense_block: &DenseBlock| Variant {
        dense_block,
        ..best
    };
    blocks.iter().map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_choices_that_the_harness_can_list() {
        let choices = Variant::choices();
        let mut reached = vec![
            Variant::HARDWARE.by_plan(StepPlan::Layered),
            Variant {
                fused_block: Variant::HARDWARE.fused_block,
                ..Variant::SOFTWARE
            },
        ];
        // Whichever candidate a step keeps, the next step starts from it.
        for step in LAYERED_STEPS {
            let candidates: Vec<Variant> = reached.iter().flat_map(|&best| step(best)).collect();
            reached.extend(candidates);
            reached.sort_by_key(Variant::to_string);
            reached.dedup();
        }
        assert_eq!(reached.len(), choices.len());
        assert!(reached.iter().all(|variant| choices.contains(variant)));
    }
}
