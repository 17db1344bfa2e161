//! Models and checkpoints.

use std::path::Path;

use lenet_gpu::model::{Choices, Model, Network, Parameters, PassTotals, TrainingState};
use lenet_gpu::store::{Checkpoint, RunConfig};
use lenet_gpu::train::Preset;
use proptest::collection::vec;
use proptest::prelude::*;

use super::cases;
use super::damage::Damage;
use crate::{program, untrusted};

/// Every finite number.
fn finite() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

/// Repeats `values` in `places`.
fn fill(places: &mut [f32], values: &[f32]) {
    for (place, &value) in places.iter_mut().zip(values.iter().cycle()) {
        *place = value;
    }
}

/// LeNet-1 with parameters that repeat `values`.
fn model(values: &[f32]) -> Model {
    let network = Network::of(Choices::lenet1());
    let parameters = Parameters::of(&network);
    let mut arena = vec![0.0; parameters.arena_len()];
    for range in parameters.ranges() {
        fill(&mut arena[range.span()], values);
    }
    let recipe = Preset::Lenet1.recipe();
    Model::of_state(&network, &recipe, &TrainingState::fresh(arena))
}

fn read(bytes: &[u8]) -> Result<Model, String> {
    let model = Model::from_bytes(Path::new("model.safetensors"), bytes);
    model.map_err(|error| error.to_string())
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn any_bytes_as_tensors_are_accepted_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        untrusted::model(&bytes);
        untrusted::checkpoint(&bytes);
    }

    #[test]
    fn a_damaged_model_is_whole_or_an_error(
        values in vec(any::<f32>(), 1..9),
        damage in Damage::some(),
    ) {
        untrusted::model(&Damage::all_done(&damage, model(&values).to_bytes()));
    }

    #[test]
    fn a_damaged_header_is_whole_or_an_error(damage in Damage::some()) {
        let file = model(&[0.5]).to_bytes();
        let (len, rest) = file.split_first_chunk().unwrap();
        let header = &rest[..u64::from_le_bytes(*len) as usize];
        let damaged = Damage::all_done(&damage, header.to_vec());
        untrusted::model(&damaged);
        untrusted::checkpoint(&damaged);
    }

    #[test]
    fn a_model_that_is_cut_is_refused_by_name(values in vec(finite(), 1..9), at in any::<prop::sample::Index>()) {
        let file = model(&values).to_bytes();
        let cut = at.index(file.len());
        let error = read(&file[..cut]).unwrap_err();
        prop_assert!(error.contains("model.safetensors"), "{error}");
    }

    #[test]
    fn a_model_is_read_as_it_was_written(values in vec(finite(), 1..99)) {
        let model = model(&values);
        let file = model.to_bytes();
        let read = read(&file).unwrap();
        prop_assert_eq!(bits(&read.arena), bits(&model.arena));
        prop_assert_eq!(read.to_bytes(), file);
    }
}

#[test]
fn a_file_that_is_too_long_for_a_model_is_refused() {
    let folder = program::directory();
    let file = folder.path().join("long");
    let long = std::fs::File::create(&file).unwrap();
    long.set_len((16 << 20) + 1).unwrap();
    let error = Model::load(&file).unwrap_err().to_string();
    assert!(error.contains("more than 16777216 bytes"), "{error}");
}

proptest! {
    // Each is written to a disk.
    #![proptest_config(cases(20))]

    #[test]
    fn a_checkpoint_is_read_as_it_was_written(
        step in 0..=20usize,
        values in vec(finite(), 1..99),
        loss in 0.0..1e9,
        seconds in 0.0..1e9,
    ) {
        // 100 digits in two batches.
        let config = untrusted::config_of(&Preset::Lenet1.recipe());
        let config = RunConfig::from_json(config.to_string().as_bytes()).unwrap();
        let mut checkpoint = Checkpoint::first(&Network::of(Choices::lenet1()), &config);
        let state = &mut checkpoint.state;
        state.step = step;
        for arena in [&mut state.parameter, &mut state.first_moment, &mut state.averaged] {
            fill(arena, &values);
        }
        let squares: Vec<f32> = values.iter().map(|value| value.abs()).collect();
        fill(&mut state.second_moment, &squares);
        let count = (step % 2) * config.recipe.batch;
        let errors = count / 2;
        checkpoint.pass = PassTotals { loss, errors, count, seconds };
        let folder = program::directory();
        let file = folder.path().join("checkpoint.safetensors");
        checkpoint.save(&file).unwrap();
        let read = Checkpoint::load(&file, &config, 100).unwrap();
        for (read, written) in read.state.arenas().iter().zip(checkpoint.state.arenas()) {
            prop_assert_eq!(bits(read), bits(written));
        }
        prop_assert_eq!(read, checkpoint);
    }
}
