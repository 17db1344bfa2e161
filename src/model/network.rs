//! The layer table (section II.B, Figure 2) and the choices a user has in it.

use serde::{Deserialize, Serialize};

use super::{CODE_LENGTH, ConnectionTable, DIGITS, InvalidValue, Layer, MapShape, Operation};

/// The network of which the other choices are variants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// LeNet-5: 60,000 parameters on a 32×32 field.
    #[default]
    #[cfg_attr(feature = "cli", value(name = "lenet-5"))]
    #[serde(rename = "lenet-5")]
    Lenet5,
    /// LeNet-1, its forerunner: 2,578 parameters on a 28×28 field.
    #[cfg_attr(feature = "cli", value(name = "lenet-1"))]
    #[serde(rename = "lenet-1")]
    Lenet1,
}

impl Architecture {
    /// Its name, as the paper writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lenet5 => "LeNet-5",
            Self::Lenet1 => "LeNet-1",
        }
    }
}

/// How S2 and S4 halve their maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum C3Connections {
    /// The published part of all pairs: in LeNet-5 the paper's Table I, 60 pairs; in LeNet-1 20.
    #[default]
    #[cfg_attr(feature = "cli", value(name = "table-1"))]
    #[serde(rename = "table-1")]
    Table1,
    /// All pairs: 96, or 48.
    Full,
}

/// The output layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The paper's: distances to ten fixed codes.
    #[default]
    Rbf,
    /// A dense layer of ten units and a softmax, as lecture slides often show it.
    Softmax,
}

/// Everything in the network that can be chosen; the default is the paper's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// The network.
    #[serde(default)]
    pub architecture: Architecture,
    /// How S2 and S4 halve their maps.
    pub subsampling: Subsampling,
    /// Which S2 maps each C3 map reads.
    pub c3: C3Connections,
    /// The output layer.
    pub head: Head,
}

impl Choices {
    /// LeNet-1 as published, but with a softmax over its ten outputs.
    pub const fn lenet1() -> Self {
        Self {
            architecture: Architecture::Lenet1,
            subsampling: Subsampling::Trainable,
            c3: C3Connections::Table1,
            head: Head::Softmax,
        }
    }

    /// Checks that there is such a network.
    ///
    /// # Errors
    /// The choice that does not fit the others.
    pub fn check(&self) -> Result<(), InvalidValue> {
        match (self.architecture, self.head) {
            (Architecture::Lenet1, Head::Rbf) => Err(InvalidValue::new(
                "choices.head",
                "rbf",
                "softmax: the ten outputs of LeNet-1 have no codes",
            )),
            _ => Ok(()),
        }
    }
}

/// A network: its layers in order. Kernels read and write without checks what its shapes say, so no
/// others than those of choices that fit together can be in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    choices: Choices,
    layers: Vec<Layer>,
}

/// A layer table under construction, from the input on.
struct Table {
    layers: Vec<Layer>,
    shape: MapShape,
}

impl Table {
    fn of_input(side: usize) -> Self {
        Self {
            layers: Vec::new(),
            shape: MapShape::new(1, side, side),
        }
    }

    fn add(&mut self, name: &'static str, operation: Operation, output: MapShape, squashed: bool) {
        self.layers.push(Layer {
            name,
            operation,
            input: self.shape,
            output,
            squashed,
        });
        self.shape = output;
    }

    fn convolution(&mut self, name: &'static str, table: ConnectionTable) {
        let output = self.shape.convolved(table.outputs());
        self.add(name, Operation::Convolution(table), output, true);
    }

    fn halving(&mut self, name: &'static str, subsampling: Subsampling) {
        let (operation, squashed) = match subsampling {
            Subsampling::Trainable => (Operation::Subsampling, true),
            Subsampling::Average => (Operation::AveragePooling, false),
            Subsampling::Max => (Operation::MaxPooling, false),
        };
        self.add(name, operation, self.shape.halved(), squashed);
    }

