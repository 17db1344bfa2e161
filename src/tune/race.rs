//! A race of the plans, on an adapter that was never tuned.

use std::time::Duration;

use anyhow::Result;

use super::stopwatch::{Turn, step_times};
use crate::bench::MedianRange;
use crate::data::Dataset;
use crate::gpu::{Device, GpuTrainer, StepPlan};
use crate::model::{Network, Recipe, StepRates, TrainingState};
use crate::platform::block_on;
use crate::store::BatchTuning;
use crate::trainer::{Trainer, TrainingTask};

/// Rounds in which both plans take a turn.
const ROUNDS: usize = 3;
/// Time of a turn.
const TURN: Duration = Duration::from_millis(40);
/// Digits that scratch models are shown.
const DIGITS: usize = 4096;
/// Steps that there are rates for.
const MOST_STEPS: usize = 100_000;
/// By how much of the largest change the changes of two plans may differ: rounding is far less, a wrong
/// kernel far more.
const TOLERANCE: f32 = 0.02;
/// Seed of the scratch models; its value does not matter.
const SEED: u32 = 0;

/// The plans, raced on scratch models.
pub struct Race {
    /// What is faster, and how long each took.
    pub tuning: BatchTuning,
    /// Whether both plans changed the scratch models alike. If not, the adapter or its driver is at
    /// fault, and the layered plan is taken.
    pub agree: bool,
}

/// Lets the plans of `device` train scratch models by `recipe` on some of `data`, first to compare what
/// they do, then to time it.
///
/// # Errors
/// If the adapter fails.
pub fn race(device: &Device, recipe: &Recipe, data: &Dataset) -> Result<Race> {
    let network = Network::of(recipe.choices);
    let data = data.clone().take_first(DIGITS);
    let rates = vec![
        StepRates {
            rate: 1e-4,
            first_correction: 1.0,
            second_correction: 1.0,
            average_share: 0.5,
        };
        MOST_STEPS
    ];
    let task = TrainingTask {
        network: &network,
        recipe,
        rates: &rates,
        data: &data,
        seeds: vec![SEED],
        states: vec![TrainingState::start(&network, recipe, SEED)],
        teachers: Vec::new(),
    };
    let variant = |plan| device.variant().by_plan(plan);
    let [by_layers, by_samples] =
        [StepPlan::Layered, StepPlan::Fused].map(|plan| device.with_variant(variant(plan)));
    let mut by_layers = GpuTrainer::new(&by_layers, &task)?;
    let mut by_samples = GpuTrainer::new(&by_samples, &task)?;
    let agree = {
        let gradients = [
            first_gradient(&mut by_layers)?,
            first_gradient(&mut by_samples)?,
        ];
        are_alike(&gradients[0], &gradients[1])
    };
    let turn = Turn {
        time: TURN,
        // So many that there are rates for all turns.
        most_steps: MOST_STEPS / (2 * ROUNDS),
    };
    let rounds = step_times(&mut by_layers, &mut by_samples, &turn, ROUNDS)?;
    let median = |which: usize| {
        let seconds: Vec<f64> = rounds.iter().map(|round| round[which]).collect();
        MedianRange::of(&seconds).map_or(f64::NAN, |of| of.median)
    };
    let (layered_seconds, fused_seconds) = (median(0), median(1));
    let plan = match agree && fused_seconds < layered_seconds {
        true => StepPlan::Fused,
        false => StepPlan::Layered,
    };
    Ok(Race {
        tuning: BatchTuning {
            batch: recipe.batch,
            variant: variant(plan),
            layered_seconds,
            fused_seconds,
            cpu_seconds: None,
        },
        agree,
    })
}

/// What the first step of `trainer` leaves as first moments: the gradient, or a share of it.
fn first_gradient(trainer: &mut GpuTrainer) -> Result<Vec<f32>> {
    block_on(trainer.run(1, |_| std::ops::ControlFlow::Continue(())))?;
    let mut states = block_on(trainer.states())?;
    Ok(states.remove(0).first_moment)
}

/// Whether two gradients differ by rounding alone.
fn are_alike(one: &[f32], other: &[f32]) -> bool {
    let largest = one.iter().fold(0f32, |most, value| most.max(value.abs()));
    let is_close = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * largest;
    largest > 0.0 && one.iter().zip(other).all(is_close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_alike_and_a_wrong_value_is_not() {
        let gradient = [0.5, -1.0, 0.25];
        assert!(are_alike(&gradient, &[0.5001, -1.0, 0.2499]));
        assert!(!are_alike(&gradient, &[0.5, 1.0, 0.25]));
        assert!(!are_alike(&gradient, &[0.5, f32::NAN, 0.25]));
        assert!(!are_alike(&[0.0; 3], &[0.0; 3]), "nothing was computed");
    }
}
