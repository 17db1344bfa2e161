//! One picture on its way through a trained network, and what each unit makes of what it sees.

use std::ops::Range;

use super::{Activations, ReferenceNetwork, batch, metrics};
use crate::model::{
    ConnectionTable, Head, KERNEL, Layer, MapShape, Model, Network, Operation, Parameters,
};

/// The values of all layers for one picture.
pub struct Walk {
    network: Network,
    activations: Activations<f32>,
}

/// What a unit sums up: Σ weight · input + bias.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitSum {
    /// What is added up, each an input of the layer and its weight.
    pub terms: Vec<Term>,
    /// The bias; 0 where there is none.
    pub bias: f32,
}

/// One term of a [`UnitSum`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// The place [c,y,x] of the input among those of the layer.
    pub input: usize,
    /// The weight. In a sub-sampling layer all terms of a map have the same, its coefficient.
    pub weight: f32,
}

/// The pixels of the input field that a unit depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceptiveField {
    /// Rows.
    pub rows: Range<usize>,
    /// Columns.
    pub columns: Range<usize>,
}

impl Walk {
    /// Sends the 784 bytes of `image` through `model`.
    pub fn through(model: &Model, image: &[u8]) -> Self {
        let network = model.network.clone();
        let mut activations = Activations::new(&network);
        batch::assemble(image, activations.input_mut());
        ReferenceNetwork::new(&network).forward(&model.arena, &mut activations);
        Self {
            network,
            activations,
        }
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The input field [y,x].
    pub fn field(&self) -> &[f32] {
        self.activations.input()
    }

    /// The output [c,y,x] of the layer at place `layer` of the network's table.
    pub fn output(&self, layer: usize) -> &[f32] {
        self.activations.output(layer)
    }

    /// The outputs of all layers, in their order.
    pub fn outputs(&self) -> impl Iterator<Item = &[f32]> {
        (0..self.network.layers().len()).map(|layer| self.output(layer))
    }

    /// The penalties of the ten classes: distances to the codes, or −log p.
    pub fn penalties(&self) -> &[f32] {
        self.activations.penalties()
    }

    /// The digit of the smallest penalty.
    pub fn answer(&self) -> usize {
        metrics::answer(self.penalties())
    }

    /// The 7×12 values of F6, row by row, that the RBF units compare with their codes; none with
    /// another head.
    pub fn glyph(&self) -> Option<&[f32]> {
        match self.network.choices().head {
            Head::Rbf => Some(self.activations.input_of(self.network.layers().len() - 1)),
            Head::Softmax => None,
        }
    }

    /// What unit `unit` [c,y,x] of layer `layer` sums up in `model`, the one that the picture went
    /// through. `None` for the last layer: a penalty is no weighted sum.
    ///
    /// # Panics
    /// If there is no such unit.
    pub fn sum_of(&self, model: &Model, layer: usize, unit: usize) -> Option<UnitSum> {
        let row = &self.network.layers()[layer];
        assert!(unit < row.output.units(), "unit {unit} of {}", row.name);
        let parameters = Parameters::of(&self.network);
        let (weights, biases) = match parameters.of_layer(layer) {
            Some((weights, biases)) => (&model.arena[weights.span()], &model.arena[biases.span()]),
            None => (&[][..], &[][..]),
        };
        let map = unit / row.output.area();
        let term = |(input, weight)| Term { input, weight };
        let quad = || quad_of(row, unit);
        let terms: Vec<Term> = match row.computed_as() {
            Operation::Convolution(table) => kernels_of(row, table, unit)
                .map(|(input, place)| term((input, weights[place])))
                .collect(),
            Operation::Subsampling => quad().map(|input| term((input, weights[map]))).collect(),
            Operation::AveragePooling => quad().map(|input| term((input, 0.25))).collect(),
            Operation::MaxPooling => {
                let values = self.activations.input_of(layer);
                // Of equal inputs the first, as max_pool::forward takes it.
                let first_largest = |a: usize, b: usize| if values[b] > values[a] { b } else { a };
                quad()
                    .reduce(first_largest)
                    .map(|input| term((input, 1.0)))
                    .into_iter()
                    .collect()
            }
            Operation::Dense => {
                let inputs = row.input.units();
                let of_unit = &weights[unit * inputs..][..inputs];
                of_unit.iter().copied().enumerate().map(term).collect()
            }
            Operation::Rbf | Operation::Softmax => return None,
        };
        Some(UnitSum {
            terms,
            bias: biases.get(map).copied().unwrap_or(0.0),
        })
    }

    /// The pixels that unit `unit` [c,y,x] of layer `layer` depends on.
    ///
    /// # Panics
    /// If there is no such unit.
    pub fn receptive_field(&self, layer: usize, unit: usize) -> ReceptiveField {
        let layers = &self.network.layers()[..=layer];
        let row = &layers[layer];
        assert!(unit < row.output.units(), "unit {unit} of {}", row.name);
        let (y, x) = place_in_map(row.output, unit);
        let mut field = ReceptiveField {
            rows: y..y + 1,
            columns: x..x + 1,
        };
        for layer in layers.iter().rev() {
            field = ReceptiveField {
                rows: seen(layer, field.rows, layer.input.height),
                columns: seen(layer, field.columns, layer.input.width),
            };
        }
        field
    }
}

/// The rows, or columns, of the `side` of a layer's input that its units in `span` are computed from.
fn seen(layer: &Layer, span: Range<usize>, side: usize) -> Range<usize> {
    match layer.computed_as() {
        Operation::Convolution(_) => span.start..span.end + KERNEL - 1,
        Operation::Subsampling | Operation::AveragePooling | Operation::MaxPooling => {
            2 * span.start..2 * span.end
        }
        Operation::Dense | Operation::Rbf | Operation::Softmax => 0..side,
    }
}

/// Row and column of `unit` in its map.
fn place_in_map(shape: MapShape, unit: usize) -> (usize, usize) {
    let in_map = unit % shape.area();
    (in_map / shape.width, in_map % shape.width)
}

/// The inputs of a unit of a convolution, and the places of their weights.
fn kernels_of(
    layer: &Layer,
    table: &ConnectionTable,
    unit: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let (y, x) = place_in_map(layer.output, unit);
    let input = layer.input;
    let pairs = table.pairs_into(unit / layer.output.area());
    pairs.flat_map(move |pair| {
        (0..KERNEL * KERNEL).map(move |place| {
            let (row, column) = (y + place / KERNEL, x + place % KERNEL);
            let of_input = (pair.input * input.height + row) * input.width + column;
            (of_input, pair.kernel * KERNEL * KERNEL + place)
        })
    })
}

/// The four inputs of a unit of a sub-sampling or pooling, row by row.
fn quad_of(layer: &Layer, unit: usize) -> impl Iterator<Item = usize> {
    let (y, x) = place_in_map(layer.output, unit);
    let (input, map) = (layer.input, unit / layer.output.area());
    (0..4).map(move |part| {
        let (row, column) = (2 * y + part / 2, 2 * x + part % 2);
        (map * input.height + row) * input.width + column
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IMAGE_PIXELS;
    use crate::model::{
        Choices, Coefficients, DIGITS, InitialParameters, Initialisation, Loss, LossKind,
        Subsampling, rbf_codes,
    };
    use crate::reference::rbf;

    fn model(choices: Choices) -> Model {
        let network = Network::of(choices);
        let start = InitialParameters {
            rule: Initialisation::SqrtFanIn,
            gain: 1.5,
            coefficients: Coefficients::Mean,
        };
        Model {
            arena: Parameters::of(&network).initialise(&network, &start, 0),
            loss: Loss {
                kind: LossKind::Map,
                scale: 0.05,
                rubbish: 3.0,
            },
            network,
            trained_on: None,
            string_fields: 0,
        }
    }

    fn picture() -> Vec<u8> {
        (0..IMAGE_PIXELS).map(|i| (i * 37 % 256) as u8).collect()
    }

    fn softmax() -> Choices {
        Choices {
            head: Head::Softmax,
            ..Choices::default()
        }
    }

    #[test]
    fn terms_and_bias_add_up_to_every_units_sum() {
        let pooling = |subsampling| Choices {
            subsampling,
            ..Choices::default()
        };
        for choices in [
            Choices::default(),
            Choices::lenet1(),
            softmax(),
            pooling(Subsampling::Average),
            pooling(Subsampling::Max),
        ] {
            let model = model(choices);
            let walk = Walk::through(&model, &picture());
            for (number, layer) in model.network.layers().iter().enumerate() {
                let input = walk.activations.input_of(number);
                for unit in 0..layer.output.units() {
                    let Some(sum) = walk.sum_of(&model, number, unit) else {
                        assert_eq!(number + 1, model.network.layers().len());
                        continue;
                    };
                    let terms = sum.terms.iter().map(|term| term.weight * input[term.input]);
                    let computed = terms.sum::<f32>() + sum.bias;
                    let expected = walk.activations.sums(number)[unit];
                    assert!(
                        (computed - expected).abs() < 1e-4,
                        "{} {unit}: {computed}, {expected}",
                        layer.name
                    );
                }
            }
        }
    }

    #[test]
    fn receptive_fields_grow_from_five_pixels_to_the_whole_field() {
        let model = model(Choices::default());
        let walk = Walk::through(&model, &picture());
        let side = |layer, unit| walk.receptive_field(layer, unit).rows.len();
        // C1 5, S2 6, C3 14, S4 16, then all.
        let sides: Vec<usize> = (0..model.network.layers().len())
            .map(|layer| side(layer, 0))
            .collect();
        assert_eq!(sides, [5, 6, 14, 16, 32, 32, 32]);
        // The last unit of C3 reaches the far corner.
        let last = walk.receptive_field(2, 16 * 100 - 1);
        assert_eq!((last.rows, last.columns), (18..32, 18..32));
    }

    #[test]
    fn what_a_unit_does_not_see_does_not_change_it() {
        let model = model(Choices::default());
        let (layer, unit) = (2, 3 * 100 + 4 * 10 + 7);
        let before = Walk::through(&model, &picture());
        let field = before.receptive_field(layer, unit);
        let mut changed = picture();
        // The field has a margin of two pixels around the picture.
        for (place, pixel) in changed.iter_mut().enumerate() {
            let (row, column) = (place / 28 + 2, place % 28 + 2);
            if !(field.rows.contains(&row) && field.columns.contains(&column)) {
                *pixel = 255 - *pixel;
            }
        }
        let after = Walk::through(&model, &changed);
        assert_eq!(before.output(layer)[unit], after.output(layer)[unit]);
        assert_ne!(before.output(layer), after.output(layer));
    }

    #[test]
    fn penalties_are_the_distances_of_the_glyph_to_the_codes() {
        let walk = Walk::through(&model(Choices::default()), &picture());
        let mut distances = [0.0; DIGITS];
        rbf::forward(walk.glyph().unwrap(), &rbf_codes(), &mut distances);
        assert_eq!(walk.penalties(), distances);
    }

    #[test]
    fn the_softmax_head_draws_no_glyph() {
        let walk = Walk::through(&model(softmax()), &picture());
        assert!(walk.glyph().is_none());
        assert_eq!(walk.penalties().len(), DIGITS);
    }
}
