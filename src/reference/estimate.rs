//! SDLM's estimate of the second derivatives (Appendix C).

use super::{Activations, Curvatures, Presentations, Real, ReferenceNetwork, loss, reduce};
use crate::model::{Network, Recipe};
use crate::platform::map_in_parallel;

/// Samples that one task works through in order; the tasks' results are summed in order, so that
/// the result does not depend on the number of threads.
const SAMPLES_PER_TASK: usize = 8;

/// The mean of ∂²E/∂parameter² over the first samples of a pass, in the order and with the
/// distortions of the pass. Both the parameters in `arena` and the result are arenas.
pub fn second_derivatives<T: Real>(
    network: &Network,
    recipe: &Recipe,
    presentations: &Presentations,
    arena: &[T],
) -> Vec<T> {
    let count = recipe.estimate_samples.min(presentations.count());
    let reference = ReferenceNetwork::new(network);
    let sum_over = |positions: &&[usize]| -> Vec<T> {
        let mut activations = Activations::new(network);
        let mut curvatures = Curvatures::new(network);
        let mut sum = vec![T::zero(); arena.len()];
        for &position in *positions {
            let label = presentations.assemble(position, activations.input_mut());
            reference.forward(arena, &mut activations);
            let (y, dy) = activations.penalties_and_gradient();
            loss::forward(&recipe.loss, y, label.into(), count, dy);
            loss::second(&recipe.loss, y, count, curvatures.penalties_mut());
            reference.second_backward(arena, &activations, &mut curvatures, &mut sum);
        }
        sum
    };
    let positions: Vec<usize> = (0..count).collect();
    let tasks: Vec<&[usize]> = positions.chunks(SAMPLES_PER_TASK).collect();
    let partial = map_in_parallel(&tasks, sum_over);
    let mut mean = vec![T::zero(); arena.len()];
    reduce::sum(&partial.concat(), &mut mean);
    mean
}
