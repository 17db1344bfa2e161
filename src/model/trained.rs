//! A network with its trained parameters.

use super::{DataRecord, Loss, Network, Recipe, TrainingState};

/// A trained network.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network.
    pub network: Network,
    /// The loss it was trained with; its constants turn distances into probabilities.
    pub loss: Loss,
    /// Its parameters, an arena (see [`Parameters`](super::Parameters)).
    pub arena: Vec<f32>,
    /// The digits it was trained on, if they were written down.
    pub trained_on: Option<DataRecord>,
    /// How many fields among neighbours were made of each of these digits, as in strings
    /// ([`Recipe::string_fields`]); 0 if it was trained on the digits alone.
    pub string_fields: usize,
}

impl Model {
    /// The loss under which its penalties are probabilities for a network that learns from it by `recipe`: that
    /// of the recipe, whose scale is then a temperature for both alike, or its own where its head is another,
    /// since distances and −log p are on different scales.
    pub fn loss_as_teacher(&self, recipe: &Recipe) -> Loss {
        match self.network.choices().head == recipe.choices.head {
            true => recipe.loss,
            false => self.loss,
        }
    }

    /// The model in a `state` of `network`, trained by `recipe`.
    pub fn of_state(network: &Network, recipe: &Recipe, state: &TrainingState) -> Self {
        Self {
            network: network.clone(),
            loss: recipe.loss,
            arena: state.model(recipe).to_vec(),
            trained_on: None,
            string_fields: recipe.string_fields,
        }
    }
}
