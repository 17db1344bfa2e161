//! Summing gradients and the updates.

use super::case::KernelCase;
use super::models::in_one_launch;
use crate::gpu::{Kernel, kernels};
use crate::model::Optimiser;
use crate::verify::problems::optimiser::{LENGTHS, Update};
use crate::verify::problems::reduce::{Sizes, Slices, sizes};
use crate::verify::samples::converted;

pub fn cases() -> Vec<KernelCase> {
    let mut cases: Vec<KernelCase> = sizes().map(|sizes| reduce_case(sizes, 0)).into();
    for (models, sizes) in [5, 3, 3, 2].into_iter().zip(sizes()) {
        cases.extend(in_one_launch(models, |model| {
            vec![reduce_case(sizes, model)]
        }));
    }
    for length in LENGTHS {
        for optimiser in [Optimiser::Adam, Optimiser::Sgd, Optimiser::Sdlm] {
            cases.push(update_case(&Update::new(length, optimiser), STEP));
        }
        cases.push(average_case(&Update::new(length, Optimiser::Sgd)));
    }
    let update = Update::new(LENGTHS[0], Optimiser::Adam);
    cases.push(update_case(&update, STEP_OF_SECOND_ROUND));
    cases
}

fn reduce_case(sizes: Sizes, model: usize) -> KernelCase {
    let slices = Slices::new(sizes, model);
    let (of_weights, of_biases) = slices.sum();
    let kernel = kernels::reduce::sum(sizes.slices, sizes.weights, sizes.biases);
    KernelCase::new(kernel, &slices, Slices::TOLERANCE)
        .reads("partial", &slices.partial)
        .writes("weight_gradient", of_weights)
        .writes("bias_gradient", of_biases)
}

/// Places of the ring that updates find their rates in.
const STEPS: usize = 5;
/// The step that updates are at.
const STEP: usize = 3;
/// A step whose rates are in the ring's second round: nothing is read after its last place.
const STEP_OF_SECOND_ROUND: usize = STEPS + 2;

/// A case of an update's kernel, which is told the step and its rates.
fn update_case_of(kernel: Kernel, update: &Update, step: usize) -> KernelCase {
    let mut table = vec![f32::NAN; STEPS * 4];
    let place = step % STEPS;
    table[place * 4..][..4].copy_from_slice(bytemuck::cast_slice(&[update.rates]));
    let case = KernelCase::new(kernel, update, Update::TOLERANCE)
        .reads_integers("progress", &[step as u32, 0, 0])
        .reads("rates", &table);
    match step < STEPS {
        true => case,
        false => case.way("after the last rates"),
    }
}

fn update_case(update: &Update, step: usize) -> KernelCase {
    let (length, recipe, updated) = (update.parameter.len(), &update.recipe, update.updated());
    let case = |kernel| update_case_of(kernel, update, step).reads("gradient", &update.gradient);
    let case = match recipe.optimiser {
        Optimiser::Adam => case(kernels::optimiser::adam(length, recipe, STEPS)).updates(
            "second_moment",
            &update.second_moment,
            updated.second_moment,
        ),
        Optimiser::Sgd => case(kernels::optimiser::sgd(length, recipe, STEPS)),
        Optimiser::Sdlm => case(kernels::optimiser::sdlm(length, recipe, STEPS))
            .reads("curvature", &update.second_moment),
    };
    case.updates("first_moment", &update.first_moment, updated.first_moment)
        .updates("parameter", &update.parameter, updated.parameter)
}

fn average_case(update: &Update) -> KernelCase {
    let kernel = kernels::optimiser::average(update.parameter.len(), &update.recipe, STEPS);
    let averaged = update.average(&converted(&update.parameter));
    update_case_of(kernel, update, STEP)
        .reads("parameter", &update.parameter)
        .updates("averaged", &update.averaged, averaged)
}
