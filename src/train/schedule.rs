//! The learning rate of every step, worked out before the first one.

use crate::model::{Decay, Recipe, StepRates};

/// The step-dependent numbers of all steps of a run over `samples` training samples.
///
/// With T steps, of which W = ⌈warmup·T⌉ warm up, the rate of step t (from 0) is
/// peak·(t + 1)/W for t < W; after that peak·(T − t)/(T − W) with linear decay,
/// peak·½(1 + cos(π·(t − W)/(T − W))) with cosine decay, or the peak.
pub fn step_rates(recipe: &Recipe, samples: usize) -> Vec<StepRates> {
    let steps = recipe.passes * samples.div_ceil(recipe.batch);
    let warmup = (f64::from(recipe.warmup) * steps as f64).ceil() as usize;
    let correction = |beta: f32, step: usize| {
        // Computed in f64: 1 − 0.999^t loses digits in f32.
        1.0 / (1.0 - f64::from(beta).powf(step as f64 + 1.0))
    };
    (0..steps)
        .map(|step| StepRates {
            rate: (f64::from(recipe.rate) * rate_share(recipe.decay, step, warmup, steps)) as f32,
            first_correction: correction(recipe.momentum, step) as f32,
            second_correction: correction(recipe.beta2, step) as f32,
            average_share: average_share(recipe.average, step),
        })
        .collect()
}

/// The rate of `step` as a share of the peak.
fn rate_share(decay: Decay, step: usize, warmup: usize, steps: usize) -> f64 {
    if step < warmup {
        return (step + 1) as f64 / warmup as f64;
    }
    let done = (step - warmup) as f64 / (steps - warmup) as f64;
    match decay {
        Decay::Linear => 1.0 - done,
        Decay::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
        Decay::Constant => 1.0,
    }
}

/// Share of the new weights in the running average: 1 − decay, but more in the beginning, so that
/// the initial weights are soon forgotten.
fn average_share(decay: f32, step: usize) -> f32 {
    let young = (step as f32 + 1.0) / (step as f32 + 10.0);
    1.0 - decay.min(young)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Preset;

    fn rates(decay: Decay) -> Vec<f32> {
        let recipe = Recipe {
            passes: 2,
            batch: 10,
            rate: 1.0,
            warmup: 0.25,
            decay,
            ..Preset::Default.recipe()
        };
        step_rates(&recipe, 38)
            .iter()
            .map(|rates| rates.rate)
            .collect()
    }

    #[test]
    fn linear_climbs_then_falls_to_almost_0() {
        let expected = [
            0.5,
            1.0,
            1.0,
            5.0 / 6.0,
            4.0 / 6.0,
            3.0 / 6.0,
            2.0 / 6.0,
            1.0 / 6.0,
        ];
        for (rate, expected) in rates(Decay::Linear).iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn cosine_and_constant_start_at_the_peak() {
        assert_eq!(rates(Decay::Cosine)[2], 1.0);
        assert!(rates(Decay::Cosine)[7] < 0.1);
        assert_eq!(rates(Decay::Constant)[7], 1.0);
    }

    #[test]
    fn without_warm_up_the_first_step_has_the_full_rate() {
        let recipe = Recipe {
            warmup: 0.0,
            ..Preset::Default.recipe()
        };
        assert_eq!(step_rates(&recipe, 100)[0].rate, recipe.rate);
    }

    #[test]
    fn bias_corrections_undo_the_zero_start_of_adams_moments() {
        let recipe = Preset::Default.recipe();
        let first = step_rates(&recipe, 100)[0];
        assert!((first.first_correction * (1.0 - recipe.momentum) - 1.0).abs() < 1e-6);
        assert!((first.second_correction * (1.0 - recipe.beta2) - 1.0).abs() < 1e-5);
    }
}
