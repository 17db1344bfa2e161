//! Updates of the parameters: launches of `optimiser.wgsl`.
//!
//! Each updates an arena of `arena_len` values, a multiple of 4, by the constants of `recipe` and the
//! rates in a ring of `steps` places.

use super::Kernel;
use crate::model::Recipe;

fn update(name: &'static str, arena_len: usize, recipe: &Recipe, steps: usize) -> Kernel {
    let sizes = [("LENGTH", arena_len / 4), ("STEPS", steps)];
    let mut kernel = Kernel::new(name, arena_len / 4, sizes);
    kernel.constants.extend(update_constants(recipe));
    kernel
}

/// The constants of `shared/updates.wgsl`.
pub(super) fn update_constants(recipe: &Recipe) -> [(&'static str, f64); 4] {
    [
        ("MOMENTUM", f64::from(recipe.momentum)),
        ("BETA2", f64::from(recipe.beta2)),
        ("WEIGHT_DECAY", f64::from(recipe.weight_decay)),
        ("DAMPING", f64::from(recipe.damping)),
    ]
}

/// A step of Adam.
pub(crate) fn adam(arena_len: usize, recipe: &Recipe, steps: usize) -> Kernel {
    update("optimiser.adam", arena_len, recipe, steps)
}

/// A step of gradient descent with momentum.
pub(crate) fn sgd(arena_len: usize, recipe: &Recipe, steps: usize) -> Kernel {
    update("optimiser.sgd", arena_len, recipe, steps)
}

/// A step of stochastic diagonal Levenberg–Marquardt.
pub(crate) fn sdlm(arena_len: usize, recipe: &Recipe, steps: usize) -> Kernel {
    update("optimiser.sdlm", arena_len, recipe, steps)
}

/// The running average of the parameters.
pub(crate) fn average(arena_len: usize, recipe: &Recipe, steps: usize) -> Kernel {
    update("optimiser.average", arena_len, recipe, steps)
}
