//! `model.safetensors` as bytes: the parameters by name, and everything needed to use them. The folder of
//! a run keeps them in a file (`store`), a page offers them for download.

mod description;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(crate) use description::{Description, METADATA};

use crate::model::{Model, Parameters};

/// A model file that cannot be used.
#[derive(Debug, Error)]
pub enum ModelError {
    /// It cannot be read at all.
    #[error("cannot read model '{path}': {source}; a run leaves its model as model.safetensors")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not a whole safetensors file.
    #[error(
        "'{path}' is not a whole safetensors file ({reason}); it may be cut off: copy it again"
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It is a file of another kind.
    #[error("'{path}' is no model of lenet-gpu, which is a safetensors file")]
    OtherKind {
        /// The file.
        path: PathBuf,
    },
    /// It is a safetensors file, but not one of this crate.
    #[error("'{path}' is not a model of lenet-gpu: {reason}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is missing or different.
        reason: String,
    },
    /// It is a safetensors file, but not the checkpoint that the run needs.
    #[error("'{path}' is not a checkpoint of this run: {reason}")]
    ForeignCheckpoint {
        /// The file.
        path: PathBuf,
        /// What is missing or different.
        reason: String,
    },
}

impl Model {
    /// The bytes of its file. Equal models have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let description = Description::of(self);
        let parameters = Parameters::of(&self.network);
        let tensors = parameters.ranges().iter().map(|range| {
            let values = &self.arena[range.span()];
            (range.name.clone(), range.shape.clone(), values)
        });
        tensor_bytes(&description, tensors)
    }

    /// The model in the bytes of a file, which errors call `path`.
    ///
    /// # Errors
    /// If the file is cut off, or is not a model of this crate.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > LENGTH_BYTES && !is_safetensors(bytes) {
            return Err(ModelError::OtherKind {
                path: path.to_owned(),
            });
        }
        let (description, tensors): (Description, _) = parse(path, bytes)?;
        let foreign = |reason: String| ModelError::Foreign {
            path: path.to_owned(),
            reason,
        };
        let network = description.network().map_err(foreign)?;
        let parameters = Parameters::of(&network);
        let mut arena = vec![0.0; parameters.arena_len()];
        for range in parameters.ranges() {
            let values = tensor_values(&tensors, &range.name, &range.shape).map_err(foreign)?;
            arena[range.span()].copy_from_slice(&values);
        }
        if arena.iter().any(|value| !value.is_finite()) {
            return Err(foreign(
                "some of its parameters are not finite numbers".to_owned(),
            ));
        }
        Ok(Self {
            network,
            loss: description.loss,
            arena,
            trained_on: description.trained_on,
            string_fields: description.string_fields,
        })
    }
}

/// How many bytes a safetensors file has before its JSON: the length of that.
const LENGTH_BYTES: usize = 8;

/// Whether `bytes` begin as those of safetensors files do: a length, and JSON.
pub(crate) fn is_safetensors(bytes: &[u8]) -> bool {
    bytes.get(LENGTH_BYTES) == Some(&b'{')
}

/// The bytes of a file of named tensors with `metadata`.
pub(crate) fn tensor_bytes<'a>(
    metadata: &impl Serialize,
    tensors: impl Iterator<Item = (String, Vec<usize>, &'a [f32])>,
) -> Vec<u8> {
    let json = serde_json::to_string(metadata).expect("plain data serialises");
    let metadata = HashMap::from([(METADATA.to_owned(), json)]);
    let views = tensors.map(|(name, shape, values)| {
        let bytes = bytemuck::cast_slice(values);
        let view = TensorView::new(Dtype::F32, shape, bytes).expect("shape and values agree");
        (name, view)
    });
    safetensors::serialize(views, Some(metadata)).expect("tensors serialise")
}

/// The tensors of a file and what its metadata entry holds.
pub(crate) fn parse<'a, M: for<'de> Deserialize<'de>>(
    path: &Path,
    bytes: &'a [u8],
) -> Result<(M, SafeTensors<'a>), ModelError> {
    let broken = |reason: String| ModelError::Broken {
        path: path.to_owned(),
        reason,
    };
    let (_, header) =
        SafeTensors::read_metadata(bytes).map_err(|error| broken(error.to_string()))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| broken(error.to_string()))?;
    let foreign = |reason: String| ModelError::Foreign {
        path: path.to_owned(),
        reason,
    };
    let json = header
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(METADATA))
        .ok_or_else(|| foreign(format!("it has no metadata entry '{METADATA}'")))?;
    let metadata = serde_json::from_str(json).map_err(|error| {
        foreign(format!(
            "its metadata entry '{METADATA}' is unusable ({error})"
        ))
    })?;
    Ok((metadata, tensors))
}

/// The values of the tensor `name`, or what is wrong with it: it is missing, or not of `shape` in single
/// precision.
pub(crate) fn tensor_values(
    tensors: &SafeTensors,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, String> {
    let tensor = tensors
        .tensor(name)
        .map_err(|_| format!("it has no tensor '{name}'"))?;
    match (tensor.dtype(), tensor.shape()) {
        (Dtype::F32, found) if found == shape => Ok(floats(tensor.data())),
        (dtype, found) => Err(format!(
            "tensor '{name}' is {dtype:?} {found:?}, expected F32 {shape:?}"
        )),
    }
}

/// Little-endian bytes as numbers, copied because safetensors does not align them.
pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}
