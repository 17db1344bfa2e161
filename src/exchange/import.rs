//! Reading networks from files of other programs.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::onnx::OnnxFile;
use super::safetensors_file::SafetensorsFile;
use super::tensors::{Fault, Tensor, arena_of};
use super::words::in_words;
use crate::model::{Choices, Loss, Model, Network, Parameters};
use crate::model_file::{Description, is_safetensors};

/// The most faults that an error lists.
const MOST_LISTED: usize = 20;

/// A file with a network that cannot be read.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It is of another kind.
    #[error("'{path}' is neither a whole safetensors file nor a whole ONNX file: {reason}")]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// What it may be instead, or what it lacks.
        reason: String,
    },
    /// It is not whole.
    #[error(
        "'{path}' is not a whole safetensors file ({reason}); it may be cut off: copy it again"
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What this program wrote of the network into the file, it cannot use.
    #[error("'{path}' describes its network in a way that this program cannot use: {reason}")]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It does not hold the parameters of the network.
    #[error("'{path}' does not fit: {faults}. Expected are the parameters of {network}")]
    Misfit {
        /// The file.
        path: PathBuf,
        /// The network, in words.
        network: String,
        /// Every parameter that is missing, unknown, of another shape or type, or has a value that makes no
        /// sense.
        faults: String,
        /// Whether it may hold those of another network.
        may_be_another: bool,
    },
}

/// A file with a network, read but not yet held against that network.
pub struct Source {
    path: PathBuf,
    description: Option<Description>,
    content: Content,
}

enum Content {
    Safetensors(Vec<Tensor>),
    Onnx(OnnxFile),
}

/// A network from another program's file.
pub struct Imported {
    /// The network with its parameters.
    pub model: Model,
    /// Whether the file computes something else with them, as far as can be told: only parameters are read.
    pub computes_otherwise: bool,
}

impl Source {
    /// Reads the `bytes` of a file, which errors call `path`.
    ///
    /// # Errors
    /// If it is neither a safetensors file nor an ONNX file, is cut off, or has a description by this program
    /// that makes no sense.
    pub fn read(path: &Path, bytes: &[u8]) -> Result<Self, ImportError> {
        let path = path.to_owned();
        let (description, content) = match is_safetensors(bytes) {
            true => match SafetensorsFile::read(bytes) {
                Ok(file) => (file.description, Content::Safetensors(file.tensors)),
                Err(reason) => return Err(ImportError::Broken { path, reason }),
            },
            false => match read_onnx(bytes) {
                Ok(file) => (file.description.clone(), Content::Onnx(file)),
                Err(reason) => return Err(ImportError::OtherKind { path, reason }),
            },
        };
        match description.as_deref().map(checked).transpose() {
            Ok(description) => Ok(Self {
                path,
                description,
                content,
            }),
            Err(reason) => Err(ImportError::Description { path, reason }),
        }
    }

    /// The network that the file says it holds, if this program wrote it.
    pub fn choices(&self) -> Option<Choices> {
        let description = self.description.as_ref();
        description.map(|description| description.choices)
    }

    /// The parameters of the network of `choices` in the file; trained with `loss`, if the file does not say with
    /// which.
    ///
    /// # Errors
    /// If they are not exactly its parameters; every one that is not is named.
    ///
    /// # Panics
    /// If the choices do not fit together; see [`Choices::check`].
    pub fn model(self, choices: Choices, loss: Loss) -> Result<Imported, ImportError> {
        let network = Network::of(choices);
        let (tensors, mut faults, computes_otherwise) = match self.content {
            Content::Safetensors(tensors) => (tensors, Vec::new(), false),
            Content::Onnx(file) => {
                let (tensors, faults) = file.tensors_beside_constants(&network);
                (tensors, faults, !file.computes(&network))
            }
        };
        let parameters = Parameters::of(&network);
        let mut names = parameters.ranges().iter().map(|range| &range.name);
        let is_any_known = names.any(|name| tensors.iter().any(|tensor| tensor.name == *name));
        let arena = arena_of(&network, tensors).unwrap_or_else(|more| {
            faults.extend(more);
            Vec::new()
        });
        if !faults.is_empty() {
            return Err(ImportError::Misfit {
                path: self.path,
                network: in_words(&network),
                faults: listed(&faults),
                may_be_another: self.description.is_none()
                    && is_any_known
                    && faults
                        .iter()
                        .any(|fault| matches!(fault, Fault::Network(_))),
            });
        }
        let description = self.description;
        Ok(Imported {
            model: Model {
                network,
                loss: description.as_ref().map_or(loss, |known| known.loss),
                string_fields: description.as_ref().map_or(0, |known| known.string_fields),
                arena,
                trained_on: description.and_then(|known| known.trained_on),
            },
            computes_otherwise,
        })
    }
}

/// The ONNX file in `bytes`, or why there is none.
fn read_onnx(bytes: &[u8]) -> Result<OnnxFile, String> {
    match bytes.starts_with(b"PK\x03\x04") {
        true => Err(
            "it is an archive, as torch.save writes: write its tensors by safetensors.torch.save_file".to_owned(),
        ),
        false => OnnxFile::read(bytes).ok_or_else(|| {
            "it is of another kind, or was cut off: copy or export it again".to_owned()
        }),
    }
}

/// A description in JSON, or what is wrong with it.
fn checked(json: &str) -> Result<Description, String> {
    let description: Description = serde_json::from_str(json).map_err(|error| error.to_string())?;
    description.network()?;
    Ok(description)
}

/// `faults` in a sentence.
fn listed(faults: &[Fault]) -> String {
    let left_out = faults.len().saturating_sub(MOST_LISTED);
    let faults = faults[..faults.len() - left_out]
        .iter()
        .map(Fault::to_string);
    let mut listed = faults.collect::<Vec<_>>().join("; ");
    if left_out > 0 {
        listed += &format!("; and {left_out} more");
    }
    listed
}
