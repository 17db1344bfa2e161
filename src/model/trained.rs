//! A network with its trained parameters.

use super::{Loss, Network};

/// A trained network.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network.
    pub network: Network,
    /// The loss it was trained with; its constants turn distances into probabilities.
    pub loss: Loss,
    /// Its parameters, an arena.
    pub arena: Vec<f32>,
}
