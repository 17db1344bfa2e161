//! A graph as a file: versions, where it comes from, and reading it back.

use prost::Message;

use super::messages::{
    DataLocation, DataType, GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto,
};
use super::network::{PixelType, graph_of};
use crate::exchange::tensors::{Fault, Tensor, tensors_of};
use crate::exchange::words::in_words;
use crate::model::{Model, Network};
use crate::model_file::{Description, METADATA, floats};

/// The version of ONNX's operators that graphs are made of: of 2022, and known to runtimes since.
pub const OPSET: i64 = 17;
/// The version of the file format that came with it.
const IR_VERSION: i64 = 8;

/// The ONNX file of `model`, whose pictures have pixels of `pixels`. Equal models have equal bytes.
pub fn to_onnx(model: &Model, pixels: PixelType) -> Vec<u8> {
    let mut graph = graph_of(&model.network, pixels);
    for (name, shape, values) in tensors_of(&model.network, &model.arena) {
        graph.floats(&name, &shape, &values);
    }
    let description = serde_json::to_string(&Description::of(model));
    let description = description.expect("plain data serialises");
    let file = ModelProto {
        ir_version: Some(IR_VERSION),
        opset_import: vec![OperatorSetIdProto {
            domain: None,
            version: Some(OPSET),
        }],
        producer_name: Some(env!("CARGO_PKG_NAME").to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        doc_string: Some(in_words(&model.network)),
        graph: Some(graph.into_proto()),
        metadata_props: vec![StringStringEntryProto {
            key: Some(METADATA.to_owned()),
            value: Some(description),
        }],
    };
    file.encode_to_vec()
}

/// What is in an ONNX file.
pub struct OnnxFile {
    /// What this program says of a model in its files, if it wrote this one.
    pub description: Option<String>,
    operator_sets: Vec<OperatorSetIdProto>,
    graph: GraphProto,
}

impl OnnxFile {
    /// Reads `bytes`; none if they are not those of a whole ONNX file.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let file = ModelProto::decode(bytes).ok()?;
        let description = file
            .metadata_props
            .iter()
            .find(|entry| entry.key() == METADATA);
        Some(Self {
            description: description.map(|entry| entry.value().to_owned()),
            operator_sets: file.opset_import,
            graph: file.graph?,
        })
    }

    /// All initialisers but the constants of the graphs that are written for `network`, and what is wrong with
    /// those.
    pub fn tensors_beside_constants(&self, network: &Network) -> (Vec<Tensor>, Vec<Fault>) {
        let constants = PixelType::ALL.map(|pixels| graph_of(network, pixels).into_proto());
        let constant_of = |name: &str| {
            let mut all = constants.iter().flat_map(|graph| &graph.initializer);
            all.find(|constant| constant.name() == name)
        };
        let (mut tensors, mut faults) = (Vec::new(), Vec::new());
        for tensor in &self.graph.initializer {
            match constant_of(tensor.name()) {
                None => tensors.push(tensor_of(tensor)),
                Some(constant) if constant == tensor => {}
                Some(constant) => faults.push(Fault::Values(format!(
                    "{} is not the constant that this program computes with",
                    constant.name()
                ))),
            }
        }
        (tensors, faults)
    }

    /// Whether its operators are those of a graph that is written for `network`, in their version.
    pub fn computes(&self, network: &Network) -> bool {
        let mut versions = self.operator_sets.iter();
        // ONNX's own operators have either of two names.
        let is_ours = versions
            .any(|set| matches!(set.domain(), "" | "ai.onnx") && set.version == Some(OPSET));
        let mut graphs = PixelType::ALL
            .iter()
            .map(|&pixels| graph_of(network, pixels));
        is_ours && graphs.any(|graph| graph.into_proto().node == self.graph.node)
    }
}

/// An initialiser as a tensor.
fn tensor_of(tensor: &TensorProto) -> Tensor {
    // A negative size fits no parameter, and neither does what it becomes here.
    let sizes = tensor
        .dims
        .iter()
        .map(|&size| usize::try_from(size).unwrap_or(usize::MAX));
    let shape: Vec<usize> = sizes.collect();
    Tensor {
        name: tensor.name().to_owned(),
        values: values_of(tensor, &shape),
        shape,
    }
}

