//! How long training takes until the test error is as low as wanted.

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use super::{
    MULTIPLY_ADD_FLOPS, MedianRange, preconditioning_multiply_adds, training_multiply_adds,
};
use crate::compute::{AnyTrainer, Compute};
use crate::data::Mnist;
use crate::model::{Network, Optimiser, Recipe, TrainingState};
use crate::platform::block_on;
use crate::train::{Preset, Score, seeds_from, step_rates};
use crate::trainer::{Trainer, TrainingTask};

/// The error to reach, and how often to try.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The recipe.
    pub preset: Preset,
    /// Test error in per cent.
    pub error_percent: f64,
    /// The first seed.
    pub seed: u32,
    /// Number of seeds, which are consecutive.
    pub seeds: u32,
}

/// One training of the recipe, up to the goal or to its end.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// Seed of initial weights and order.
    pub seed: u32,
    /// Whether the goal was reached.
    pub reached: bool,
    /// Test error in per cent, after the last pass made.
    pub error_percent: f64,
    /// Passes made.
    pub passes: usize,
    /// Digits presented in them.
    pub samples: usize,
    /// Floating-point operations of the layers in them, forward and backward; a multiply-add counts as two.
    /// SDLM's second derivatives count as much for each digit that they are estimated on.
    pub training_flops: f64,
    /// Seconds spent training in them, as `train` counts: without what is in the next two.
    pub seconds: f64,
    /// Seconds until the first pass could begin: uploading the digits, compiling the kernels.
    pub setting_up_seconds: f64,
    /// Seconds spent measuring the test error after each pass.
    pub evaluation_seconds: f64,
}

/// The attempts on one adapter, or on the CPU path.
#[derive(Clone, Debug, Serialize)]
pub struct TimeTo {
    /// Name of the adapter, or CPU.
    pub adapter: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: &'static str,
    /// The test error to reach, in per cent.
    pub goal_percent: f64,
    /// Attempts that reached the goal.
    pub reached: usize,
    /// Seconds spent training, over the attempts that reached the goal; none if none did.
    pub seconds: Option<MedianRange>,
    /// Passes, over the attempts that reached the goal.
    pub passes: Option<MedianRange>,
    /// Digits presented, over the attempts that reached the goal.
    pub samples: Option<MedianRange>,
    /// Floating-point operations, over the attempts that reached the goal.
    pub training_flops: Option<MedianRange>,
    /// All attempts.
    pub attempts: Vec<Attempt>,
}

impl Goal {
    /// Trains on each of `computes`, in turns, a seed after the other.
    ///
    /// # Errors
    /// If the recipe needs teachers, the seeds go beyond the largest, or an adapter fails.
    pub fn measure(
        &self,
        computes: &[Compute],
        data: &Mnist,
        note: &dyn Fn(String),
    ) -> Result<Vec<TimeTo>> {
        let mut attempts = vec![Vec::new(); computes.len()];
        for seed in seeds_from(self.seed, self.seeds)? {
            for (compute, attempts) in computes.iter().zip(&mut attempts) {
                let attempt = self.attempt(compute, data, seed)?;
                note(describe(compute, &attempt));
                attempts.push(attempt);
            }
        }
        let results = computes.iter().zip(attempts);
        let summary = |(compute, all)| self.summary(compute, all);
        Ok(results.map(summary).collect())
    }

    fn attempt(&self, compute: &Compute, data: &Mnist, seed: u32) -> Result<Attempt> {
        let recipe = self.preset.recipe_alone()?;
        let network = Network::of(recipe.choices);
        let rates = step_rates(&recipe, data.train.len());
        let state = TrainingState::start(&network, &recipe, seed);
        let setting_up = Instant::now();
        let mut trainer = compute.trainer(&TrainingTask {
            network: &network,
            recipe: &recipe,
            rates: &rates,
            data: &data.train,
            seeds: vec![seed],
            states: vec![state],
            teachers: Vec::new(),
        })?;
        let mut attempt = Attempt {
            seed,
            reached: false,
            error_percent: f64::NAN,
            passes: 0,
            samples: 0,
            training_flops: 0.0,
            seconds: 0.0,
            setting_up_seconds: setting_up.elapsed().as_secs_f64(),
            evaluation_seconds: 0.0,
        };
        while attempt.passes < recipe.passes && !attempt.reached {
            attempt.seconds += train_one_pass(&mut trainer, &recipe, data)?;
            attempt.training_flops +=
                pass_flops(&network, &recipe, data.train.len(), attempt.passes);
            attempt.passes += 1;
            attempt.samples += data.train.len();
            let evaluating = Instant::now();
            let states = block_on(trainer.states())?;
            let weights = states[0].model(&recipe);
            let penalties = block_on(compute.penalties(&network, weights, &data.test))?;
            attempt.error_percent = Score::of(&penalties, &data.test).error_percent;
            attempt.evaluation_seconds += evaluating.elapsed().as_secs_f64();
            attempt.reached = attempt.error_percent <= self.error_percent;
        }
        Ok(attempt)
    }

    fn summary(&self, compute: &Compute, attempts: Vec<Attempt>) -> TimeTo {
        let spread_of = |value: fn(&Attempt) -> f64| {
            let reached = attempts.iter().filter(|attempt| attempt.reached);
            MedianRange::of(&reached.map(value).collect::<Vec<f64>>())
        };
        TimeTo {
            adapter: compute.name(),
            backend: compute.backend(),
            goal_percent: self.error_percent,
            reached: attempts.iter().filter(|attempt| attempt.reached).count(),
            seconds: spread_of(|attempt| attempt.seconds),
            passes: spread_of(|attempt| attempt.passes as f64),
            samples: spread_of(|attempt| attempt.samples as f64),
            training_flops: spread_of(|attempt| attempt.training_flops),
            attempts,
        }
    }
}

/// Floating-point operations of the layers, and of preconditioning, in pass `pass`, counted from 0, over
/// `samples` digits.
fn pass_flops(network: &Network, recipe: &Recipe, samples: usize, pass: usize) -> f64 {
    let estimated = match recipe.optimiser {
        Optimiser::Sdlm => recipe.estimate_samples.min(samples),
        Optimiser::Adam | Optimiser::Sgd => 0,
    };
    let steps = samples.div_ceil(recipe.batch);
    let of_pass = pass * steps..(pass + 1) * steps;
    let multiply_adds = (samples + estimated) * training_multiply_adds(network)
        + preconditioning_multiply_adds(network, recipe, of_pass);
    multiply_adds as f64 * MULTIPLY_ADD_FLOPS
}

/// Makes the steps of one pass and returns the seconds they took, up to the last one's metrics.
fn train_one_pass(trainer: &mut AnyTrainer, recipe: &Recipe, data: &Mnist) -> Result<f64> {
    let (started, mut seconds) = (Instant::now(), 0.0);
    block_on(trainer.run(data.train.len().div_ceil(recipe.batch), |_| {
        seconds = started.elapsed().as_secs_f64();
        ControlFlow::Continue(())
    }))?;
    Ok(seconds)
}

fn describe(compute: &Compute, attempt: &Attempt) -> String {
    let outcome = match attempt.reached {
        true => "reached",
        false => "not reached",
    };
    format!(
        "{} ({}), seed {}: {outcome}, {:.2} % after pass {}, {:.1} s of training.",
        compute.name(),
        compute.backend(),
        attempt.seed,
        attempt.error_percent,
        attempt.passes,
        attempt.seconds,
    )
}
