//! Models trained side by side in the same dispatches end as the same seeds trained alone, bit for
//! bit.

use std::ops::ControlFlow;

use crate::adapter::adapter_test;
use crate::digits::MNIST;
use lenet_gpu::block_on;
use lenet_gpu::data::Dataset;
use lenet_gpu::gpu::{Device, GpuError, GpuTrainer, StepPlan};
use lenet_gpu::model::{Distortion, Network, Recipe, StepMetrics, TrainingState};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Rates, Trainer, TrainingTask};
use libtest_mimic::{Completion, Failed, Trial};

pub fn tests() -> Vec<Trial> {
    vec![
        same_as_alone("Adam on distorted digits", adam(), 120, Models::Exactly(3)),
        same_as_alone("SDLM on single digits", sdlm(), 40, Models::Exactly(3)),
        same_as_alone("as many weights as fit", adam(), 30, Models::AsManyAsFit),
        same_as_alone(
            "as many of LeNet-1 as fit",
            lenet1(),
            30,
            Models::AsManyAsFit,
        ),
        same_as_alone("as many units as fit", large(), 500, Models::AsManyAsFit),
        fused_as_alone("Adam on distorted digits", adam(), 40, Models::Exactly(3)),
        fused_as_alone("SDLM on single digits", sdlm(), 9, Models::Exactly(2)),
        fused_as_alone("LeNet-1", lenet1(), 33, Models::Exactly(20)),
    ]
}

// --- recipes -------------------------------------------------------------------------------------

/// Batches that do not divide the digits and fill no whole groups of four, everything of a state in
/// use, and everything drawn that a seed decides.
fn adam() -> Recipe {
    Recipe {
        batch: 14,
        passes: 2,
        average: 0.9,
        distortion: Distortion {
            rotation: 10.0,
            elastic: 0.6,
            ..Preset::Default.recipe().distortion
        },
        ..Preset::Default.recipe()
    }
}

fn sdlm() -> Recipe {
    Recipe {
        estimate_samples: 7,
        passes: 2,
        ..Preset::Paper.recipe()
    }
}

/// Fewer models than have their weights in a uniform are allowed: the estimate's batch is large. A second
/// pass would only take as long again.
fn large() -> Recipe {
    Recipe {
        batch: 100,
        passes: 1,
        ..Preset::Paper.recipe()
    }
}

fn lenet1() -> Recipe {
    Recipe {
        batch: 5,
        passes: 2,
        ..Preset::Lenet1.recipe()
    }
}

/// How many models are trained side by side.
#[derive(Clone, Copy, Debug)]
enum Models {
    Exactly(usize),
    AsManyAsFit,
}

impl Models {
    fn count(self, device: &Device, recipe: &Recipe) -> usize {
        match self {
            Self::Exactly(models) => models,
            Self::AsManyAsFit => {
                GpuTrainer::most_models(device, &Network::of(recipe.choices), recipe)
            }
        }
    }
}

// --- tests ---------------------------------------------------------------------------------------

/// A training on `samples` digits by the layered plan, side by side and one by one.
fn same_as_alone(what: &str, recipe: Recipe, samples: usize, models: Models) -> Trial {
    by_plan_as_alone(StepPlan::Layered, what, recipe, samples, models)
}

/// The same by the fused plan.
fn fused_as_alone(what: &str, recipe: Recipe, samples: usize, models: Models) -> Trial {
    by_plan_as_alone(StepPlan::Fused, what, recipe, samples, models)
}

fn by_plan_as_alone(
    plan: StepPlan,
    what: &str,
    recipe: Recipe,
    samples: usize,
    models: Models,
) -> Trial {
    adapter_test(format!("{what}, {models:?}, {plan}"), move |device| {
        let device = &device.with_variant(device.variant().by_plan(plan));
        let models = models.count(device, &recipe);
        let data = MNIST.train.clone().take_first(samples);
        let seeds: Vec<u32> = (0..models as u32).map(|model| 7 + 3 * model).collect();
        let together = train(device, &recipe, &data, &seeds)?;
        assert_eq!(together.len(), models);
        for (seed, together) in seeds.iter().zip(&together) {
            let alone = train(device, &recipe, &data, &[*seed])?;
            expect_same(*seed, together, &alone[0])?;
        }
        let [one, other] = [&together[0], &together[1]];
        assert!(
            one.state.parameter != other.state.parameter,
            "one model twice"
        );
        Ok(Completion::Completed)
    })
}

/// What a training leaves of a model.
struct Trained {
    state: TrainingState,
    metrics: Vec<StepMetrics>,
}

fn train(
    device: &Device,
    recipe: &Recipe,
    data: &Dataset,
    seeds: &[u32],
) -> Result<Vec<Trained>, GpuError> {
    let network = Network::of(recipe.choices);
    let start = |&seed: &u32| TrainingState::start(&network, recipe, seed);
    let states: Vec<TrainingState> = seeds.iter().map(start).collect();
    let rates = step_rates(recipe, data.len());
    let task = TrainingTask {
        network: &network,
        recipe,
        rates: &rates,
        data,
        seeds: seeds.to_vec(),
        states,
        teachers: Vec::new(),
    };
    let mut trainer = GpuTrainer::new(device, &task)?;
    assert_eq!(trainer.models(), seeds.len());
    let mut metrics = Vec::new();
    for _ in 0..recipe.passes {
        block_on(trainer.estimate_second_derivatives())?;
        block_on(trainer.run(data.len().div_ceil(recipe.batch), |steps| {
            assert_eq!(steps.len() % seeds.len(), 0, "whole steps");
            metrics.extend_from_slice(steps);
            ControlFlow::Continue(())
        }))?;
    }
    assert_eq!(metrics.len(), rates.steps() * seeds.len());
    let states = block_on(trainer.states())?.into_iter().enumerate();
    let of_model = |model| metrics.iter().skip(model).step_by(seeds.len());
    let trained = |(model, state)| Trained {
        state,
        metrics: of_model(model).copied().collect(),
    };
    Ok(states.map(trained).collect())
}

fn expect_same(seed: u32, together: &Trained, alone: &Trained) -> Result<(), Failed> {
    let arenas = |trained: &Trained| {
        let state = &trained.state;
        [
            ("parameters", bits(&state.parameter)),
            ("first moments", bits(&state.first_moment)),
            ("second moments", bits(&state.second_moment)),
            ("averages", bits(&state.averaged)),
        ]
    };
    for ((name, together), (_, alone)) in arenas(together).into_iter().zip(arenas(alone)) {
        let pairs = together.iter().zip(&alone);
        let differing = pairs.filter(|(together, alone)| together != alone).count();
        if differing > 0 || together.len() != alone.len() {
            let all = alone.len();
            return Err(format!("seed {seed}: {differing} of {all} {name} differ").into());
        }
    }
    if together.metrics != alone.metrics || together.state.step != alone.state.step {
        return Err(format!("seed {seed}: steps measured something else").into());
    }
    Ok(())
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}
