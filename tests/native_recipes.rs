//! The CPU path against the reference, over the first steps of the recipes that have something of
//! their own: second derivatives, fixed copies, elastic displacements.

#[path = "common/digits.rs"]
mod digits;

use std::ops::ControlFlow;

use digits::MNIST;
use lenet_gpu::model::{Network, Parameters, StepMetrics, TrainingState};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::{cpu, native};

const SEED: u32 = 3;
const STEPS: usize = 30;
/// Rounding of f32, in another order, over thirty steps.
const TOLERANCE: f32 = 2e-3;

/// The first steps of a trainer of the given type; the two share their methods, but no trait.
macro_rules! first_steps {
    ($trainer:ty, $network:expr, $recipe:expr, $data:expr) => {{
        let rates = step_rates($recipe, $data.len());
        let state = TrainingState::start($network, $recipe, SEED);
        let mut trainer = <$trainer>::new($network, $recipe, &rates, $data, SEED, state);
        let mut metrics: Vec<StepMetrics> = Vec::new();
        trainer.estimate_second_derivatives();
        trainer.run(STEPS, |steps| {
            metrics.extend_from_slice(steps);
            ControlFlow::Continue(())
        });
        (metrics, trainer.state())
    }};
}

fn check(preset: Preset) {
    let recipe = preset.recipe();
    let network = Network::of(recipe.choices);
    let data = MNIST.train.clone().take_first(STEPS * recipe.batch);
    let (expected_metrics, expected) = first_steps!(cpu::Trainer, &network, &recipe, &data);
    let (metrics, computed) = first_steps!(native::Trainer, &network, &recipe, &data);
    for (step, (computed, expected)) in metrics.iter().zip(&expected_metrics).enumerate() {
        let off = (computed.loss - expected.loss).abs();
        let allowed = f64::from(TOLERANCE) * (1.0 + expected.loss);
        assert!(
            off < allowed,
            "loss of step {step}: {computed:?}, {expected:?}"
        );
        assert_eq!(computed.count, expected.count);
    }
    for range in Parameters::of(&network).ranges() {
        for place in range.span() {
            let (computed, expected) = (computed.parameter[place], expected.parameter[place]);
            let off = (computed - expected).abs();
            let name = &range.name;
            assert!(off < TOLERANCE, "{name}: {computed}, expected {expected}");
        }
    }
}

#[test]
fn single_digits_with_second_derivatives() {
    check(Preset::Paper);
}

#[test]
fn fixed_copies() {
    check(Preset::PaperDistorted);
}

#[test]
fn a_smaller_field() {
    check(Preset::Lenet1);
}

#[test]
fn elastic_displacements() {
    check(Preset::Best);
}
