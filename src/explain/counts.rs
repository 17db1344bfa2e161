//! A row of the layer table with the arithmetic behind its numbers, and what the layer would take without
//! shared weights, or without local fields as well.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Formula, Sliding};
use crate::data::{BACKGROUND, IMAGE_SIDE};
use crate::model::{KERNEL, Layer, Network, Operation};

/// Side of the fields of a sub-sampling or pooling, which do not overlap.
const HALVED_FIELD: usize = 2;

/// The counts of a layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerCounts {
    /// The layer's name.
    pub layer: &'static str,
    /// Its operation in words.
    pub what: String,
    /// Side of its maps; none where it has units and no maps.
    pub side: Option<Formula>,
    /// Trainable parameters.
    pub parameters: Formula,
    /// Connections, as the paper counts them: for every unit its inputs and its bias.
    pub connections: Formula,
    /// Parameters of a locally connected layer of the same fields, in which every unit has its own; none
    /// where no units share any.
    pub unshared: Option<Formula>,
    /// Parameters of a full connection from the same input to the same output; none where the layer is
    /// one, or connects nothing.
    pub fully_connected: Option<Formula>,
}

impl LayerCounts {
    /// Those of `layer`.
    pub fn of(layer: &Layer) -> Self {
        let area = layer.output.area();
        let parameters = parameters(layer);
        Self {
            layer: layer.name,
            what: layer.description(),
            side: sliding(layer).map(|sliding| sliding.side()),
            connections: connections(layer, &parameters),
            unshared: (area > 1 && parameters.value > 0).then(|| {
                let expression = format!("{}*{}", parameters.value, sides(layer));
                Formula::new(expression, parameters.value * area)
            }),
            fully_connected: sliding(layer)
                .filter(|_| !layer.is_dense())
                .map(|_| fully_connected(layer)),
            parameters,
        }
    }

    /// Those of all layers of `network`.
    pub fn of_all(network: &Network) -> Vec<Self> {
        network.layers().iter().map(Self::of).collect()
    }
}

/// How the fields of `layer` slide over its input; none where every unit reads all of it.
fn sliding(layer: &Layer) -> Option<Sliding> {
    let (kernel, stride) = match layer.operation {
        Operation::Convolution(_) => (KERNEL, 1),
        Operation::Subsampling | Operation::AveragePooling | Operation::MaxPooling => {
            (HALVED_FIELD, HALVED_FIELD)
        }
        Operation::Dense | Operation::Rbf | Operation::Softmax => return None,
    };
    Some(Sliding {
        input: layer.input.height,
        kernel,
        padding: 0,
        stride,
    })
}

fn parameters(layer: &Layer) -> Formula {
    let (inputs, maps) = (layer.input.units(), layer.output.maps);
    let expression = match &layer.operation {
        Operation::Convolution(_) => {
            let terms = maps_by_sources(layer).into_iter();
            let terms =
                terms.map(|(sources, maps)| format!("({KERNEL}*{KERNEL}*{sources} + 1)*{maps}"));
            terms.collect::<Vec<_>>().join(" + ")
        }
        Operation::Subsampling => format!("(1 + 1)*{maps}"),
        Operation::Dense => format!("({inputs} + 1)*{maps}"),
        Operation::AveragePooling | Operation::MaxPooling | Operation::Rbf | Operation::Softmax => {
            "0".to_owned()
        }
    };
    Formula::new(expression, layer.parameters())
}

fn connections(layer: &Layer, parameters: &Formula) -> Formula {
    let (sides, maps) = (sides(layer), layer.output.maps);
    let expression = match &layer.operation {
        Operation::Convolution(_) => format!("{}*{sides}", parameters.value),
        Operation::Subsampling => {
            format!("({HALVED_FIELD}*{HALVED_FIELD} + 1)*{maps}*{sides}")
        }
        Operation::AveragePooling | Operation::MaxPooling => {
            format!("{HALVED_FIELD}*{HALVED_FIELD}*{maps}*{sides}")
        }
        Operation::Dense => parameters.expression.clone(),
        Operation::Rbf => format!("{}*{maps}", layer.input.units()),
        Operation::Softmax => "0".to_owned(),
    };
    Formula::new(expression, layer.connections())
}

