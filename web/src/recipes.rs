//! The recipes, and the networks that they train, as the page shows them.

use lenet_gpu::model::{
    CODE_HEIGHT, CODE_WIDTH, Head, Model, Network, Operation, Parameters, rbf_codes,
};
use lenet_gpu::train::Preset;
use serde::Serialize;

/// A recipe in numbers.
#[derive(Serialize)]
pub struct RecipeInfo {
    name: &'static str,
    passes: usize,
}

impl RecipeInfo {
    /// All recipes that train a network alone, on the digits as they are.
    pub fn all() -> Vec<Self> {
        let info = |preset: Preset| {
            let recipe = preset.recipe();
            Self {
                name: preset.name(),
                passes: recipe.passes,
            }
        };
        let alone = |preset: &Preset| preset.recipe_alone().is_ok();
        Preset::ALL.into_iter().filter(alone).map(info).collect()
    }
}

/// A network: its layers, and what the page has to know to draw them.
#[derive(Serialize)]
pub struct NetworkInfo {
    /// Whether it was trained to read lines of digits.
    reads_lines: bool,
    /// Whether F6 is compared with codes.
    has_codes: bool,
    /// Rows and columns of a code.
    code_shape: [usize; 2],
    /// The codes [class][unit].
    codes: Vec<f32>,
    input: [usize; 2],
    layers: Vec<LayerInfo>,
}

#[derive(Serialize)]
struct LayerInfo {
    name: &'static str,
    description: String,
    /// Maps, rows, columns.
    shape: [usize; 3],
    parameters: usize,
    connections: usize,
    /// Inputs of a unit of each map, bias not counted.
    fan_in: Vec<usize>,
    /// Whether its sums are squashed.
    squashed: bool,
    /// The maps read and written by each 5×5 kernel, where it is a convolution of maps.
    kernels: Option<Vec<[usize; 2]>>,
    /// Maps that it reads.
    inputs: usize,
}

impl NetworkInfo {
    /// That of `model`.
    pub fn of(model: &Model) -> Self {
        let network = &model.network;
        let input = network.input();
        let layers = network.layers().iter().map(|layer| LayerInfo {
            name: layer.name,
            description: layer.description(),
            shape: [layer.output.maps, layer.output.height, layer.output.width],
            parameters: layer.parameters(),
            connections: layer.connections(),
            fan_in: (0..layer.output.maps)
                .map(|map| layer.fan_in(map))
                .collect(),
            squashed: layer.squashed,
            kernels: match layer.computed_as() {
                Operation::Convolution(table) => {
                    let pairs = table.pairs().map(|pair| [pair.input, pair.output]);
                    Some(pairs.collect())
                }
                _ => None,
            },
            inputs: layer.input.maps,
        });
        Self {
            reads_lines: model.string_fields > 0,
            has_codes: network.choices().head == Head::Rbf,
            code_shape: [CODE_HEIGHT, CODE_WIDTH],
            codes: rbf_codes(),
            input: [input.height, input.width],
            layers: layers.collect(),
        }
    }
}

/// The weights of the kernels of every convolution of maps, in their order.
pub fn kernels<'a>(
    network: &'a Network,
    parameters: &'a Parameters,
    arena: &'a [f32],
) -> impl Iterator<Item = &'a [f32]> {
    let layers = network.layers().iter().enumerate();
    layers.filter_map(move |(number, layer)| match layer.computed_as() {
        Operation::Convolution(_) => {
            let (weights, _) = parameters.of_layer(number)?;
            Some(&arena[weights.span()])
        }
        _ => None,
    })
}

/// The recipe that is called `name`.
pub fn preset_named(name: &str) -> Option<Preset> {
    Preset::ALL.into_iter().find(|preset| preset.name() == name)
}
