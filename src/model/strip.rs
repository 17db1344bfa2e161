//! LeNet-5 over a strip (section VII): a field as long as a line of digits, and an answer at every place.

use super::{Layer, MapShape, Network, Operation, Parameters};

/// Columns of the strip between two neighbouring positions: two sub-samplings by 2.
pub const STEP: usize = 4;

/// A network replicated over a strip: what its convolutions and sub-samplings make of the whole strip at
/// once, and the layers above them, which are computed at every position.
///
/// Its two networks are parts of the one that was replicated, with the same parameters: those of the maps
/// are the beginning of the arena, those of the units the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripNetwork {
    maps: Network,
    units: Network,
    positions: usize,
    first_of_units: usize,
}

impl StripNetwork {
    /// `network` over `positions` positions.
    ///
    /// # Panics
    /// If there is no position.
    pub fn new(network: &Network, positions: usize) -> Self {
        assert!(positions > 0, "a strip has at least one position");
        let is_of_map = |layer: &&Layer| !layer.is_dense();
        let (below, above): (Vec<&Layer>, Vec<&Layer>) = {
            let count = network.layers().iter().take_while(is_of_map).count();
            let (below, above) = network.layers().split_at(count);
            (below.iter().collect(), above.iter().collect())
        };
        let mut shape = MapShape {
            width: strip_width(network, positions),
            ..network.input()
        };
        let widened = below.into_iter().map(|layer| {
            let input = shape;
            shape = match layer.operation {
                Operation::Convolution(_) => input.convolved(layer.output.maps),
                _ => input.halved(),
            };
            Layer {
                input,
                output: shape,
                ..layer.clone()
            }
        });
        let maps = Network::of_layers(network.choices(), widened.collect());
        let first_of_units = Parameters::of(&maps).arena_len();
        Self {
            maps,
            units: Network::of_layers(network.choices(), above.into_iter().cloned().collect()),
            positions,
            first_of_units,
        }
    }

    /// The layers that are computed over the whole strip: C1 to S4.
    pub fn maps(&self) -> &Network {
        &self.maps
    }

    /// The layers that are computed at every position: C5 to the output.
    pub fn units(&self) -> &Network {
        &self.units
    }

    /// Positions at which there is an answer, [`STEP`] columns apart.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Columns of the strip.
    pub fn width(&self) -> usize {
        self.maps.input().width
    }

    /// What the strip becomes by its maps (S4): the windows of the positions lie in it, a column apart.
    pub fn features(&self) -> MapShape {
        let last = self.maps.layers().last();
        last.expect("a network has maps").output
    }

    /// What the units of a position read of it.
    pub fn window(&self) -> MapShape {
        self.units.input()
    }

    /// The parameters of the maps and those of the units, of an `arena` of the whole network.
    pub fn parts_of<'a, T>(&self, arena: &'a [T]) -> (&'a [T], &'a [T]) {
        arena.split_at(self.first_of_units)
    }
}

/// Columns of the strip over which `network` has `positions` positions.
fn strip_width(network: &Network, positions: usize) -> usize {
    network.input().width + STEP * (positions - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Choices;

    #[test]
    fn every_further_position_takes_four_columns_of_the_strip_and_one_of_s4() {
        let network = Network::of(Choices::default());
        for positions in [1, 2, 7, 30] {
            let strip = StripNetwork::new(&network, positions);
            assert_eq!(strip.width(), 32 + 4 * (positions - 1));
            assert_eq!(strip.features(), MapShape::new(16, 5, 5 + positions - 1));
            assert_eq!(strip.window(), MapShape::new(16, 5, 5));
        }
    }

    #[test]
    fn the_parts_have_all_parameters_of_the_network() {
        let network = Network::of(Choices::default());
        let strip = StripNetwork::new(&network, 3);
        let whole = Parameters::of(&network);
        let arena: Vec<usize> = (0..whole.arena_len()).collect();
        let (maps, units) = strip.parts_of(&arena);
        let c5 = whole
            .ranges()
            .iter()
            .find(|range| range.name == "C5.weight");
        assert_eq!(units[0], c5.unwrap().offset);
        assert_eq!(maps.len(), Parameters::of(strip.maps()).arena_len());
        assert_eq!(units.len(), Parameters::of(strip.units()).arena_len());
    }
}
