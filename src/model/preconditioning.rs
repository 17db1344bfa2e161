//! Which gradients are preconditioned, by what, and when that is renewed.
//!
//! The weighted sum of a unit changes with its weights by its inputs, so a step along the gradient moves
//! the sums of some samples far and those of others hardly, depending on how the inputs are scaled and
//! correlated. Multiplied by the inverse of the inputs' second moments, A⁻¹ with A = E[x xᵀ], the gradient
//! of a unit's weights becomes the step that moves its sums as they themselves would be moved: gradient
//! descent on neurons, FOOF (Benzing 2022, arXiv:2201.12250), one of the two factors of K-FAC (Martens and
//! Grosse 2015; Grosse and Martens 2016 for convolutions, where x is every window of the input maps).

use super::parameters::Range;
use super::{KERNEL, Layer, MapShape, Network, Operation};

/// Samples whose inputs a step looks at: the first of its batch.
pub const SAMPLES_LOOKED_AT: usize = 4;
/// Rows, and columns, from a window of a convolution that is looked at to the next: neighbours are alike.
pub const WINDOW_STRIDE: usize = 2;
/// Steps after which the inverses are renewed.
pub const STEPS_PER_RENEWAL: usize = 32;
/// Share of a step's samples in the means, after the first steps.
pub const LEAST_SHARE: f32 = 0.03;

/// Share of the samples of step `step`, counted from 0, in the means: at first all steps have the same.
pub fn share_of_step(step: usize) -> f32 {
    (1.0 / (step as f32 + 1.0)).max(LEAST_SHARE)
}

/// Whether the inverses are renewed in step `step`, counted from 0: first often, then regularly.
pub fn is_renewed_at(step: usize) -> bool {
    step.is_multiple_of(STEPS_PER_RENEWAL) || step.is_power_of_two()
}

/// What the units of a layer see of its input: all of it, or a window of each map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// The input of the layer.
    pub input: MapShape,
    /// Height and width of a window.
    pub side: [usize; 2],
}

impl Windows {
    /// Those of `layer`, if each of its units has a weight for each of its inputs.
    pub fn of(layer: &Layer) -> Option<Self> {
        let input = layer.input;
        let side = match layer.computed_as() {
            Operation::Convolution(_) => [KERNEL; 2],
            Operation::Dense => [input.height, input.width],
            _ => return None,
        };
        Some(Self { input, side })
    }

    /// Inputs in a window, of all maps.
    pub fn inputs(&self) -> usize {
        self.input.maps * self.area()
    }

    /// Inputs in a window, of one map.
    pub fn area(&self) -> usize {
        self.side[0] * self.side[1]
    }

    /// Rows, and columns, of the windows that are looked at.
    pub fn looked_at(&self) -> [usize; 2] {
        let count = |side, window: usize| (side - window) / WINDOW_STRIDE + 1;
        [
            count(self.input.height, self.side[0]),
            count(self.input.width, self.side[1]),
        ]
    }
}

/// A layer whose gradients are preconditioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreconditionedLayer {
    /// Place in the network's table.
    pub layer: usize,
    /// What its units see.
    pub windows: Windows,
    /// Its units, or maps of units, by what they have weights for.
    pub blocks: Vec<Block>,
    /// Where the mean of x xᵀ is among those of all layers, for all inputs of a window.
    pub mean: Range,
    /// Where the inverses of all blocks are, one after another, among those of all layers.
    pub inverses: Range,
}

/// Units, or maps of units, of a layer that have weights for the same inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// These inputs, places in a window, in the order of the weights.
    pub inputs: Vec<usize>,
    /// The units, or maps: each the place of its first weight among those of the layer.
    pub first_weights: Vec<usize>,
    /// Where the inverse of the inputs' second moments is among the layer's.
    pub first: usize,
}

impl Block {
    /// The places of its inverse among those of the layer.
    pub fn span(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.inputs.len() * self.inputs.len()
    }
}

