//! The losses of the first steps that the tests of the page compare with: what the reference computes.

use std::ops::ControlFlow;
use std::path::Path;

use lenet_gpu::block_on;
use lenet_gpu::data::Mnist;
use lenet_gpu::model::{Network, TrainingState};
use lenet_gpu::reference::ReferenceTrainer;
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};
use serde_json::Value;

#[test]
fn the_first_losses_that_the_page_is_held_to_are_the_references() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/first-losses.json");
    let expected: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let seed = u32::try_from(expected["seed"].as_u64().unwrap()).unwrap();
    let expected_losses: Vec<f64> = expected["losses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|loss| loss.as_f64().unwrap())
        .collect();
    assert_eq!(expected["recipe"], Preset::Default.name());
    let recipe = Preset::Default.recipe();
    let network = Network::of(recipe.choices);
    let data = Mnist::load(None).unwrap().train;
    let task = TrainingTask {
        network: &network,
        recipe: &recipe,
        rates: &step_rates(&recipe, data.len()),
        data: &data,
        seeds: vec![seed],
        states: vec![TrainingState::start(&network, &recipe, seed)],
        teachers: Vec::new(),
    };
    let mut losses = Vec::new();
    let mut trainer = ReferenceTrainer::new(task);
    let Ok(()) = block_on(trainer.run(expected_losses.len(), |metrics| {
        losses.extend(metrics.iter().map(|step| step.loss / step.count as f64));
        ControlFlow::Continue(())
    }));
    assert_eq!(losses.len(), expected_losses.len());
    for (loss, expected) in losses.iter().zip(expected_losses) {
        assert!((loss - expected).abs() < 5e-6, "{losses:?}");
    }
}
