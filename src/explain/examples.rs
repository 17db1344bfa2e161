//! Small examples of the three ideas behind a convolutional network: local receptive fields, shared
//! weights, sub-sampling.

use serde::Serialize;

use super::Formula;
use crate::model::MapShape;
use crate::reference::{average_pool, max_pool, squash, subsample};

/// Parameters of one hidden unit that sees a whole picture, and of one that sees a field of it.
#[derive(Clone, Debug, Serialize)]
pub struct LocalFields {
    /// Side of the picture.
    pub picture: usize,
    /// Side of the field.
    pub field: usize,
    /// A weight for every pixel, and a bias.
    pub whole: Formula,
    /// A weight for every pixel of the field, and a bias.
    pub local: Formula,
}

impl LocalFields {
    /// Those of a picture of side `picture` and a field of side `field`.
    pub fn of(picture: usize, field: usize) -> Self {
        let unit = |side: usize| Formula::new(format!("{side}*{side} + 1"), side * side + 1);
        Self {
            picture,
            field,
            whole: unit(picture),
            local: unit(field),
        }
    }
}

impl Default for LocalFields {
    /// A field of 3×3 in a picture of a million pixels.
    fn default() -> Self {
        Self::of(1000, 3)
    }
}

/// Parameters of a few units with fields of the same size: each with its own weights, or all with the same.
#[derive(Clone, Debug, Serialize)]
pub struct SharedWeights {
    /// Units.
    pub units: usize,
    /// Inputs of each.
    pub inputs: usize,
    /// Each unit has its own weights and its own bias.
    pub own: Formula,
    /// All units have the same weights, each has its own bias.
    pub shared_weights: Formula,
    /// All units have the same weights and the same bias, as in a map of the paper's.
    pub shared_bias: Formula,
}

impl SharedWeights {
    /// Those of `units` units of `inputs` inputs each.
    pub fn of(units: usize, inputs: usize) -> Self {
        Self {
            units,
            inputs,
            own: Formula::new(format!("{inputs}*{units} + {units}"), (inputs + 1) * units),
            shared_weights: Formula::new(format!("{inputs}*1 + {units}"), inputs + units),
            shared_bias: Formula::new(format!("{inputs}*1 + 1"), inputs + 1),
        }
    }
}

impl Default for SharedWeights {
    /// Three units of three inputs each.
    fn default() -> Self {
        Self::of(3, 3)
    }
}

/// The side of the map in the example.
const SIDE: usize = 4;

/// A map of 4×4 and what each kind of sub-sampling makes of it, by the functions of the reference.
#[derive(Clone, Debug, Serialize)]
pub struct Halving {
    /// The map, row by row.
    pub map: [[f64; SIDE]; SIDE],
    /// The coefficient of trainable sub-sampling, which multiplies the sum of a field.
    pub coefficient: f64,
    /// Its bias.
    pub bias: f64,
    /// The largest of each field.
    pub max: Halved,
    /// The mean of each field.
    pub average: Halved,
    /// The coefficient times the sum of each field, plus the bias.
    pub trainable: Halved,
    /// The same, squashed, as it leaves the layer.
    pub squashed: Halved,
    /// Trainable sub-sampling with a coefficient of ¼ and a bias of 0, before squashing.
    pub quarter_of_sum: Halved,
}

/// A map of half the sides.
pub type Halved = [[f64; SIDE / 2]; SIDE / 2];

impl Halving {
    /// The deck's map, with `coefficient` and `bias` for trainable sub-sampling.
    pub fn of(coefficient: f64, bias: f64) -> Self {
        let map = [
            [1.0, 2.0, 2.0, 0.0],
            [1.0, 2.0, 3.0, 2.0],
            [3.0, 1.0, 3.0, 2.0],
            [0.0, 2.0, 0.0, 2.0],
        ];
        let (shape, input) = (MapShape::new(1, SIDE, SIDE), map.as_flattened());
        let trainable = |coefficient: f64, bias: f64| {
            halved(|output| subsample::forward(shape, input, &[coefficient], &[bias], output))
        };
        let sums = trainable(coefficient, bias);
        Self {
            map,
            coefficient,
            bias,
            max: halved(|output| max_pool::forward(shape, input, output)),
            average: halved(|output| average_pool::forward(shape, input, output)),
            trainable: sums,
            squashed: halved(|output| squash::forward(sums.as_flattened(), output)),
            quarter_of_sum: trainable(0.25, 0.0),
        }
    }

    /// Whether average pooling is trainable sub-sampling with a coefficient of ¼ and a bias of 0, but for
    /// the squashing.
    pub fn average_is_a_quarter_of_the_sum(&self) -> bool {
        self.average == self.quarter_of_sum
    }
}

/// The map that `compute` writes.
fn halved(compute: impl FnOnce(&mut [f64])) -> Halved {
    let mut map = Halved::default();
    compute(map.as_flattened_mut());
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decks_counts_come_out() {
        let fields = LocalFields::default();
        assert_eq!((fields.whole.value, fields.local.value), (1_000_001, 10));
        let weights = SharedWeights::default();
        assert_eq!((weights.own.value, weights.shared_weights.value), (12, 6));
    }

    #[test]
    fn the_decks_map_is_halved_as_in_the_deck() {
        let halving = Halving::of(0.5, -1.0);
        assert_eq!(halving.max, [[2.0, 3.0], [3.0, 3.0]]);
        assert_eq!(halving.average, [[1.5, 1.75], [1.5, 1.75]]);
        assert_eq!(halving.trainable, [[2.0, 2.5], [2.0, 2.5]]);
        assert!(halving.average_is_a_quarter_of_the_sum());
    }
}
