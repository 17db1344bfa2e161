//! One row of the layer table, and everything that follows from its operation.

use super::{ConnectionTable, KERNEL, MapShape};

/// What a layer does with its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// 5×5 convolution, stride 1, no padding, one bias per map.
    Convolution(ConnectionTable),
    /// Sum of 2×2, times a coefficient per map, plus a bias per map.
    Subsampling,
    /// Mean of 2×2.
    AveragePooling,
    /// Largest of 2×2.
    MaxPooling,
    /// Fully connected with one bias per unit.
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
    /// Size of its input.
    pub input: MapShape,
    /// Size of its output.
    pub output: MapShape,
    /// Whether its output goes through the squashing function.
    pub squashed: bool,
}

/// What an operation is, besides how it is computed: all that the model knows of it.
pub(super) struct Facts {
    /// In words.
    description: String,
    /// Inputs that a unit of each output map is connected to, bias not counted.
    pub fan_in: Vec<usize>,
    /// Its trainable parameters, if it has any.
    pub trainable: Option<Trainable>,
    /// Multiply-adds of one forward pass of one sample.
    multiply_adds: usize,
}

/// The trainable parameters of a layer: weights, ordered by the output map they belong to, and one
/// bias per output map.
pub(super) struct Trainable {
    /// What the weights multiply.
    pub kind: WeightKind,
    /// Dimensions of the weights, outermost first.
    pub shape: Vec<usize>,
}

/// What the weights of a layer multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WeightKind {
    /// Each input of a unit has a weight of its own.
    PerInput,
    /// The sum of a unit's inputs has one weight.
    OfSum,
}

impl WeightKind {
    /// The name of its parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::PerInput => "weight",
            Self::OfSum => "coefficient",
        }
    }

    /// Weights of an output map whose units have `fan_in` inputs.
    pub fn per_map(self, fan_in: usize) -> usize {
        match self {
            Self::PerInput => fan_in,
            Self::OfSum => 1,
        }
    }
}

impl Layer {
    /// The facts of its operation. Whatever else the model says of a layer is derived from them.
    pub(super) fn facts(&self) -> Facts {
        let (inputs, units) = (self.input.units(), self.output.units());
        let maps = self.output.maps;
        let trainable = |kind, shape| Some(Trainable { kind, shape });
        match &self.operation {
            Operation::Convolution(table) => {
                let kernels = table.pairs().count();
                let fan_in = |map| table.fan_in(map) * KERNEL * KERNEL;
                Facts {
                    description: match table.is_full() {
                        true => "convolution 5x5".to_owned(),
                        false => {
                            let pairs = table.inputs() * table.outputs();
                            format!("convolution 5x5, {kernels} of {pairs} pairs")
                        }
                    },
                    fan_in: (0..maps).map(fan_in).collect(),
                    trainable: trainable(WeightKind::PerInput, vec![kernels, KERNEL, KERNEL]),
                    multiply_adds: kernels * KERNEL * KERNEL * self.output.area(),
                }
            }
            Operation::Subsampling => Facts {
                description: "sub-sampling 2x2, trainable".to_owned(),
                fan_in: vec![4; maps],
                trainable: trainable(WeightKind::OfSum, vec![maps]),
                multiply_adds: units,
            },
            Operation::AveragePooling => Facts {
                description: "average pooling 2x2".to_owned(),
                fan_in: vec![4; maps],
                trainable: None,
                multiply_adds: 0,
            },
            Operation::MaxPooling => Facts {
                description: "max pooling 2x2".to_owned(),
                fan_in: vec![4; maps],
                trainable: None,
                multiply_adds: 0,
            },
            Operation::Dense => Facts {
                description: "full connection".to_owned(),
                fan_in: vec![inputs; maps],
                trainable: trainable(WeightKind::PerInput, vec![units, inputs]),
                multiply_adds: inputs * units,
            },
            Operation::Rbf => Facts {
                description: "distances to fixed codes".to_owned(),
                fan_in: vec![inputs; maps],
                trainable: None,
                multiply_adds: inputs * units,
            },
            // Normalises scores that are already there, and connects nothing.
            Operation::Softmax => Facts {
                description: "-log softmax".to_owned(),
                fan_in: vec![0; maps],
                trainable: None,
                multiply_adds: 0,
            },
        }
    }

    /// The operation as it is computed: a convolution whose kernels cover its whole input (C5) is a
    /// full connection, whose weights are stored in the same order.
    pub fn computed_as(&self) -> &Operation {
        match &self.operation {
            Operation::Convolution(table) if table.is_full() && self.output.area() == 1 => {
                &Operation::Dense
            }
            operation => operation,
        }
    }

    /// Whether the layer is computed as a full connection of all its inputs to all its outputs.
    pub fn is_dense(&self) -> bool {
        *self.computed_as() == Operation::Dense
    }

    /// The operation in words, and whether squashing follows.
    pub fn description(&self) -> String {
        let description = self.facts().description;
        match self.squashed {
            true => description + ", squashed",
            false => description,
        }
    }

    /// Trainable parameters.
    pub fn parameters(&self) -> usize {
        let (weights, biases) = self.trainable();
        weights + biases
    }

    /// Numbers of trainable weights and biases.
    pub fn trainable(&self) -> (usize, usize) {
        match self.facts().trainable {
            Some(trainable) => (trainable.shape.iter().product(), self.output.maps),
            None => (0, 0),
        }
    }

    /// Connections as the paper counts them: for every output unit its inputs and its bias.
    pub fn connections(&self) -> usize {
        let facts = self.facts();
        let bias = usize::from(facts.trainable.is_some());
        let of_unit = facts.fan_in.iter().map(|inputs| inputs + bias);
        of_unit.sum::<usize>() * self.output.area()
    }

    /// Multiply-adds of one forward pass of one sample.
    pub fn multiply_adds(&self) -> usize {
        self.facts().multiply_adds
    }

    /// Inputs of a unit of output map `map` (F_i of Appendix A), bias not counted.
    pub fn fan_in(&self, map: usize) -> usize {
        self.facts().fan_in[map]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choices, Network};

    #[test]
    fn only_the_convolution_that_covers_its_input_is_computed_as_a_full_connection() {
        for layer in Network::of(Choices::default()).layers() {
            match layer.name {
                "C5" => assert_eq!(*layer.computed_as(), Operation::Dense),
                _ => assert_eq!(*layer.computed_as(), layer.operation),
            }
        }
    }

    #[test]
    fn fan_ins_follow_the_connection_table() {
        let network = Network::of(Choices::default());
        let (c3, s4) = (&network.layers()[2], &network.layers()[3]);
        assert_eq!((c3.fan_in(0), c3.fan_in(15)), (3 * 25, 6 * 25));
        assert_eq!(s4.fan_in(0), 4);
    }
}
