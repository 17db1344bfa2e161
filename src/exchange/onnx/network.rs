//! A network as a graph, layer by layer of its table.

use super::graph::{Graph, integer, integers};
use super::messages::{AttributeProto, DataType};
use crate::data::{BACKGROUND, IMAGE_SIDE, INK};
use crate::model::{
    CODE_LENGTH, DIGITS, Head, KERNEL, Layer, MapShape, Network, Operation, SQUASH_AMPLITUDE,
    SQUASH_SLOPE, rbf_codes,
};

/// What goes in.
const IMAGE: &str = "image";
/// What the RBF head makes of it.
const DISTANCES: &str = "distances";
/// What the full connection of the softmax head makes of it.
const SCORES: &str = "scores";
/// The answer.
const DIGIT: &str = "digit";

/// What pixels are given as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum PixelType {
    /// Numbers from 0 for paper to 1 for ink, in single precision.
    #[default]
    Floats,
    /// Bytes from 0 for paper to 255 for ink, as in MNIST's files.
    Bytes,
}

impl PixelType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Floats, Self::Bytes];
}

/// The graph of `network` with its constants, but without its parameters, for pictures whose pixels are
/// `pixels`.
pub fn graph_of(network: &Network, pixels: PixelType) -> Graph {
    let mut graph = Graph::new(network.choices().architecture.name());
    let mut value = add_input(&mut graph, network, pixels);
    let mut is_flat = false;
    for layer in network.layers() {
        if layer.operation == Operation::Dense && !is_flat {
            value = added(
                &mut graph,
                "Flatten",
                &[&value],
                format!("{}.inputs", layer.name),
            );
            is_flat = true;
        }
        value = add_layer(&mut graph, layer, value);
    }
    add_answer(&mut graph, network.choices().head, &value);
    graph
}

/// Adds an operator without attributes, and returns the name of its output.
fn added(graph: &mut Graph, kind: &str, inputs: &[&str], output: String) -> String {
    graph.add(kind, inputs, &output, Vec::new());
    output
}

/// Adds what turns pictures into the field of `network`, by the same steps as [`crate::data::level`], and
/// returns its name.
fn add_input(graph: &mut Graph, network: &Network, pixels: PixelType) -> String {
    let picture = [1, IMAGE_SIDE, IMAGE_SIDE];
    let (data_type, ink) = match pixels {
        PixelType::Floats => (DataType::Float, "1"),
        PixelType::Bytes => (DataType::Uint8, "255"),
    };
    let meaning = format!("The pictures: pixels from 0 for paper to {ink} for ink");
    graph.input(IMAGE, data_type, &picture, meaning);

    graph.floats("input.range", &[], &[INK - BACKGROUND]);
    graph.floats("input.background", &[], &[BACKGROUND]);
    let mut value = IMAGE.to_owned();
    if pixels == PixelType::Bytes {
        let to = vec![integer("to", DataType::Float as i64)];
        graph.add("Cast", &[&value], "input.bytes", to);
        value = "input.bytes".to_owned();
    }
    value = added(
        graph,
        "Mul",
        &[&value, "input.range"],
        "input.scaled".to_owned(),
    );
    if pixels == PixelType::Bytes {
        graph.floats("input.largest_byte", &[], &[f32::from(u8::MAX)]);
        let inputs = [&value, "input.largest_byte"];
        value = added(graph, "Div", &inputs, "input.divided".to_owned());
    }
    let inputs = [&value, "input.background"];
    value = added(graph, "Add", &inputs, "input.levels".to_owned());
    let margin = (network.input().height - IMAGE_SIDE) / 2;
    if margin > 0 {
        let margin = margin as i64;
        graph.integers(
            "input.margins",
            &[0, 0, margin, margin, 0, 0, margin, margin],
        );
        let inputs = [&value, "input.margins", "input.background"];
        value = added(graph, "Pad", &inputs, "input.field".to_owned());
    }
    value
}

/// Adds what `layer` makes of `input`, and returns its name.
fn add_layer(graph: &mut Graph, layer: &Layer, input: String) -> String {
    let name = layer.name;
    let output = match layer.operation {
        Operation::Rbf => DISTANCES.to_owned(),
        // The scores are those of the full connection before it; what it makes of them is no other answer.
        Operation::Softmax => return input,
        Operation::Dense if !layer.squashed => SCORES.to_owned(),
        _ => name.to_owned(),
    };
    let sums = match layer.squashed {
        true => format!("{name}.sums"),
        false => output.clone(),
    };
    let parameter = |role: &str| format!("{name}.{role}");
    let (weight, bias) = (parameter("weight"), parameter("bias"));
    match &layer.operation {
        Operation::Convolution(_) => graph.add(
            "Conv",
            &[&input, &weight, &bias],
            &sums,
            vec![integers("kernel_shape", &[KERNEL as i64; 2])],
        ),
        Operation::Dense => graph.add(
            "Gemm",
            &[&input, &weight, &bias],
            &sums,
            vec![integer("transB", 1)],
        ),
        Operation::Subsampling => add_subsampling(graph, name, &input, &sums),
        Operation::AveragePooling => graph.add("AveragePool", &[&input], &sums, halving()),
        Operation::MaxPooling => graph.add("MaxPool", &[&input], &sums, halving()),
        Operation::Rbf => add_distances(graph, name, &input, &sums),
        Operation::Softmax => {}
    }
    if layer.squashed {
        add_squashing(graph, name, &sums, &output);
    }
    if output == name {
        graph.between(&output, &shape_of(layer));
    }
    output
}

