//! A training on the CPU path is meant to end in the same bytes on every system: with the same instruction
//! set the parameters have the checksums below, which were measured on Linux, NEON's under emulation.
//!
//! Whoever changes what is computed, or in which order, changes them: the failing test prints the new
//! ones, and the changelog says that a seed leads to another network than before.

use std::ops::ControlFlow;

use crate::digits::MNIST;
use flate2::Crc;
use lenet_gpu::block_on;
use lenet_gpu::cpu::{CpuTrainer, Level};
use lenet_gpu::model::{Choices, Decay, Head, Network, Recipe, TrainingState};
use lenet_gpu::train::{Preset, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};

const SEED: u32 = 7;
const STEPS: usize = 6;

/// What the trainings leave with an instruction set, in the order of [`recipes`].
const CHECKSUMS: &[(&str, [u32; 4])] = &[
    (
        "portable",
        [0xf723_e041, 0x2b41_eeb9, 0xed2e_31d6, 0x9f4f_85ff],
    ),
    ("AVX2", [0x2195_4881, 0xf089_82a2, 0x0196_a489, 0xf8da_0d88]),
    (
        "AVX-512",
        [0x16fc_cc8b, 0x4f19_9e41, 0xd33a_15f3, 0x7fbf_6c59],
    ),
    ("NEON", [0xa5c2_80ed, 0x1466_bc3b, 0xbe39_7eb1, 0x20e2_7b68]),
];

/// Recipes that use all elementary functions: the exponentials of both heads, the logarithm of softmax,
/// Adam's powers, the cosine of a decay, the hyperbolic tangent of the second derivatives; and one with
/// preconditioning.
fn recipes() -> [Recipe; 4] {
    let softmax = Choices {
        head: Head::Softmax,
        ..Preset::Default.recipe().choices
    };
    [
        Preset::Default.recipe(),
        Recipe {
            choices: softmax,
            decay: Decay::Cosine,
            ..Preset::Default.recipe()
        },
        Recipe {
            estimate_samples: 16,
            ..Preset::Paper.recipe()
        },
        Preset::OnePass.recipe(),
    ]
}

/// The checksum of the parameters after the first steps of `recipe`.
fn checksum(level: Level, recipe: &Recipe) -> u32 {
    let network = Network::of(recipe.choices);
    let data = MNIST.test.clone().take_first(STEPS * recipe.batch);
    let rates = step_rates(recipe, data.len());
    let task = TrainingTask {
        network: &network,
        recipe,
        rates: &rates,
        data: &data,
        seeds: vec![SEED],
        states: vec![TrainingState::start(&network, recipe, SEED)],
        teachers: Vec::new(),
    };
    let mut trainer = CpuTrainer::at_level(level, &task);
    let Ok(()) = block_on(trainer.estimate_second_derivatives());
    let Ok(()) = block_on(trainer.run(STEPS, |_| ControlFlow::Continue(())));
    let mut crc = Crc::new();
    for parameter in trainer.weights(0) {
        crc.update(&parameter.to_le_bytes());
    }
    crc.sum()
}

#[test]
fn an_instruction_set_leads_to_the_same_bytes_on_every_system() {
    let measured = |level: Level| {
        let checksums = recipes().map(|recipe| checksum(level, &recipe));
        (level.name(), checksums)
    };
    let found: Vec<(&str, [u32; 4])> = Level::available().into_iter().map(measured).collect();
    for measured in &found {
        assert!(CHECKSUMS.contains(measured), "{found:#010x?}");
    }
}
