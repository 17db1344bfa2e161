//! Strips of several lengths, more of them than are computed at once.

use crate::adapter::adapter_test;
use crate::digits::MNIST;
use lenet_gpu::block_on;
use lenet_gpu::cpu;
use lenet_gpu::data::IMAGE_SIDE;
use lenet_gpu::data::strings::{Line, Strip};
use lenet_gpu::gpu::{Device, evaluate_strips};
use lenet_gpu::model::{Network, Parameters};
use lenet_gpu::train::Preset;
use libtest_mimic::{Completion, Trial};

/// Short strips. Of those with up to 16 positions, which 198 of them have, 176 are computed at once.
const STRIPS: usize = 240;

pub fn tests() -> Vec<Trial> {
    let name = "many strips have the penalties of the CPU path";
    vec![adapter_test(name, |device| {
        many_strips(device);
        Ok(Completion::Completed)
    })]
}

fn many_strips(device: &Device) {
    let recipe = Preset::Strings.recipe();
    let network = Network::of(recipe.choices);
    let parameters = Parameters::of(&network);
    let arena = parameters.initialise(&network, &recipe.initial_parameters(), 1);
    let strips: Vec<Strip> = (0..STRIPS)
        .map(|number| {
            let mut line = Line::blank(IMAGE_SIDE + number % 40);
            line.draw(MNIST.test.image(number), (number % 7) as isize, 0);
            Strip::around(&line)
        })
        .collect();
    let computed = block_on(evaluate_strips(device, &network, &arena, &strips)).unwrap();
    let expected = cpu::evaluate_strips(&network, &arena, &strips);
    for (number, (computed, expected)) in computed.iter().zip(&expected).enumerate() {
        assert_eq!(computed.len(), strips[number].positions(), "strip {number}");
        let both = computed.as_flattened().iter().zip(expected.as_flattened());
        for (computed, expected) in both {
            assert!(
                (computed - expected).abs() <= 1e-3 + 1e-4 * expected,
                "strip {number}: {computed}, not {expected}"
            );
        }
    }
}