/// The values of `tensor`, which has `shape`, or why it has none that can be used, to be read after its name.
fn values_of(tensor: &TensorProto, shape: &[usize]) -> Result<Vec<f32>, String> {
    if tensor.data_location() == DataLocation::External {
        return Err("is kept in another file: save the model with all its data in one".to_owned());
    }
    if tensor.data_type != Some(DataType::Float.into()) {
        let data_type = tensor.data_type();
        return Err(format!(
            "is of ONNX's data type {data_type}, expected {} (FLOAT)",
            DataType::Float as i32
        ));
    }
    let values = match &tensor.raw_data {
        Some(bytes) if bytes.len() % size_of::<f32>() == 0 => floats(bytes),
        Some(bytes) => return Err(format!("has {} bytes, which are no floats", bytes.len())),
        None => tensor.float_data.clone(),
    };
    let expected = shape
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size));
    match expected == Some(values.len()) {
        true => Ok(values),
        false => Err(format!(
            "has {} values, which is not what its shape {:?} says",
            values.len(),
            tensor.dims
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::exchange::onnx::messages::Dimension;
    use crate::model::{
        Architecture, C3Connections, Choices, Coefficients, Head, InitialParameters,
        Initialisation, Loss, LossKind, Parameters, Subsampling,
    };

    /// A model of every network there is.
    fn models() -> Vec<Model> {
        let mut models = Vec::new();
        for architecture in [Architecture::Lenet5, Architecture::Lenet1] {
            for subsampling in [
                Subsampling::Trainable,
                Subsampling::Average,
                Subsampling::Max,
            ] {
                for c3 in [C3Connections::Table1, C3Connections::Full] {
                    for head in [Head::Rbf, Head::Softmax] {
                        let choices = Choices {
                            architecture,
                            subsampling,
                            c3,
                            head,
                        };
                        models.extend(choices.check().is_ok().then(|| model(choices)));
                    }
                }
            }
        }
        models
    }

    fn model(choices: Choices) -> Model {
        let network = Network::of(choices);
        let start = InitialParameters {
            rule: Initialisation::FanIn,
            gain: 1.0,
            coefficients: Coefficients::Random,
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

    /// The graph in the file of `model`.
    fn written(model: &Model, pixels: PixelType) -> GraphProto {
        OnnxFile::read(&to_onnx(model, pixels)).unwrap().graph
    }

    #[test]
    fn every_value_is_there_before_it_is_used_and_every_tensor_is_used() {
        let models = models();
        assert_eq!(models.len(), 12 + 6);
        for (model, pixels) in models.iter().flat_map(|m| PixelType::ALL.map(|p| (m, p))) {
            let graph = written(model, pixels);
            let tensors = graph.initializer.iter().map(|tensor| tensor.name());
            let tensors: BTreeSet<&str> = tensors.collect();
            let mut values = tensors.clone();
            values.extend(graph.input.iter().map(|input| input.name()));
            let mut used = BTreeSet::new();
            for node in &graph.node {
                for input in &node.input {
                    assert!(values.contains(&input[..]), "{input} of {}", node.name());
                    used.insert(&input[..]);
                }
                for output in &node.output {
                    assert!(values.insert(output), "{output} is computed twice");
                }
            }
            for declared in graph.output.iter().chain(&graph.value_info) {
                assert!(values.contains(declared.name()), "{}", declared.name());
            }
            assert!(tensors.is_subset(&used), "{tensors:?} {used:?}");
        }
    }

    #[test]
    fn tensors_hold_what_their_shapes_say_and_parameters_are_called_as_in_model_files() {
        for model in models() {
            let graph = written(&model, PixelType::Floats);
            for tensor in &graph.initializer {
                let values: i64 = tensor.dims.iter().product();
                let size = match tensor.data_type() {
                    1 => size_of::<f32>(),
                    _ => size_of::<i64>(),
                };
                let bytes = tensor.raw_data().len();
                assert_eq!(bytes, values as usize * size, "{}", tensor.name());
            }
            for range in Parameters::of(&model.network).ranges() {
                let mut tensors = graph.initializer.iter();
                assert!(tensors.any(|tensor| tensor.name() == range.name));
            }
        }
    }

    #[test]
    fn pictures_are_any_number_of_28_by_28_pixels() {
        for (pixels, data_type) in [
            (PixelType::Floats, DataType::Float),
            (PixelType::Bytes, DataType::Uint8),
        ] {
            let graph = written(&model(Choices::default()), pixels);
            let [image] = &graph.input[..] else {
                panic!("{} inputs", graph.input.len());
            };
            assert_eq!(image.name(), "image");
            let tensor = image.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
            assert_eq!(tensor.elem_type(), data_type as i32);
            let dimensions = tensor.shape.as_ref().unwrap().dim.iter();
            let dimensions: Vec<Dimension> =
                dimensions.map(|dim| dim.value.clone().unwrap()).collect();
            let expected = [
                Dimension::Name("N".to_owned()),
                Dimension::Size(1),
                Dimension::Size(28),
                Dimension::Size(28),
            ];
            assert_eq!(dimensions, expected);
        }
    }
}
