//! The learning rate of every step.

use std::f64::consts::PI;

use crate::model::{Decay, Parameters, Recipe, StepRates};
use crate::platform::of_f64;
use crate::trainer::Rates;

/// The step-dependent numbers of every step of a training on `samples` samples.
///
/// With T steps, of which W = ⌈warmup·T⌉ warm up, the rate of step t (from 0) is
/// peak·(t + 1)/W for t < W. After that it is peak·(T − t)/(T − W) with linear decay,
/// peak·½(1 + cos(π·(t − W)/(T − W))) with cosine decay, the peak with constant decay, and the
/// paper's share of the peak in the pass with published decay.
pub fn step_rates(recipe: &Recipe, samples: usize) -> Schedule {
    let steps_per_pass = samples.div_ceil(recipe.batch);
    let steps = recipe.passes * steps_per_pass;
    Schedule {
        recipe: recipe.clone(),
        steps_per_pass,
        steps,
        warmup: (f64::from(recipe.warmup) * steps as f64).ceil() as usize,
    }
}

/// What [`step_rates`] returns: works out the numbers of a step when asked, because those of all
/// steps of a long training are hundreds of megabytes.
#[derive(Clone, Debug)]
pub struct Schedule {
    recipe: Recipe,
    steps_per_pass: usize,
    steps: usize,
    /// Steps that warm up.
    warmup: usize,
}

impl Schedule {
    /// The rate of `step` as a share of the peak.
    fn share(&self, step: usize) -> f64 {
        match self.recipe.decay {
            Decay::Published if step >= self.warmup => published_share(step / self.steps_per_pass),
            decay => rate_share(decay, step, self.warmup, self.steps),
        }
    }
}

impl Rates for Schedule {
    fn steps(&self) -> usize {
        self.steps
    }

    fn at(&self, step: usize) -> StepRates {
        let recipe = &self.recipe;
        StepRates {
            rate: (f64::from(recipe.rate) * self.share(step)) as f32,
            first_correction: correction(recipe.momentum, step),
            second_correction: correction(recipe.beta2, step),
            average_share: average_share(recipe.average, step),
        }
    }
}

/// Adam's correction in `step` of a moment that starts at 0 and decays by `beta`.
fn correction(beta: f32, step: usize) -> f32 {
    // In f64, because 1 − 0.999^t loses digits in f32.
    (1.0 / (1.0 - of_f64::pow(beta.into(), step as f64 + 1.0))) as f32
}

/// The rate of `step` as a share of the peak.
fn rate_share(decay: Decay, step: usize, warmup: usize, steps: usize) -> f64 {
    if step < warmup {
        return (step + 1) as f64 / warmup as f64;
    }
    let done = (step - warmup) as f64 / (steps - warmup) as f64;
    match decay {
        Decay::Linear => 1.0 - done,
        Decay::Cosine => 0.5 * (1.0 + of_f64::cos(PI * done)),
        Decay::Constant | Decay::Published => 1.0,
    }
}

/// Numbers of passes and their share of the peak rate. The published rates are 0.0005, 0.0002, 0.0001
/// and 0.00005 (section III.B).
const PUBLISHED_STAGES: [(usize, f64); 4] = [(2, 1.0), (3, 0.4), (3, 0.2), (4, 0.1)];
/// The share in all later passes, whose published rate is 0.00001.
const PUBLISHED_REST: f64 = 0.02;

/// The share of the peak rate in pass `pass`, from 0.
fn published_share(pass: usize) -> f64 {
    let mut end = 0;
    for (passes, share) in PUBLISHED_STAGES {
        end += passes;
        if pass < end {
            return share;
        }
    }
    PUBLISHED_REST
}

/// The lowest and the highest effective rate η/(μ + h) of all `parameters`, with `rate` η,
/// `damping` μ and the second derivatives `curvature`, an arena (Appendix C).
pub fn effective_rates(
    parameters: &Parameters,
    rate: f32,
    damping: f32,
    curvature: &[f32],
) -> [f64; 2] {
    let ranges = parameters.ranges().iter();
    ranges
        .flat_map(|range| &curvature[range.span()])
        .map(|&h| f64::from(rate) / (f64::from(damping) + f64::from(h)))
        .fold([f64::INFINITY, 0.0], |[lowest, highest], rate| {
            [lowest.min(rate), highest.max(rate)]
        })
}

/// Share of the new weights in the running average: 1 − decay, but more at first, so that the initial
/// weights are soon forgotten.
fn average_share(decay: f32, step: usize) -> f32 {
    let young = (step as f32 + 1.0) / (step as f32 + 10.0);
    1.0 - decay.min(young)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choices, Network};
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
        of_all_steps(&step_rates(&recipe, 38))
    }

    fn of_all_steps(schedule: &Schedule) -> Vec<f32> {
        let steps = 0..schedule.steps();
        steps.map(|step| schedule.at(step).rate).collect()
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
    fn the_published_rates_are_the_papers() {
        let recipe = Recipe {
            passes: 14,
            batch: 7,
            rate: 0.0005,
            warmup: 0.0,
            decay: Decay::Published,
            ..Preset::Default.recipe()
        };
        let rates = of_all_steps(&step_rates(&recipe, 10));
        let of_pass: Vec<f32> = rates.iter().copied().step_by(2).collect();
        let expected = [
            0.0005, 0.0005, 0.0002, 0.0002, 0.0002, 0.0001, 0.0001, 0.0001, 0.000_05, 0.000_05,
            0.000_05, 0.000_05, 0.000_01, 0.000_01,
        ];
        assert_eq!(of_pass.len(), expected.len());
        for (rate, expected) in of_pass.iter().zip(expected) {
            assert!((rate / expected - 1.0).abs() < 1e-6);
        }
        assert_eq!(rates[3], rates[2]);
    }

    #[test]
    fn effective_rates_leave_out_the_padding() {
        let network = Network::lenet5(Choices::default());
        let parameters = Parameters::of(&network);
        let mut curvature = vec![0.0; parameters.arena_len()];
        for range in parameters.ranges() {
            curvature[range.span()].fill(0.03);
        }
        curvature[parameters.ranges()[2].offset] = 4.98;
        let [lowest, highest] = effective_rates(&parameters, 0.0005, 0.02, &curvature);
        assert!((lowest / 0.0001 - 1.0).abs() < 1e-6);
        assert!((highest / 0.01 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn without_warm_up_the_first_step_has_the_full_rate() {
        let recipe = Recipe {
            warmup: 0.0,
            ..Preset::Default.recipe()
        };
        assert_eq!(step_rates(&recipe, 100).at(0).rate, recipe.rate);
    }

    #[test]
    fn bias_corrections_undo_the_zero_start_of_adams_moments() {
        let recipe = Preset::Default.recipe();
        let first = step_rates(&recipe, 100).at(0);
        assert!((first.first_correction * (1.0 - recipe.momentum) - 1.0).abs() < 1e-6);
        assert!((first.second_correction * (1.0 - recipe.beta2) - 1.0).abs() < 1e-5);
    }
}
