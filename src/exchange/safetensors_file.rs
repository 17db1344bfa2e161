//! Safetensors files of other programs.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::tensors::Tensor;
use crate::model_file::{METADATA, floats};

/// What is in such a file.
pub struct SafetensorsFile {
    /// What this program says of a model in its files, if it wrote this one.
    pub description: Option<String>,
    /// All tensors.
    pub tensors: Vec<Tensor>,
}

impl SafetensorsFile {
    /// Reads `bytes`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let entries = header.metadata().as_ref();
        Ok(Self {
            description: entries.and_then(|entries| entries.get(METADATA).cloned()),
            tensors: tensors.iter().map(tensor).collect(),
        })
    }
}

fn tensor((name, view): (&str, TensorView)) -> Tensor {
    Tensor {
        name: name.to_owned(),
        shape: view.shape().to_vec(),
        values: match view.dtype() {
            Dtype::F32 => Ok(floats(view.data())),
            other => Err(format!("is of the type {other:?}, expected F32")),
        },
    }
}
