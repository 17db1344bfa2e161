//! The CPU path's results do not depend on the number of threads.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use crate::digits::MNIST;
use lenet_gpu::block_on;
use lenet_gpu::cpu::{CpuTrainer, evaluate};
use lenet_gpu::data::Dataset;
use lenet_gpu::model::{Network, Recipe, StepMetrics, TrainingState};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};
use rayon::ThreadPoolBuilder;

const SEED: u32 = 4;
const STEPS: usize = 12;

/// Not a multiple of any batch below, so that the last one of a pass is smaller.
static DATA: LazyLock<Dataset> = LazyLock::new(|| MNIST.train.clone().take_first(333));

/// The results of a training: its state, what its steps measured, and the network's answers after it.
#[derive(PartialEq)]
struct Trained {
    state: TrainingState,
    measured: Vec<StepMetrics>,
    penalties: Vec<f32>,
}

fn recipe(batch: usize, preset: Preset) -> Recipe {
    Recipe {
        batch,
        // So that all of a state is in use.
        average: 0.99,
        ..preset.recipe()
    }
}

/// A few steps of `recipe` on `threads` threads.
fn train(threads: usize, recipe: &Recipe) -> Trained {
    let network = Network::lenet5(recipe.choices);
    let rates = step_rates(recipe, DATA.len());
    let state = TrainingState::start(&network, recipe, SEED);
    let pool = ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(|| {
        assert_eq!(rayon::current_num_threads(), threads);
        let mut trainer = CpuTrainer::new(&TrainingTask {
            network: &network,
            recipe,
            rates: &rates,
            data: &DATA,
            seeds: vec![SEED],
            states: vec![state],
            teachers: Vec::new(),
        });
        let mut measured = Vec::new();
        let Ok(()) = block_on(trainer.run(STEPS, |steps| {
            measured.extend_from_slice(steps);
            ControlFlow::Continue(())
        }));
        let Ok(mut states) = block_on(trainer.states());
        let state = states.remove(0);
        let penalties = evaluate(&network, &state.parameter, &DATA, recipe.batch);
        Trained {
            state,
            measured,
            penalties,
        }
    })
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for preset in [Preset::Plain, Preset::Default] {
        for batch in [1, 5, 16, 64] {
            let recipe = recipe(batch, preset);
            let alone = train(1, &recipe);
            assert_eq!(alone.measured.len(), STEPS);
            for threads in [2, 3] {
                let same = train(threads, &recipe) == alone;
                assert!(same, "{preset:?}, batch {batch}: {threads} threads");
            }
        }
    }
}

#[test]
fn what_is_compared_depends_on_recipe_and_batch() {
    let plain = recipe(16, Preset::Plain);
    let distortion = Preset::Default.recipe().distortion;
    assert!(!distortion.is_none());
    let distorted = Recipe {
        distortion,
        ..plain.clone()
    };
    let start = TrainingState::start(&Network::lenet5(plain.choices), &plain, SEED);
    let trained = train(1, &plain);
    assert!(trained.state.parameter != start.parameter);
    assert!(trained.state.averaged != start.averaged);
    assert!(trained != train(1, &distorted));
    assert!(trained != train(1, &recipe(64, Preset::Plain)));
}
