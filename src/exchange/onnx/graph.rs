//! A graph under construction.

use super::messages::{
    AttributeProto, AttributeType, DataType, Dimension, DimensionProto, GraphProto, NodeProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

/// The first dimension of all values that there is one of per picture: any number of pictures.
const PICTURES: &str = "N";

/// A graph to which operators are added in the order in which they are computed. Values are called by
/// their names, and a node has the name of what it computes.
#[derive(Default)]
pub struct Graph {
    proto: GraphProto,
}

impl Graph {
    /// An empty graph called `name`.
    pub fn new(name: &str) -> Self {
        Self {
            proto: GraphProto {
                name: Some(name.to_owned()),
                ..GraphProto::default()
            },
        }
    }

    /// The message.
    pub fn into_proto(self) -> GraphProto {
        self.proto
    }

    /// Adds the operator `kind`, which computes `output` from `inputs`.
    pub fn add(
        &mut self,
        kind: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<AttributeProto>,
    ) {
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: Some(output.to_owned()),
            op_type: Some(kind.to_owned()),
            attribute: attributes,
        });
    }

    /// Adds a tensor of floats, unless there is one of that name.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, shape, DataType::Float, bytes.collect());
    }

    /// Adds a list of integers, unless there is one of that name.
    pub fn integers(&mut self, name: &str, values: &[i64]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, &[values.len()], DataType::Int64, bytes.collect());
    }

    fn constant(&mut self, name: &str, shape: &[usize], data_type: DataType, bytes: Vec<u8>) {
        let is_it = |tensor: &TensorProto| tensor.name() == name;
        if self.proto.initializer.iter().any(is_it) {
            return;
        }
        self.proto.initializer.push(TensorProto {
            dims: shape.iter().map(|&size| size as i64).collect(),
            data_type: Some(data_type.into()),
            name: Some(name.to_owned()),
            raw_data: Some(bytes),
            ..TensorProto::default()
        });
    }

    /// Declares an input, of `shape` for each picture.
    pub fn input(&mut self, name: &str, data_type: DataType, shape: &[usize], meaning: String) {
        let value = value(name, data_type, shape, Some(meaning));
        self.proto.input.push(value);
    }

    /// Declares an output, of `shape` for each picture.
    pub fn output(&mut self, name: &str, data_type: DataType, shape: &[usize], meaning: String) {
        let value = value(name, data_type, shape, Some(meaning));
        self.proto.output.push(value);
    }

    /// Declares a value in between, floats of `shape` for each picture, for those who look at the graph.
    pub fn between(&mut self, name: &str, shape: &[usize]) {
        let value = value(name, DataType::Float, shape, None);
        self.proto.value_info.push(value);
    }
}

fn value(
    name: &str,
    data_type: DataType,
    shape: &[usize],
    meaning: Option<String>,
) -> ValueInfoProto {
    let sizes = shape.iter().map(|&size| Dimension::Size(size as i64));
    let dimensions = [Dimension::Name(PICTURES.to_owned())]
        .into_iter()
        .chain(sizes);
    let shape = TensorShapeProto {
        dim: dimensions
            .map(|dimension| DimensionProto {
                value: Some(dimension),
            })
            .collect(),
    };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: Some(data_type.into()),
                shape: Some(shape),
            }),
        }),
        doc_string: meaning,
    }
}

/// An attribute that is an integer.
pub fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        i: Some(value),
        r#type: Some(AttributeType::Int.into()),
        ..AttributeProto::default()
    }
}

/// An attribute that is a list of integers.
pub fn integers(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        ints: values.to_vec(),
        r#type: Some(AttributeType::Ints.into()),
        ..AttributeProto::default()
    }
}
