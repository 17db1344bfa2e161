//! What a sample leaves for the gradients of the dense layers' weights.
//!
//! The weights of the dense layers are so many that no block keeps a gradient of its own for them.
//! Each sample leaves a record instead: of every dense layer the inputs and ∂E/∂(its sums), each
//! filled up to whole cache lines. The gradients are formed from the records of the whole batch.

use super::dense::{Rows, padded};
use super::memory::Planes;
use crate::model::{Network, Parameters};

/// A dense layer: where its parameters are in an arena, and where a record holds its values.
#[derive(Clone, Copy, Debug)]
pub struct DenseLayer {
    /// Place in the network's table.
    pub layer: usize,
    /// Place of the first weight in an arena.
    pub weight: usize,
    /// Place of the first bias in an arena.
    pub bias: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Places in a record.
    inputs_at: usize,
    gradients_at: usize,
}

impl DenseLayer {
    /// The inputs of a batch, of which `records` are the records, `stride` numbers each.
    pub fn input_rows<'a>(&self, records: &'a [f32], stride: usize) -> Rows<'a> {
        Rows {
            records,
            stride,
            first: self.inputs_at,
            units: padded(self.inputs),
        }
    }

    /// The gradients of a batch, of which `records` are the records, `stride` numbers each.
    pub fn gradient_rows<'a>(&self, records: &'a [f32], stride: usize) -> Rows<'a> {
        Rows {
            records,
            stride,
            first: self.gradients_at,
            units: padded(self.outputs),
        }
    }

    /// Writes the layer's part of the records of a block.
    #[inline(always)]
    pub fn write<const SAMPLES: usize>(
        &self,
        input: &[f32],
        sum_gradient: &[f32],
        records: &mut [f32],
        stride: usize,
    ) {
        for (sample, record) in records.chunks_exact_mut(stride).enumerate() {
            let inputs = &mut record[self.inputs_at..][..self.inputs];
            Planes::<SAMPLES>::units(self.inputs).get(sample, input, inputs);
            let gradients = &mut record[self.gradients_at..][..self.outputs];
            Planes::<SAMPLES>::units(self.outputs).get(sample, sum_gradient, gradients);
        }
    }
}

/// The dense layers of `network`.
pub fn dense_layers(network: &Network) -> Vec<DenseLayer> {
    let parameters = Parameters::of(network);
    let mut end = 0;
    let mut take = |units| {
        let start = end;
        end += padded(units);
        start
    };
    let mut dense = Vec::new();
    for (index, layer) in network.layers().iter().enumerate() {
        let Some((weight, bias)) = parameters.of_layer(index).filter(|_| layer.is_dense()) else {
            continue;
        };
        let (inputs, outputs) = (layer.input.units(), layer.output.units());
        dense.push(DenseLayer {
            layer: index,
            weight: weight.offset,
            bias: bias.offset,
            inputs,
            outputs,
            inputs_at: take(inputs),
            gradients_at: take(outputs),
        });
    }
    dense
}

/// Numbers in a sample's record.
pub fn record_len(layers: &[DenseLayer]) -> usize {
    let len = |layer: &DenseLayer| padded(layer.inputs) + padded(layer.outputs);
    layers.iter().map(len).sum()
}
