//! SDLM's estimate of the second derivatives (Appendix C).

use rayon::prelude::*;

use super::{Activations, Curvatures, Presentations, forward, loss, reduce, second_backward};
use crate::model::{Network, Parameters, Recipe, rbf_codes};

/// Samples that one task works through in order; the tasks' results are summed in order, so that
/// the result does not depend on the number of threads.
const SAMPLES_PER_TASK: usize = 8;

/// The mean of ∂²E/∂parameter² over the first samples of a pass, in its own order and with its
/// distortions, under the parameters in `arena`; an arena too.
pub fn second_derivatives(
    network: &Network,
    recipe: &Recipe,
    presentations: &Presentations,
    arena: &[f32],
) -> Vec<f32> {
    let count = recipe.estimate_samples.min(presentations.count());
    let positions: Vec<usize> = (0..count).collect();
    let partial: Vec<Vec<f32>> = positions
        .par_chunks(SAMPLES_PER_TASK)
        .map(|positions| sum_over(positions, count, network, recipe, presentations, arena))
        .collect();
    let mut mean = vec![0.0; arena.len()];
    reduce::sum(&partial.concat(), &mut mean);
    mean
}

/// The sum of ∂²E/∂parameter² over what is presented at `positions`, divided by `count`.
fn sum_over(
    positions: &[usize],
    count: usize,
    network: &Network,
    recipe: &Recipe,
    presentations: &Presentations,
    arena: &[f32],
) -> Vec<f32> {
    let (parameters, codes) = (Parameters::of(network), rbf_codes());
    let mut activations = Activations::new(network);
    let mut curvatures = Curvatures::new(network);
    let mut sum = vec![0.0; arena.len()];
    for &position in positions {
        let label = presentations.assemble(position, activations.input_mut());
        forward(network, &parameters, arena, &codes, &mut activations);
        let (y, dy) = activations.penalties_and_gradient();
        loss::forward(&recipe.loss, y, label.into(), count, dy);
        loss::second(&recipe.loss, y, count, curvatures.penalties_mut());
        second_backward(
            network,
            &parameters,
            arena,
            &codes,
            &activations,
            &mut curvatures,
            &mut sum,
        );
    }
    sum
}
