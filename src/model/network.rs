//! The layer table (section II.B, Figure 2) and the choices a user has in it.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{CODE_LENGTH, ConnectionTable, DIGITS};

/// Side of every convolution kernel of the paper.
pub const KERNEL: usize = 5;

/// Side of a convolution's output: (side − kernel + 2·padding)/stride + 1, rounded down.
pub fn convolved_side(side: usize, kernel: usize, padding: usize, stride: usize) -> usize {
    (side + 2 * padding - kernel) / stride + 1
}

/// Size of a stack of feature maps, indexed c y x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapShape {
    /// Number of maps (c).
    pub maps: usize,
    /// Rows of a map (y).
    pub height: usize,
    /// Columns of a map (x).
    pub width: usize,
}

impl MapShape {
    /// `maps` maps of `height`×`width`.
    pub fn new(maps: usize, height: usize, width: usize) -> Self {
        Self {
            maps,
            height,
            width,
        }
    }

    /// Units in one map.
    pub fn area(&self) -> usize {
        self.height * self.width
    }

    /// Units in all maps.
    pub fn units(&self) -> usize {
        self.maps * self.area()
    }

    /// The output of a convolution by `maps` 5×5 kernels without padding.
    pub fn convolved(&self, maps: usize) -> Self {
        let side = |side| convolved_side(side, KERNEL, 0, 1);
        Self::new(maps, side(self.height), side(self.width))
    }

    /// The output of a 2×2 sub-sampling or pooling; an odd last row or column is left out.
    pub fn halved(&self) -> Self {
        Self::new(self.maps, self.height / 2, self.width / 2)
    }
}

/// How S2 and S4 halve their maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subsampling {
    /// The paper's: sum of four, times a trainable coefficient, plus a trainable bias, squashed.
    #[default]
    Trainable,
    /// Mean of four, nothing trainable, not squashed again.
    Average,
    /// Largest of four, nothing trainable, not squashed again.
    Max,
}

/// Which S2 maps each C3 map reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum C3Connections {
    /// The paper's Table I: 60 pairs.
    #[default]
    #[value(name = "table-1")]
    #[serde(rename = "table-1")]
    Table1,
    /// All 96 pairs.
    Full,
}

/// The output layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The paper's: distances to ten fixed codes.
    #[default]
    Rbf,
    /// The slide deck's: a dense layer of ten units and a softmax.
    Softmax,
}

/// Everything in the network that can be chosen; the default is the paper's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// How S2 and S4 halve their maps.
    pub subsampling: Subsampling,
    /// Which S2 maps each C3 map reads.
    pub c3: C3Connections,
    /// The output layer.
    pub head: Head,
}

/// What a layer does with its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// 5×5 convolution, stride 1, no padding, one bias a map.
    Convolution(ConnectionTable),
    /// Sum of 2×2, times a coefficient a map, plus a bias a map.
    Subsampling,
    /// Mean of 2×2.
    AveragePooling,
    /// Largest of 2×2.
    MaxPooling,
    /// Fully connected with one bias a unit.
    Dense,
    /// Squared Euclidean distances to the fixed codes (eq. 7).
    Rbf,
    /// −log of the softmax of the input: a penalty, like a distance.
    Softmax,
}

/// One row of the layer table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The paper's name: C1, S2, C3, S4, C5, F6, or `output`.
    pub name: &'static str,
    /// What it computes.
    pub operation: Operation,
    /// Size of what it reads.
    pub input: MapShape,
    /// Size of what it writes.
    pub output: MapShape,
    /// Whether its output goes through the squashing function.
    pub squashed: bool,
}

impl Layer {
    /// Trainable parameters.
    pub fn parameters(&self) -> usize {
        let (weights, biases) = self.trainable();
        weights + biases
    }

    /// Numbers of trainable weights and biases.
    pub fn trainable(&self) -> (usize, usize) {
        match &self.operation {
            Operation::Convolution(table) => {
                (table.pairs().count() * KERNEL * KERNEL, self.output.maps)
            }
            Operation::Subsampling => (self.output.maps, self.output.maps),
            Operation::Dense => (
                self.input.units() * self.output.units(),
                self.output.units(),
            ),
            Operation::AveragePooling
            | Operation::MaxPooling
            | Operation::Rbf
            | Operation::Softmax => (0, 0),
        }
    }

    /// Connections as the paper counts them: for every output unit its inputs and its bias.
    pub fn connections(&self) -> usize {
        match &self.operation {
            Operation::Convolution(_) => self.parameters() * self.output.area(),
            Operation::Subsampling => self.output.units() * (4 + 1),
            Operation::AveragePooling | Operation::MaxPooling => self.output.units() * 4,
            Operation::Dense => self.parameters(),
            Operation::Rbf => self.input.units() * self.output.units(),
            Operation::Softmax => 0,
        }
    }

    /// Multiply-adds of one forward pass of one sample.
    pub fn multiply_adds(&self) -> usize {
        let (weights, _) = self.trainable();
        match &self.operation {
            Operation::Convolution(_) => weights * self.output.area(),
            Operation::Subsampling => self.output.units(),
            Operation::AveragePooling | Operation::MaxPooling | Operation::Softmax => 0,
            Operation::Dense => weights,
            Operation::Rbf => self.input.units() * self.output.units(),
        }
    }

