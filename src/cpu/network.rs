//! The forward and the backward pass of a block of samples through the whole network.

use super::batch::FIELD;
use super::layers::{BlockLayer, layers_of};
use super::memory::{Aligned, Planes};
use super::operation::{Computed, LayerOperation};
use super::records::{DenseLayer, dense_layers};
use super::simd::Simd;
use super::squash;
use crate::data::FIELD_SIDE;
use crate::model::{DIGITS, Network};

/// A network, to be computed for a block of `SAMPLES` samples at a time.
pub struct BlockNetwork<const SAMPLES: usize> {
    input: Planes<SAMPLES>,
    layers: Vec<BlockLayer<SAMPLES>>,
    dense: Vec<DenseLayer>,
}

/// What a block of samples leaves in every layer, and the gradients there.
pub struct Activations {
    input: Aligned,
    layers: Vec<LayerValues>,
}

struct LayerValues {
    /// The layer's output.
    output: Aligned,
    /// ∂E/∂output on the way back, ∂E/∂(its sums) once the squashing is undone.
    gradient: Aligned,
}

impl Activations {
    /// The input of the layer at place `layer`.
    #[inline(always)]
    fn input_of(&self, layer: usize) -> &[f32] {
        match layer {
            0 => &self.input,
            _ => &self.layers[layer - 1].output,
        }
    }
}

impl<const SAMPLES: usize> BlockNetwork<SAMPLES> {
    /// Lays out `network`.
    pub fn new(network: &Network) -> Self {
        let (input, layers) = layers_of(network);
        Self {
            input,
            layers,
            dense: dense_layers(network),
        }
    }

    /// The buffers for a block, filled with 0.
    pub fn activations(&self) -> Activations {
        let layers = self.layers.iter().map(|layer| LayerValues {
            output: Aligned::zeros(layer.output.extent()),
            gradient: Aligned::zeros(layer.output_gradient.extent()),
        });
        Activations {
            input: Aligned::zeros(self.input.extent()),
            layers: layers.collect(),
        }
    }

    /// Makes the middle of `field` [y,x], as much of it as the network looks at, the input of sample
    /// `sample` of the block.
    #[inline(always)]
    pub fn put_input(&self, sample: usize, field: &[f32; FIELD], activations: &mut Activations) {
        let side = self.input.shape.height;
        let margin = (FIELD_SIDE - side) / 2;
        let (rows, _) = field.as_chunks::<FIELD_SIDE>();
        for (y, row) in rows[margin..margin + side].iter().enumerate() {
            let row = &row[margin..margin + side];
            self.input.put_row(sample, y, row, &mut activations.input);
        }
    }

    /// Makes `values` [c,y,x] the input of sample `sample` of the block.
    #[cfg(feature = "strings")]
    #[inline(always)]
    pub fn put_values(&self, sample: usize, values: &[f32], activations: &mut Activations) {
        self.input.put(sample, values, &mut activations.input);
    }

    /// Copies the last layer's output [c,y,x] of sample `sample` of the block to `values` after
    /// [`BlockNetwork::forward`].
    #[cfg(feature = "strings")]
    #[inline(always)]
    pub fn get_output(&self, sample: usize, activations: &Activations, values: &mut [f32]) {
        let (layer, computed) = match (self.layers.last(), activations.layers.last()) {
            (Some(layer), Some(computed)) => (layer, computed),
            _ => unreachable!("a network has layers"),
        };
        layer.output.get(sample, &computed.output, values);
    }

    /// The penalties of sample `sample` of the block after [`BlockNetwork::forward`].
    #[inline(always)]
    pub fn penalties(&self, sample: usize, activations: &Activations) -> [f32; DIGITS] {
        let last = activations.layers.last().expect("a network has layers");
        let mut penalties = [0.0; DIGITS];
        Planes::<SAMPLES>::units(DIGITS).get(sample, &last.output, &mut penalties);
        penalties
    }

    /// Sets ∂E/∂penalty of sample `sample` of the block before [`BlockNetwork::backward`].
    #[inline(always)]
    pub fn put_penalty_gradient(
        &self,
        sample: usize,
        gradient: &[f32; DIGITS],
        activations: &mut Activations,
    ) {
        let last = activations.layers.last_mut().expect("a network has layers");
        Planes::<SAMPLES>::units(DIGITS).put(sample, gradient, &mut last.gradient);
    }

    /// Computes all layers from the input, with the parameters in `arena`.
    #[inline(always)]
    pub fn forward<S: Simd>(&self, simd: S, arena: &[f32], activations: &mut Activations) {
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, rest) = activations.layers.split_at_mut(index);
            let input: &[f32] = match before.last() {
                Some(previous) => &previous.output,
                None => &activations.input,
            };
            let output = &mut rest[0].output;
            let (weight, bias) = (&arena[layer.weight.clone()], &arena[layer.bias.clone()]);
            layer.operation.forward(simd, input, weight, bias, output);
            if layer.squashed {
                squash::forward(simd, &layer.output, output);
            }
        }
    }

    /// Propagates ∂E/∂penalty back. Leaves in `gradient`, an arena's beginning, the gradient of the
    /// parameters there; that of the dense layers' is formed from the block's records (see
    /// [`BlockNetwork::record`]).
    #[inline(always)]
    pub fn backward<S: Simd>(
        &self,
        simd: S,
        arena: &[f32],
        activations: &mut Activations,
        gradient: &mut [f32],
    ) {
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (before, rest) = activations.layers.split_at_mut(index);
            let LayerValues {
                output,
                gradient: da,
            } = &mut rest[0];
            if layer.squashed {
                squash::backward_input(simd, (&layer.output, output), (&layer.output_gradient, da));
            }
            let (input, input_gradient): (&[f32], _) = match before.last_mut() {
                Some(previous) => (&previous.output, Some(&mut previous.gradient)),
                None => (&activations.input, None),
            };
            let computed = Computed {
                input,
                weight: &arena[layer.weight.clone()],
                output,
                sum_gradient: da,
            };
            if let Some((dw, db)) = layer.parameters_in(gradient) {
                layer.operation.backward_weight(simd, &computed, dw, db);
            }
            if let Some(dx) = input_gradient {
                layer.operation.backward_input(simd, &computed, dx);
            }
        }
    }

    /// What the layers at places `layers` read [c,y,x] of sample `sample` of the block, one layer after
    /// another, after [`BlockNetwork::forward`].
    #[inline(always)]
    pub fn get_inputs(
        &self,
        layers: &[usize],
        sample: usize,
        activations: &Activations,
        mut inputs: &mut [f32],
    ) {
        for &layer in layers {
            let planes = match layer {
                0 => &self.input,
                _ => &self.layers[layer - 1].output,
            };
            let (of_layer, rest) = inputs.split_at_mut(planes.shape.units());
            planes.get(sample, activations.input_of(layer), of_layer);
            inputs = rest;
        }
    }

    /// Writes the block's `records`, `stride` numbers per sample, after [`BlockNetwork::backward`].
    #[inline(always)]
    pub fn record(&self, activations: &Activations, records: &mut [f32], stride: usize) {
        for layer in &self.dense {
            let input = activations.input_of(layer.layer);
            let sum_gradient = &activations.layers[layer.layer].gradient;
            layer.write::<SAMPLES>(input, sum_gradient, records, stride);
        }
    }
}