    fn dense(&mut self, name: &'static str, units: usize, squashed: bool) {
        let output = MapShape::new(units, 1, 1);
        self.add(name, Operation::Dense, output, squashed);
    }

    fn head(&mut self, head: Head) {
        let classes = MapShape::new(DIGITS, 1, 1);
        match head {
            Head::Rbf => self.add("output", Operation::Rbf, classes, false),
            Head::Softmax => {
                self.dense("output", DIGITS, false);
                self.add("softmax", Operation::Softmax, classes, false);
            }
        }
    }
}

impl Network {
    /// The network of `choices`.
    ///
    /// # Panics
    /// If they do not fit together; see [`Choices::check`].
    pub fn of(choices: Choices) -> Self {
        if let Err(unfit) = choices.check() {
            panic!("{unfit}");
        }
        match choices.architecture {
            Architecture::Lenet5 => Self::lenet5(choices),
            Architecture::Lenet1 => Self::lenet1(choices),
        }
    }

    /// Layers of the network of `choices`, perhaps over another field.
    #[cfg(feature = "strings")]
    pub(super) fn of_layers(choices: Choices, layers: Vec<Layer>) -> Self {
        Self { choices, layers }
    }

    /// The choices it was built from.
    pub fn choices(&self) -> Choices {
        self.choices
    }

    /// The layer table.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// LeNet-5 on a 32×32 field; `Choices::default()` is the network as published.
    pub fn lenet5(choices: Choices) -> Self {
        let c3 = match choices.c3 {
            C3Connections::Table1 => ConnectionTable::table_1(),
            C3Connections::Full => ConnectionTable::full(6, 16),
        };
        let mut table = Table::of_input(32);
        table.convolution("C1", ConnectionTable::full(1, 6));
        table.halving("S2", choices.subsampling);
        table.convolution("C3", c3);
        table.halving("S4", choices.subsampling);
        table.convolution("C5", ConnectionTable::full(16, 120));
        table.dense("F6", CODE_LENGTH, true);
        table.head(choices.head);
        Self {
            choices,
            layers: table.layers,
        }
    }

    /// LeNet-1 on a 28×28 field, the picture itself; `Choices::lenet1()` has the published 2,578
    /// parameters.
    fn lenet1(choices: Choices) -> Self {
        let c3 = match choices.c3 {
            C3Connections::Table1 => ConnectionTable::lenet1(),
            C3Connections::Full => ConnectionTable::full(4, 12),
        };
        let mut table = Table::of_input(28);
        table.convolution("C1", ConnectionTable::full(1, 4));
        table.halving("S2", choices.subsampling);
        table.convolution("C3", c3);
        table.halving("S4", choices.subsampling);
        table.head(choices.head);
        Self {
            choices,
            layers: table.layers,
        }
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
    fn lenet1_has_its_published_parameters() {
        let network = Network::of(Choices::lenet1());
        let rows: Vec<_> = network
            .layers
            .iter()
            .map(|l| (l.name, l.output.maps, l.output.height, l.parameters()))
            .collect();
        assert_eq!(
            rows,
            [
                ("C1", 4, 24, 104),
                ("S2", 4, 12, 8),
                ("C3", 12, 8, 512),
                ("S4", 12, 4, 24),
                ("output", 10, 1, 1_930),
                ("softmax", 10, 1, 0),
            ]
        );
        assert_eq!(network.parameters(), 2_578);
        // "About 100,000" in the paper.
        assert_eq!(network.multiply_adds(), 57_600 + 576 + 32_000 + 192 + 1_920);
        assert_eq!(network.input(), MapShape::new(1, 28, 28));
    }

    #[test]
    fn lenet1_has_no_codes() {
        assert!(Choices::lenet1().check().is_ok());
        let coded = Choices {
            head: Head::Rbf,
            ..Choices::lenet1()
        };
        assert_eq!(coded.check().unwrap_err().field, "choices.head");
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