    /// Whether the layer is a full connection of all its inputs to all its outputs: a dense layer,
    /// or a convolution whose kernels cover the whole input (C5). Both store weights alike.
    pub fn is_dense(&self) -> bool {
        match &self.operation {
            Operation::Dense => true,
            Operation::Convolution(table) => table.is_full() && self.output.area() == 1,
            _ => false,
        }
    }

    /// Inputs of the output units of map `map` (F_i of Appendix A), bias not counted.
    pub fn fan_in(&self, map: usize) -> usize {
        match &self.operation {
            Operation::Convolution(table) => table.fan_in(map) * KERNEL * KERNEL,
            Operation::Subsampling | Operation::AveragePooling | Operation::MaxPooling => 4,
            Operation::Dense | Operation::Rbf => self.input.units(),
            Operation::Softmax => self.input.units(),
        }
    }
}

/// A network: its layers in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The choices it was built from.
    pub choices: Choices,
    /// The layer table.
    pub layers: Vec<Layer>,
}

impl Network {
    /// LeNet-5 on a 32×32 field; `Choices::default()` is the network as published.
    pub fn lenet5(choices: Choices) -> Self {
        let mut layers = Vec::new();
        let mut shape = MapShape::new(1, 32, 32);
        let mut add = |name, operation, output, squashed| {
            layers.push(Layer {
                name,
                operation,
                input: shape,
                output,
                squashed,
            });
            shape = output;
            output
        };
        let (halving, halving_squashed) = match choices.subsampling {
            Subsampling::Trainable => (Operation::Subsampling, true),
            Subsampling::Average => (Operation::AveragePooling, false),
            Subsampling::Max => (Operation::MaxPooling, false),
        };
        let c3_table = match choices.c3 {
            C3Connections::Table1 => ConnectionTable::table_1(),
            C3Connections::Full => ConnectionTable::full(6, 16),
        };

        let input = MapShape::new(1, 32, 32);
        let c1_table = ConnectionTable::full(1, 6);
        let c1 = add(
            "C1",
            Operation::Convolution(c1_table),
            input.convolved(6),
            true,
        );
        let s2 = add("S2", halving.clone(), c1.halved(), halving_squashed);
        let c3 = add(
            "C3",
            Operation::Convolution(c3_table),
            s2.convolved(16),
            true,
        );
        let s4 = add("S4", halving, c3.halved(), halving_squashed);
        let c5_table = ConnectionTable::full(16, 120);
        add(
            "C5",
            Operation::Convolution(c5_table),
            s4.convolved(120),
            true,
        );
        add(
            "F6",
            Operation::Dense,
            MapShape::new(CODE_LENGTH, 1, 1),
            true,
        );
        let classes = MapShape::new(DIGITS, 1, 1);
        match choices.head {
            Head::Rbf => {
                add("output", Operation::Rbf, classes, false);
            }
            Head::Softmax => {
                add("output", Operation::Dense, classes, false);
                add("softmax", Operation::Softmax, classes, false);
            }
        }
        Self { choices, layers }
    }

    /// Size of the input field.
    pub fn input(&self) -> MapShape {
        self.layers[0].input
    }

    /// Trainable parameters of all layers.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(Layer::parameters).sum()
    }

    /// Connections of all layers, the output included.
    pub fn connections(&self) -> usize {
        self.layers.iter().map(Layer::connections).sum()
    }

    /// Multiply-adds of one forward pass of one sample.
    pub fn multiply_adds(&self) -> usize {
        self.layers.iter().map(Layer::multiply_adds).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_table_is_the_papers() {
        let network = Network::lenet5(Choices::default());
        let rows: Vec<_> = network
            .layers
            .iter()
            .map(|l| {
                (
                    l.name,
                    l.output.maps,
                    l.output.height,
                    l.parameters(),
                    l.connections(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("C1", 6, 28, 156, 122_304),
                ("S2", 6, 14, 12, 5_880),
                ("C3", 16, 10, 1_516, 151_600),
                ("S4", 16, 5, 32, 2_000),
                ("C5", 120, 1, 48_120, 48_120),
                ("F6", 84, 1, 10_164, 10_164),
                ("output", 10, 1, 0, 840),
            ]
        );
        assert_eq!(network.parameters(), 60_000);
        assert_eq!(network.connections(), 340_908);
    }

    #[test]
    fn padding_keeps_the_size_as_in_the_decks_appendix_1() {
        assert_eq!(convolved_side(7, 3, 1, 1), 7);
        assert_eq!(convolved_side(7, 3, 0, 1), 5);
        // 28×28 with "same" padding 2 is the 32×32 field without padding.
        assert_eq!(convolved_side(28, 5, 2, 1), 28);
        assert_eq!(convolved_side(32, 5, 0, 1), 28);
    }

    #[test]
    fn choices_change_the_counts() {
        let full = Network::lenet5(Choices {
            c3: C3Connections::Full,
            ..Choices::default()
        });
        assert_eq!(full.parameters(), 60_000 + 36 * 25);
        let deck = Network::lenet5(Choices {
            subsampling: Subsampling::Average,
            head: Head::Softmax,
            ..Choices::default()
        });
        assert_eq!(deck.parameters(), 60_000 - 44 + 850);
    }
}
