//! The update of all parameters from what samples left: launches of `fused_update.wgsl`.

use super::Kernel;
use super::optimiser::update_constants;
use crate::gpu::fused::{FusedBlock, FusedLayout};
use crate::model::{Network, Optimiser, Parameters, Recipe};

/// Ranges of an arena that the shader's table has room for.
pub const MOST_RANGES: usize = 16;

/// The update of every model by `recipe`, and its metrics into a ring of `ring` places.
pub(crate) fn update(
    network: &Network,
    recipe: &Recipe,
    layout: &FusedLayout,
    ring: usize,
) -> Kernel {
    let name = match recipe.optimiser {
        Optimiser::Adam => "fused_update.adam",
        Optimiser::Sgd => "fused_update.sgd",
        Optimiser::Sdlm => "fused_update.sdlm",
    };
    let parameters = Parameters::of(network);
    let quads = parameters.arena_len() / 4;
    // A slice without samples adds nothing.
    let most = layout.batches.size.next_power_of_two();
    let slices = layout.block.slices().min(most);
    let sizes = [
        ("RECORDS", layout.records()),
        ("WORK", layout.work()),
        ("QUADS", quads),
        ("RANGES", parameters.ranges().len()),
        ("SLICES", slices),
        ("AVERAGES", (recipe.average > 0.0).into()),
        ("RING", ring),
        ("MODELS", layout.batches.models),
    ];
    let abreast = FusedBlock::UPDATERS / slices;
    let invocations = (quads.div_ceil(abreast) + 1) * FusedBlock::UPDATERS;
    let constants = layout.constants().into_iter().chain(sizes);
    let mut kernel = Kernel::new(name, invocations, constants);
    kernel.models = layout.batches.models;
    kernel.constants.extend(update_constants(recipe));
    kernel
}
