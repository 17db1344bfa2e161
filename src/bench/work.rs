//! How much arithmetic and memory traffic a step needs, from the description of the network alone:
//! not what an implementation happens to do.
//!
//! A multiply-add counts as two floating-point operations. Each of the two gradients of a layer
//! takes as many multiply-adds as the layer itself; the first layer has no gradient with respect to
//! its input, and a layer without parameters none with respect to its weights. Squashing, losses,
//! updates and the sums over slices of a batch are not counted: next to the layers they are small,
//! and what they cost is memory traffic.

use crate::data::IMAGE_PIXELS;
use crate::gpu::Dispatch;
use crate::model::preconditioning::{
    PreconditionedLayer, Preconditioning, SAMPLES_LOOKED_AT, is_renewed_at,
};
use crate::model::{Layer, Network, Recipe, StepRates};

/// Floating-point operations of a multiply-add.
pub const MULTIPLY_ADD_FLOPS: f64 = 2.0;
/// Operations or bytes in a unit that starts with giga.
pub(super) const GIGA: f64 = 1e9;
/// Microseconds per second.
pub(super) const MICROSECONDS: f64 = 1e6;

/// Multiply-adds of one sample's forward pass.
pub fn inference_multiply_adds(network: &Network) -> usize {
    network.multiply_adds()
}

/// Multiply-adds of one sample's forward and backward pass.
pub fn training_multiply_adds(network: &Network) -> usize {
    let gradients = |(index, layer): (usize, &Layer)| {
        let with_respect_to_input = usize::from(index > 0);
        let with_respect_to_weight = usize::from(layer.parameters() > 0);
        (with_respect_to_input + with_respect_to_weight) * layer.multiply_adds()
    };
    let backward: usize = network.layers().iter().enumerate().map(gradients).sum();
    network.multiply_adds() + backward
}

/// Multiply-adds that preconditioning takes in `steps`, steps of a training by `recipe`: the products of
/// inputs, those of the gradients with the inverses, and n³ for an inverse of n×n.
pub fn preconditioning_multiply_adds(
    network: &Network,
    recipe: &Recipe,
    steps: std::ops::Range<usize>,
) -> usize {
    if !recipe.is_preconditioned() {
        return 0;
    }
    let samples = recipe.batch.min(SAMPLES_LOOKED_AT);
    let renewals = steps.clone().filter(|&step| is_renewed_at(step)).count();
    let of_layer = |layer: &PreconditionedLayer| {
        let windows: usize = layer.windows.looked_at().into_iter().product();
        let mut multiply_adds = steps.len() * samples * windows * layer.windows.inputs().pow(2);
        for block in &layer.blocks {
            let inputs = block.inputs.len();
            multiply_adds += steps.len() * block.first_weights.len() * inputs.pow(2);
            multiply_adds += renewals * inputs.pow(3);
        }
        multiply_adds
    };
    let layers = Preconditioning::of(network).layers;
    layers.iter().map(of_layer).sum()
}

/// Multiply-adds of one sample's gradients with respect to the weights of dense layers.
fn dense_gradient_multiply_adds(network: &Network) -> usize {
    let dense = network.layers().iter().filter(|layer| layer.is_dense());
    dense.map(Layer::multiply_adds).sum()
}

/// Multiply-adds of one sample in `dispatch`; none where it computes no layer, forward or
/// backward.
pub fn dispatch_multiply_adds(network: &Network, dispatch: &Dispatch) -> Option<usize> {
    match dispatch.kernel().shader() {
        "fused_sample" => {
            let all = training_multiply_adds(network);
            Some(all - dense_gradient_multiply_adds(network))
        }
        "fused_update" => Some(dense_gradient_multiply_adds(network)),
        _ => layered_multiply_adds(network, dispatch),
    }
}

/// Multiply-adds of one sample in `dispatch` of the layered plan.
fn layered_multiply_adds(network: &Network, dispatch: &Dispatch) -> Option<usize> {
    let layer = network
        .layers()
        .iter()
        .find(|layer| layer.name == dispatch.section())?;
    let kernel = dispatch.kernel();
    let computes_layer = !matches!(kernel.shader(), "squash" | "reduce");
    let pass = kernel.entry_point();
    let passes = ["forward", "backward_input", "backward_weight"];
    let counted = computes_layer && passes.contains(&pass) && layer.multiply_adds() > 0;
    counted.then(|| layer.multiply_adds())
}

/// Bytes that `dispatch` moves for a batch of `batch` samples if it touches everything bound to it
/// once. Of the data set, the rates of all steps and the metrics of past steps, only the part of
/// one step is counted.
pub fn dispatch_bytes(dispatch: &Dispatch, batch: usize) -> u64 {
    let part_of_a_step = |name: &str| -> Option<usize> {
        match name {
            "images" => Some(batch * IMAGE_PIXELS),
            "data_labels" => Some(batch * size_of::<u32>()),
            "rates" => Some(size_of::<StepRates>()),
            "ring" => Some(3 * size_of::<u32>()),
            _ => None,
        }
    };
    let bytes = |(name, size): &(String, u64)| {
        part_of_a_step(name).map_or(*size, |part| (part as u64).min(*size))
    };
    dispatch.bindings().iter().map(bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choices, Network};
    use crate::train::Preset;

    #[test]
    fn a_sample_takes_three_times_the_papers_multiply_adds_except_where_there_is_no_gradient() {
        let network = Network::lenet5(Choices::default());
        let (c1, codes) = (117_600, 840);
        assert_eq!(inference_multiply_adds(&network), 328_096);
        assert_eq!(training_multiply_adds(&network), 3 * 328_096 - c1 - codes);
    }

    #[test]
    fn preconditioning_takes_its_products_and_inverses() {
        let network = Network::lenet5(Choices::default());
        let count = |recipe: &Recipe, steps| preconditioning_multiply_adds(&network, recipe, steps);
        assert_eq!(count(&Preset::Default.recipe(), 0..100), 0);
        let recipe = Preset::OnePass.recipe();
        // By hand: windows of C1 (14×14 of 25 inputs), C3 (5×5 of 150), C5 (400) and F6 (120).
        let looking =
            4 * (196 * 25usize.pow(2) + 25 * 150usize.pow(2) + 400usize.pow(2) + 120usize.pow(2));
        let units = |count: usize, inputs: usize| count * inputs.pow(2);
        let multiplying = units(6, 25)
            + units(6, 75)
            + units(9, 100)
            + units(1, 150)
            + units(120, 400)
            + units(84, 120);
        assert_eq!(count(&recipe, 3..4), looking + multiplying);
        let cubes = [
            (1, 25),
            (6, 75),
            (9, 100),
            (1, 150),
            (1, 400),
            (1, 120usize),
        ];
        let inverting: usize = cubes
            .iter()
            .map(|&(count, inputs)| count * inputs.pow(3))
            .sum();
        assert_eq!(
            count(&recipe, 31..33),
            2 * (looking + multiplying) + inverting
        );
    }
}
