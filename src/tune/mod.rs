//! Choosing how kernels divide their work on an adapter: every candidate is checked against the
//! reference, then timed in turns with the best so far.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::bench::{MedianRange, Workload, recipe_of};
use crate::data::Mnist;
use crate::gpu::{ConvBlock, ConvTile, DenseBlock, Device, GpuTrainer, Variant};
use crate::model::InvalidValue;
use crate::platform::block_on;
use crate::store::{Trial, Tuning};
use crate::train::Preset;
use crate::trainer::Trainer;
use crate::verify::{NetworkCase, Subject, adapter_networks};

/// Rounds in which a candidate and the best so far take turns.
const ROUNDS: usize = 5;
/// A candidate has to be this much faster to be kept: less is noise.
const GAIN: f64 = 0.98;
/// Steps that a measured trainer has rates for.
const MOST_STEPS: usize = 200_000;
/// Seed of weights and order; its value does not matter.
const SEED: u32 = 0;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Search {
    /// Batch sizes; a candidate is judged by the geometric mean over them.
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

    /// Searches from the variant of `device`, one size after the other, and tells `note` of every trial.
    ///
    /// # Errors
    /// If the adapter fails, or even its first variant computes wrongly.
    pub fn run(&self, device: &Device, data: &Mnist, note: &dyn Fn(&Trial)) -> Result<Tuning> {
        let mut best = device.variant();
        ensure!(
            is_correct(device),
            "this adapter's gradients are off as it is: run `lenet-gpu verify`"
        );
        let mut trials = Vec::new();
        for step in STEPS {
            for candidate in step(best) {
                let tried = |trial: &Trial| trial.variant == candidate;
                if candidate == best || trials.iter().any(tried) {
                    continue;
                }
                let trial = self.try_out(device, data, best, candidate)?;
                note(&trial);
                if trial.kept {
                    best = candidate;
                }
                trials.push(trial);
            }
        }
        let description = device.description();
        Ok(Tuning {
            adapter: description.name.clone(),
            backend: description.backend.to_owned(),
            driver: description.driver.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            date: jiff::Zoned::now().date().to_string(),
            batches: self.batches.clone(),
            variant: best,
            trials,
        })
    }

    fn try_out(
        &self,
        device: &Device,
        data: &Mnist,
        best: Variant,
        candidate: Variant,
    ) -> Result<Trial> {
        let [best, new] = [best, candidate].map(|variant| device.with_variant(variant));
        let correct = is_correct(&new);
        let ratios = match correct {
            true => self.ratios(&best, &new, data)?,
            false => Vec::new(),
        };
        let mean = ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64;
        Ok(Trial {
            variant: candidate,
            correct,
            kept: correct && mean.exp() < GAIN,
            ratios,
        })
    }

    /// The time of `new` for a step over that of `best`, at each batch size: medians of rounds in
    /// turns.
    fn ratios(&self, best: &Device, new: &Device, data: &Mnist) -> Result<Vec<f64>> {
        let mut ratios = Vec::new();
        for &batch in &self.batches {
            let workload = Workload::new(data, Preset::Default, batch, MOST_STEPS, SEED)?;
            let trainer = |device| GpuTrainer::new(device, &workload.single_task());
            let (mut old, mut new) = (trainer(best)?, trainer(new)?);
            let mut rounds = Vec::new();
            for round in 0..=ROUNDS {
                let (old, new) = (self.step_time(&mut old)?, self.step_time(&mut new)?);
                // The first round warms up.
                if round > 0 {
                    rounds.push(new / old);
                }
            }
            ratios.extend(MedianRange::of(&rounds).map(|rounds| rounds.median));
        }
        Ok(ratios)
    }

    /// Seconds per step.
    fn step_time(&self, trainer: &mut GpuTrainer) -> Result<f64> {
        let (started, mut count) = (Instant::now(), 0);
        block_on(trainer.run(MOST_STEPS / (2 * ROUNDS), |steps| {
            count += steps.len();
            match started.elapsed() < self.time {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        }))?;
        Ok(started.elapsed().as_secs_f64() / count as f64)
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

/// The sizes that are searched, one after the other: each gives the candidates around a variant.
const STEPS: &[fn(Variant) -> Vec<Variant>] = &[
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
        let mut reached = vec![Variant::HARDWARE, Variant::SOFTWARE];
        // Whichever candidate a step keeps, the next step starts from it.
        for step in STEPS {
            let candidates: Vec<Variant> = reached.iter().flat_map(|&best| step(best)).collect();
            reached.extend(candidates);
            reached.sort_by_key(Variant::to_string);
            reached.dedup();
        }
        assert_eq!(reached.len(), choices.len());
        assert!(reached.iter().all(|variant| choices.contains(variant)));
    }
}
