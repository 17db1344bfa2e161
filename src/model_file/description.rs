//! What a model's file says of it besides its parameters.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::{BACKGROUND, INK};
use crate::model::{Choices, DataRecord, Loss, Model, Network, is_zero};

/// The only metadata entry of our files: safetensors keeps several in no fixed order, and equal runs
/// are to leave equal bytes.
pub(crate) const METADATA: &str = "lenet-gpu";
/// Version of the entry's content.
const FORMAT: u32 = 1;

/// The metadata entry, as JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct Description {
    format: u32,
    architecture: String,
    /// The network.
    pub choices: Choices,
    /// The loss the model was trained with.
    pub loss: Loss,
    normalisation: Normalisation,
    /// Missing in files of version 0.1.0 and where it was not written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_on: Option<DataRecord>,
    /// [`Model::string_fields`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub string_fields: usize,
}

/// How pixels become inputs.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Normalisation {
    field: [usize; 2],
    background: f32,
    ink: f32,
}

impl Normalisation {
    /// That of `network`: the only one that its inputs are made by.
    fn of(network: &Network) -> Self {
        let field = network.input();
        Self {
            field: [field.height, field.width],
            background: BACKGROUND,
            ink: INK,
        }
    }
}

impl fmt::Display for Normalisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [height, width] = self.field;
        let (background, ink) = (self.background, self.ink);
        write!(
            f,
            "{height} x {width} inputs from {background} for paper to {ink} for ink"
        )
    }
}

impl Description {
    /// That of `model`.
    pub fn of(model: &Model) -> Self {
        let choices = model.network.choices();
        Self {
            format: FORMAT,
            architecture: format!("{} (1998)", choices.architecture.name()),
            choices,
            loss: model.loss,
            normalisation: Normalisation::of(&model.network),
            trained_on: model.trained_on.clone(),
            string_fields: model.string_fields,
        }
    }

    /// The network that is described, or why this program has none that fits.
    pub fn network(&self) -> Result<Network, String> {
        if self.format != FORMAT {
            return Err(format!(
                "its format is {}, this program reads {FORMAT}",
                self.format
            ));
        }
        self.choices.check().map_err(|error| error.to_string())?;
        self.loss.check().map_err(|error| error.to_string())?;
        let network = Network::of(self.choices);
        let expected = Normalisation::of(&network);
        match self.normalisation == expected {
            true => Ok(network),
            false => Err(format!(
                "it was trained on {}, and this program gives it {expected}",
                self.normalisation
            )),
        }
    }
}