fn fully_connected(layer: &Layer) -> Formula {
    let (input, output) = (layer.input, layer.output);
    let expression = format!(
        "({}*{}*{} + 1)*{}*{}",
        input.maps,
        input.height,
        input.width,
        output.maps,
        sides(layer)
    );
    Formula::new(expression, (input.units() + 1) * output.units())
}

/// The sides of the output maps, as factors.
fn sides(layer: &Layer) -> String {
    format!("{}*{}", layer.output.height, layer.output.width)
}

/// By the number of input maps that they read, how many output maps of a convolution read so many.
fn maps_by_sources(layer: &Layer) -> BTreeMap<usize, usize> {
    let mut maps = BTreeMap::new();
    for map in 0..layer.output.maps {
        *maps
            .entry(layer.fan_in(map) / (KERNEL * KERNEL))
            .or_default() += 1;
    }
    maps
}

/// How a picture fills the field that a network reads.
#[derive(Clone, Debug, Serialize)]
pub struct PicturePadding {
    /// Side of the picture.
    pub picture: usize,
    /// Side of the field.
    pub field: usize,
    /// Units around the picture, on each side.
    pub padding: usize,
    /// What they hold: the background, which is paper.
    pub value: f32,
    /// The first layer.
    pub layer: &'static str,
    /// Side of its maps, from the field.
    pub from_field: Formula,
    /// The same from the picture with its padding.
    pub from_picture: Formula,
}

impl PicturePadding {
    /// That of `network`.
    pub fn of(network: &Network) -> Self {
        let first = &network.layers()[0];
        let field = network.input().height;
        let padding = (field - IMAGE_SIDE) / 2;
        let side = |input, padding| {
            let sliding = Sliding {
                input,
                kernel: KERNEL,
                padding,
                stride: 1,
            };
            sliding.side()
        };
        Self {
            picture: IMAGE_SIDE,
            field,
            padding,
            value: BACKGROUND,
            layer: first.name,
            from_field: side(field, 0),
            from_picture: side(IMAGE_SIDE, padding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Choices;

    fn counts(choices: Choices, layer: &str) -> LayerCounts {
        let all = LayerCounts::of_all(&Network::of(choices));
        all.into_iter()
            .find(|counts| counts.layer == layer)
            .unwrap()
    }

    #[test]
    fn the_formulas_of_lenet5_are_those_of_the_paper() {
        let paper = Choices::default();
        let c1 = counts(paper, "C1");
        assert_eq!(c1.parameters.expression, "(5*5*1 + 1)*6");
        assert_eq!(c1.connections.expression, "156*28*28");
        assert_eq!(c1.unshared.unwrap().value, 122_304);
        assert_eq!(c1.fully_connected.unwrap().value, 1025 * 4704);
        let c3 = counts(paper, "C3");
        assert_eq!(
            c3.parameters.expression,
            "(5*5*3 + 1)*6 + (5*5*4 + 1)*9 + (5*5*6 + 1)*1"
        );
        assert_eq!(c3.connections.expression, "1516*10*10");
        assert_eq!(counts(paper, "C5").unshared, None);
        assert_eq!(counts(paper, "F6").fully_connected, None);
    }

    #[test]
    fn the_sides_are_those_of_the_layer_table() {
        for choices in [Choices::default(), Choices::lenet1()] {
            for layer in Network::of(choices).layers() {
                if let Some(side) = LayerCounts::of(layer).side {
                    assert_eq!(side.value, layer.output.height, "{}", layer.name);
                }
            }
        }
    }

    #[test]
    fn the_field_of_lenet5_is_the_padded_picture() {
        let padding = PicturePadding::of(&Network::of(Choices::default()));
        assert_eq!((padding.padding, padding.from_field.value), (2, 28));
        assert_eq!(padding.from_picture.value, padding.picture);
        let none = PicturePadding::of(&Network::of(Choices::lenet1()));
        assert_eq!((none.padding, none.from_field.value), (0, 24));
    }
}
