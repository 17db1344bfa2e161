//! What the fused kernels have to know of a network besides sizes: where its parameters are, and which
//! maps its C3 connects.

use crate::model::{ConnectionTable, DIGITS, Layer, Network, Pair, Parameters, Range, rbf_codes};

use super::layout::{FusedLayout, connections};
use crate::gpu::kernels::fused_sample::{LAYERS, MOST_KERNELS, MOST_MAPS, MOST_SIGNS};
use crate::gpu::kernels::fused_update::MOST_RANGES;

/// The `Tables` of `fused_sample.wgsl`, as words, for `network` and a ring of `rates` rates.
pub fn tables(network: &Network, layout: &FusedLayout, rates: usize) -> Vec<u32> {
    let parameters = Parameters::of(network);
    let (models, batch) = (layout.batches.models, layout.batches.size);
    let sizes = [batch, rates, layout.records(), layout.work()];
    let mut words = sizes.map(|size| size as u32).to_vec();
    for name in LAYERS {
        let place = network.layers().iter().position(|layer| layer.name == name);
        let layer = place.map(|place| &network.layers()[place]);
        let ranges = place.and_then(|place| parameters.of_layer(place));
        words.extend(
            layer
                .zip(ranges)
                .map_or([0; 8], |(layer, ranges)| layer_words(layer, ranges, models)),
        );
    }
    let mut kernels = kernel_words(connections(network));
    kernels.resize(MOST_KERNELS, [0; 4]);
    let mut firsts = first_words(connections(network));
    firsts.resize(MOST_MAPS + 1, [0; 4]);
    words.extend(kernels.into_iter().chain(firsts).flatten());
    let mut signs = sign_words(&rbf_codes());
    signs.resize(MOST_SIGNS, 0);
    words.extend(signs);
    words
}

/// Of each unit its signs in `codes`, [digit][unit] of ±1: bit `digit` is set for 1.
fn sign_words(codes: &[f32]) -> Vec<u32> {
    let mut words = vec![0; codes.len() / DIGITS];
    for (digit, code) in codes.chunks(words.len()).enumerate() {
        for (word, &value) in words.iter_mut().zip(code) {
            *word |= u32::from(value > 0.0) << digit;
        }
    }
    words
}

/// Where the weights and biases of a layer are: those of the first model, values from one model to the
/// next, places in one model's arena; and the inputs and outputs of a dense layer.
fn layer_words(layer: &Layer, (weight, bias): (&Range, &Range), models: usize) -> [u32; 8] {
    let (w, b) = (weight.offset, bias.offset);
    let (inputs, outputs) = match layer.is_dense() {
        true => (layer.input.units(), layer.output.units()),
        false => (0, 0),
    };
    let words = [
        w * models,
        weight.padded_len(),
        b * models,
        bias.padded_len(),
        w,
        b,
        inputs,
        outputs,
    ];
    words.map(|word| word as u32)
}

/// Of each kernel its input map and its output map; and the kernels ordered by input map.
fn kernel_words(connections: &ConnectionTable) -> Vec<[u32; 4]> {
    let readers = (0..connections.inputs()).flat_map(|input| connections.pairs_from(input));
    let pairs = connections.pairs().zip(readers);
    let words = |(pair, reader): (Pair, Pair)| {
        [pair.input, pair.output, reader.kernel, 0].map(|word| word as u32)
    };
    pairs.map(words).collect()
}

/// The first kernel of each output map, and the first of those that read each input map; and, for the
/// maps after the last ones, where these end.
fn first_words(connections: &ConnectionTable) -> Vec<[u32; 4]> {
    let into = |map| match map < connections.outputs() {
        true => connections.pairs_into(map).count(),
        false => 0,
    };
    let from = |map| match map < connections.inputs() {
        true => connections.pairs_from(map).count(),
        false => 0,
    };
    let mut first = [0; 4];
    let mut words = vec![first];
    for map in 0..connections.outputs().max(connections.inputs()) {
        first[0] += into(map) as u32;
        first[1] += from(map) as u32;
        words.push(first);
    }
    words
}

/// The `ranges` of `fused_update.wgsl`, as words.
pub fn ranges_table(network: &Network, layout: &FusedLayout) -> Vec<u32> {
    let parameters = Parameters::of(network);
    let mut words: Vec<[u32; 8]> = parameters
        .ranges()
        .iter()
        .map(|range| range_words(network, layout, range))
        .collect();
    words.resize(MOST_RANGES, [0; 8]);
    words.concat()
}

fn range_words(network: &Network, layout: &FusedLayout, range: &Range) -> [u32; 8] {
    let layer = &network.layers()[range.layer];
    let (inputs, input, gradient) = match layer.is_dense() {
        true => {
            let is_weight = range.shape.len() > 1;
            let (input, gradient) = dense_places(network, layout, layer.name);
            (
                usize::from(is_weight) * layer.input.units(),
                input,
                gradient,
            )
        }
        false => (0, 0, 0),
    };
    let quads = [
        range.offset / 4,
        range.len().div_ceil(4),
        range.padded_len() / 4,
        layer.is_dense().into(),
        inputs / 4,
        input / 4,
        gradient / 4,
        0,
    ];
    quads.map(|word| word as u32)
}

/// Where the input of the dense layer `name` and its ∂E/∂a are in a record.
fn dense_places(network: &Network, layout: &FusedLayout, name: &str) -> (usize, usize) {
    match name {
        "C5" => (layout.s4, layout.c5_gradient),
        "F6" => (layout.c5, layout.f6_gradient),
        _ if network.layers().iter().any(|layer| layer.name == "F6") => {
            (layout.f6, layout.score_gradient)
        }
        _ => (layout.s4, layout.score_gradient),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_by_their_signs() {
        let codes = rbf_codes();
        let signs = sign_words(&codes);
        let units = signs.len();
        for (place, &code) in codes.iter().enumerate() {
            let is_set = signs[place % units] >> (place / units) & 1 == 1;
            assert_eq!(code, if is_set { 1.0 } else { -1.0 }, "{place}");
        }
    }
}