/// The shape of what `layer` computes: that of a full connection is flat.
fn shape_of(layer: &Layer) -> Vec<usize> {
    let MapShape {
        maps,
        height,
        width,
    } = layer.output;
    match layer.operation {
        Operation::Dense => vec![maps],
        _ => vec![maps, height, width],
    }
}

/// The attributes of a pooling of 2×2.
fn halving() -> Vec<AttributeProto> {
    vec![
        integers("kernel_shape", &[2, 2]),
        integers("strides", &[2, 2]),
    ]
}

/// Adds the sub-sampling `name`: the sum of four, times a coefficient per map, plus a bias per map. Four times
/// their mean is the sum of four to the last bit. Coefficients and biases are [map], and are joined to maps by
/// two more dimensions.
fn add_subsampling(graph: &mut Graph, name: &str, input: &str, output: &str) {
    let part = |part: &str| format!("{name}.{part}");
    graph.floats("subsampling.inputs", &[], &[4.0]);
    graph.integers("subsampling.axes", &[1, 2]);
    let of_maps = |graph: &mut Graph, role: &str| {
        let inputs = [&part(role)[..], "subsampling.axes"];
        added(
            graph,
            "Unsqueeze",
            &inputs,
            part(&format!("{role}_of_maps")),
        )
    };
    let (coefficient, bias) = (of_maps(graph, "coefficient"), of_maps(graph, "bias"));
    graph.add("AveragePool", &[input], &part("mean"), halving());
    let inputs = [&part("mean")[..], "subsampling.inputs"];
    let sum = added(graph, "Mul", &inputs, part("sum_of_four"));
    let scaled = added(graph, "Mul", &[&sum, &coefficient], part("scaled"));
    graph.add("Add", &[&scaled, &bias], output, Vec::new());
}

/// Adds f(a) = A·tanh(S·a) (Appendix A) after the sums of layer `name`.
fn add_squashing(graph: &mut Graph, name: &str, sums: &str, output: &str) {
    graph.floats("squashing.slope", &[], &[SQUASH_SLOPE as f32]);
    graph.floats("squashing.amplitude", &[], &[SQUASH_AMPLITUDE as f32]);
    let part = |part: &str| format!("{name}.{part}");
    let inputs = [sums, "squashing.slope"];
    let slope = added(graph, "Mul", &inputs, part("slope"));
    let tanh = added(graph, "Tanh", &[&slope], part("tanh"));
    graph.add("Mul", &[&tanh, "squashing.amplitude"], output, Vec::new());
}

/// Adds Σ_j (x[j] − w[i,j])² (eq. 7) of output layer `name`.
fn add_distances(graph: &mut Graph, name: &str, input: &str, output: &str) {
    let part = |part: &str| format!("{name}.{part}");
    let codes = part("codes");
    graph.floats(&codes, &[DIGITS, CODE_LENGTH], &rbf_codes());
    graph.integers("output.axes", &[1]);
    let inputs = [input, "output.axes"];
    let glyph = added(graph, "Unsqueeze", &inputs, part("glyph"));
    let difference = added(graph, "Sub", &[&glyph, &codes], part("difference"));
    let attributes = vec![integers("axes", &[2]), integer("keepdims", 0)];
    graph.add("ReduceSumSquare", &[&difference], output, attributes);
}

/// Adds the answers, of equals the first, and declares the outputs.
fn add_answer(graph: &mut Graph, head: Head, value: &str) {
    let (kind, meaning) = match head {
        Head::Rbf => (
            "ArgMin",
            "Squared distance of F6 to the code of each digit: the smallest is the answer",
        ),
        Head::Softmax => (
            "ArgMax",
            "Score of each digit, of which the softmax is its probability: the largest is the answer",
        ),
    };
    let attributes = vec![integer("axis", 1), integer("keepdims", 0)];
    graph.add(kind, &[value], DIGIT, attributes);
    graph.output(value, DataType::Float, &[DIGITS], meaning.to_owned());
    let meaning = "The digit in each picture".to_owned();
    graph.output(DIGIT, DataType::Int64, &[], meaning);
}
