//! Networks in words.

use crate::model::Network;

/// `network` by its name and its layers, with all that can be chosen in them.
pub fn in_words(network: &Network) -> String {
    let layers = network.layers().iter();
    let layers: Vec<String> = layers
        .map(|layer| format!("{} {}", layer.name, layer.description()))
        .collect();
    let name = network.choices().architecture.name();
    format!("{name} ({})", layers.join("; "))
}