/// The blocks of `layer`, whose units see `windows`.
fn blocks_of(layer: &Layer, windows: &Windows) -> Vec<Block> {
    let maps: Vec<Vec<usize>> = match layer.computed_as() {
        Operation::Convolution(table) => (0..table.outputs())
            .map(|map| table.pairs_into(map).map(|pair| pair.input).collect())
            .collect(),
        _ => vec![(0..layer.input.maps).collect(); layer.output.units()],
    };
    let mut blocks: Vec<Block> = Vec::new();
    let (mut first, mut first_weight) = (0, 0);
    for maps in maps {
        let inputs_of_map = |map: usize| map * windows.area()..(map + 1) * windows.area();
        let inputs: Vec<usize> = maps.into_iter().flat_map(inputs_of_map).collect();
        let weights = inputs.len();
        match blocks.iter_mut().find(|block| block.inputs == inputs) {
            Some(block) => block.first_weights.push(first_weight),
            None => {
                let block = Block {
                    inputs,
                    first_weights: vec![first_weight],
                    first,
                };
                first = block.span().end;
                blocks.push(block);
            }
        }
        first_weight += weights;
    }
    blocks
}

/// The layout of the arrays that preconditioning keeps of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preconditioning {
    /// The layers, in their order.
    pub layers: Vec<PreconditionedLayer>,
}

impl Preconditioning {
    /// That of `network`.
    pub fn of(network: &Network) -> Self {
        let (mut means, mut inverses) = (0, 0);
        let rows = network.layers().iter().enumerate();
        let layers = rows.filter_map(|(layer, row)| {
            let windows = Windows::of(row)?;
            let blocks = blocks_of(row, &windows);
            let mean = Range {
                name: format!("{}.mean", row.name),
                shape: vec![windows.inputs(); 2],
                offset: means,
                layer,
            };
            let of_blocks = Range {
                name: format!("{}.inverses", row.name),
                shape: vec![blocks.last()?.span().end],
                offset: inverses,
                layer,
            };
            means = mean.padded_span().end;
            inverses = of_blocks.padded_span().end;
            Some(PreconditionedLayer {
                layer,
                windows,
                blocks,
                mean,
                inverses: of_blocks,
            })
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// The places of all layers' means.
    pub fn means(&self) -> Vec<Range> {
        let layers = self.layers.iter();
        layers.map(|layer| layer.mean.clone()).collect()
    }

    /// The places of all layers' inverses.
    pub fn inverses(&self) -> Vec<Range> {
        let layers = self.layers.iter();
        layers.map(|layer| layer.inverses.clone()).collect()
    }

    /// Lengths of the arrays of means and of inverses, padding included.
    pub fn array_lens(&self) -> [usize; 2] {
        let last = self.layers.last();
        let end = |range: &Range| range.padded_span().end;
        match last {
            Some(layer) => [end(&layer.mean), end(&layer.inverses)],
            None => [0; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choices, Parameters};

    #[test]
    fn every_layer_with_a_weight_for_each_input_has_a_matrix() {
        let sizes = |choices| {
            let network = Network::of(choices);
            let layers = Preconditioning::of(&network).layers;
            let size = |layer: &PreconditionedLayer| {
                let name = network.layers()[layer.layer].name;
                (name, layer.windows.inputs(), layer.blocks.len())
            };
            layers.iter().map(size).collect::<Vec<_>>()
        };
        let lenet5 = [
            ("C1", 25, 1),
            ("C3", 150, 16),
            ("C5", 400, 1),
            ("F6", 120, 1),
        ];
        assert_eq!(sizes(Choices::default()), lenet5);
        // Two halves of six maps, of which four read both, as two of the other half do not.
        assert_eq!(sizes(Choices::lenet1()).len(), 3);
    }

    #[test]
    fn every_weight_is_in_one_block() {
        for choices in [Choices::default(), Choices::lenet1()] {
            let network = Network::of(choices);
            let parameters = Parameters::of(&network);
            for layer in Preconditioning::of(&network).layers {
                let (weight, _) = parameters.of_layer(layer.layer).unwrap();
                let mut weights: Vec<usize> = layer
                    .blocks
                    .iter()
                    .flat_map(|block| {
                        let firsts = block.first_weights.iter();
                        firsts.flat_map(|&first| first..first + block.inputs.len())
                    })
                    .collect();
                weights.sort_unstable();
                assert!(weights.into_iter().eq(0..weight.len()), "{}", weight.name);
            }
        }
    }

    #[test]
    fn inverses_are_renewed_often_at_first() {
        let renewed: Vec<usize> = (0..100).filter(|&step| is_renewed_at(step)).collect();
        assert_eq!(renewed, [0, 1, 2, 4, 8, 16, 32, 64, 96]);
    }
}
