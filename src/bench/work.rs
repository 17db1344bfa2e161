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
use crate::model::{Layer, Network, StepRates};

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

    #[test]
    fn a_sample_takes_three_times_the_papers_multiply_adds_except_where_there_is_no_gradient() {
        let network = Network::lenet5(Choices::default());
        let (c1, codes) = (117_600, 840);
        assert_eq!(inference_multiply_adds(&network), 328_096);
        assert_eq!(training_multiply_adds(&network), 3 * 328_096 - c1 - codes);
    }
}
