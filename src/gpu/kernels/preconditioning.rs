//! Gradients multiplied by the inverses of the inputs' second moments: launches of
//! `preconditioning.wgsl`.

use super::Kernel;
use crate::gpu::groups::group_count;
use crate::model::preconditioning::PreconditionedLayer;

/// The most inputs that a unit may have: the `MOST_INPUTS` of `preconditioning.wgsl`.
pub const MOST_INPUTS: usize = 448;
/// Invocations of a workgroup of [`invert`]: the `INVERTING_WORKERS` of `preconditioning.wgsl`.
const INVERTING_WORKERS: usize = 256;
/// The same of [`apply`].
const MULTIPLYING_WORKERS: usize = 128;
/// Units whose gradients a workgroup of [`apply`] multiplies.
const TEAM: usize = 4;

/// A step's mean over the first group of a batch of `batch` samples.
pub(crate) fn accumulate(layer: &PreconditionedLayer, batch: usize) -> Kernel {
    let (windows, inputs) = (layer.windows, layer.windows.inputs());
    let (input, [height, width]) = (windows.input, windows.side);
    let constants = [
        ("GROUPS", group_count(batch)),
        ("INPUT_MAPS", input.maps),
        ("INPUT_HEIGHT", input.height),
        ("INPUT_WIDTH", input.width),
        ("WINDOW_HEIGHT", height),
        ("WINDOW_WIDTH", width),
        ("INPUTS", inputs),
        ("MEAN_STRIDE", layer.mean.padded_len()),
    ];
    Kernel::new("preconditioning.accumulate", inputs * inputs, constants)
}

/// The inverses of all blocks, damped by `damping`.
pub(crate) fn invert(layer: &PreconditionedLayer, damping: f32) -> Kernel {
    let constants = [
        ("INPUTS", layer.windows.inputs()),
        ("MEAN_STRIDE", layer.mean.padded_len()),
        ("INVERSE_STRIDE", layer.inverses.padded_len()),
    ];
    let invocations = layer.blocks.len() * INVERTING_WORKERS;
    let mut kernel = Kernel::new("preconditioning.invert", invocations, constants);
    kernel.constants.push(("DAMPING", damping.into()));
    kernel
}

/// The products of the gradients of all units.
pub(crate) fn apply(layer: &PreconditionedLayer) -> Kernel {
    let constants = [("INVERSE_STRIDE", layer.inverses.padded_len())];
    let invocations = teams_of(layer).len() * MULTIPLYING_WORKERS;
    Kernel::new("preconditioning.apply", invocations, constants)
}

/// The blocks of `layer` as the shader reads them, and the inputs of all of them.
pub(crate) fn blocks_of(layer: &PreconditionedLayer) -> (Vec<[u32; 3]>, Vec<u32>) {
    let mut places = Vec::new();
    let mut blocks = Vec::new();
    for block in &layer.blocks {
        let inputs = block.inputs.len();
        assert!(inputs <= MOST_INPUTS, "a unit of {inputs} inputs");
        blocks.push([inputs, places.len(), block.first].map(|value| value as u32));
        places.extend(block.inputs.iter().map(|&input| input as u32));
    }
    (blocks, places)
}

/// Its units, or maps of units, in teams as the shader reads them.
pub(crate) fn teams_of(layer: &PreconditionedLayer) -> Vec<[u32; 2 + TEAM]> {
    let mut teams = Vec::new();
    for (number, block) in layer.blocks.iter().enumerate() {
        for units in block.first_weights.chunks(TEAM) {
            let mut team = [0; 2 + TEAM];
            team[..2].copy_from_slice(&[number as u32, units.len() as u32]);
            for (first_weight, &unit) in team[2..].iter_mut().zip(units) {
                *first_weight = unit as u32;
            }
            teams.push(team);
        }
    }
    teams
}
