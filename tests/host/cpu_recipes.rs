//! The CPU path compared with the reference over the first steps of those recipes that use a feature no
//! other uses: second derivatives, fixed copies, a smaller field, elastic displacements.

use std::convert::Infallible;
use std::ops::ControlFlow;

use crate::digits::MNIST;
use lenet_gpu::block_on;
use lenet_gpu::cpu::CpuTrainer;
use lenet_gpu::model::{Network, Parameters, StepMetrics, TrainingState};
use lenet_gpu::reference::ReferenceTrainer;
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};

const SEED: u32 = 3;
const STEPS: usize = 30;
/// Rounding of f32, in another order, over thirty steps.
const TOLERANCE: f32 = 2e-3;

/// The metrics of the first steps, and the state after them.
fn first_steps(mut trainer: impl Trainer<Error = Infallible>) -> (Vec<StepMetrics>, TrainingState) {
    let mut metrics: Vec<StepMetrics> = Vec::new();
    let Ok(()) = block_on(trainer.estimate_second_derivatives());
    let Ok(()) = block_on(trainer.run(STEPS, |steps| {
        metrics.extend_from_slice(steps);
        ControlFlow::Continue(())
    }));
    let Ok(mut states) = block_on(trainer.states());
    (metrics, states.remove(0))
}

fn check(preset: Preset) {
    let recipe = preset.recipe();
    let network = Network::of(recipe.choices);
    let data = MNIST.train.clone().take_first(STEPS * recipe.batch);
    let rates = step_rates(&recipe, data.len());
    let task = TrainingTask {
        network: &network,
        recipe: &recipe,
        rates: &rates,
        data: &data,
        seeds: vec![SEED],
        states: vec![TrainingState::start(&network, &recipe, SEED)],
        teachers: Vec::new(),
    };
    let (metrics, computed) = first_steps(CpuTrainer::new(&task));
    let (expected_metrics, expected) = first_steps(ReferenceTrainer::new(task));
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

#[test]
fn preconditioned_gradients() {
    check(Preset::OnePass);
}
