//! How much of a network WebGPU's limits let an adapter compute at once.

use crate::gpu::groups::{Batches, GROUP};
use crate::gpu::kernels::{SMALLEST_WORKGROUP, conv::MOST_WEIGHTS};
use crate::gpu::plan::MOST_WORKGROUPS;
use crate::model::{Layer, Network, Operation, Parameters};

/// How many models of `network` can be computed side by side, at least one. The weights of the
/// largest convolution of all models have to fit into one uniform; and the units of the largest
/// layer, for batches of `batch` samples, into the grid of a kernel that visits each, which is also
/// less than a binding holds.
pub fn most_models(network: &Network, batch: usize) -> usize {
    let outputs = network.layers().iter().map(|layer| layer.output.units());
    let units = outputs.max().unwrap_or(0).max(network.input().units());
    let room = Batches::single(batch).room() * units;
    let grid = MOST_WORKGROUPS * SMALLEST_WORKGROUP * GROUP;
    (grid / room).clamp(1, most_in_a_uniform(network))
}

fn most_in_a_uniform(network: &Network) -> usize {
    let parameters = Parameters::of(network);
    let layers = network.layers().iter().enumerate();
    layers
        .filter(|(_, layer)| has_weights_in_a_uniform(layer))
        .filter_map(|(index, _)| parameters.of_layer(index))
        .map(|(weight, _)| 1 + (MOST_WEIGHTS - weight.len()) / weight.padded_len())
        .min()
        .unwrap_or(1)
}

fn has_weights_in_a_uniform(layer: &Layer) -> bool {
    matches!(layer.computed_as(), Operation::Convolution(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{C3Connections, Choices};

    #[test]
    fn the_largest_convolution_of_all_models_fits_into_a_uniform() {
        let paper = Choices::default();
        let full = Choices {
            c3: C3Connections::Full,
            ..paper
        };
        // 1,500 weights padded to 1,536, 2,400 to 2,432 and 500 to 512.
        for (choices, most) in [(paper, 10), (full, 6), (Choices::lenet1(), 32)] {
            assert_eq!(most_models(&Network::of(choices), 64), most);
        }
    }

    #[test]
    fn the_largest_layer_of_all_models_fits_into_a_grid() {
        let network = Network::of(Choices::default());
        // 4,704 units of C1 in 65,535 workgroups of 64.
        for (batch, most) in [(500, 7), (713, 4), (1024, 3), (2048, 1)] {
            assert_eq!(most_models(&network, batch), most, "batches of {batch}");
        }
    }
}
