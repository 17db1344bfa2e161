//! A block of samples on its way through the network and back.

use std::ops::Range;

use super::batch::FIELD;
use super::memory::{Aligned, Planes};
use super::simd::Simd;
use super::{conv, dense, halving, rbf, squash};
use crate::data::FIELD_SIDE;
use crate::model::{DIGITS, Layer, Network, Operation, Parameters, rbf_codes};
use crate::reference::softmax;

/// A network laid out for `SAMPLES` samples side by side.
pub struct Block<const SAMPLES: usize> {
    layers: Vec<BlockLayer<SAMPLES>>,
    input: Planes<SAMPLES>,
    codes: Vec<f32>,
    dense: Vec<DenseLayer>,
}

struct BlockLayer<const SAMPLES: usize> {
    operation: BlockOperation<SAMPLES>,
    squashed: bool,
    values: Planes<SAMPLES>,
    gradient: Planes<SAMPLES>,
    /// The layer's weights and biases in the arena; empty if it has none.
    weight: Range<usize>,
    bias: Range<usize>,
}

enum BlockOperation<const SAMPLES: usize> {
    Convolution(conv::Geometry<SAMPLES>),
    Subsampling(halving::Geometry<SAMPLES>),
    AveragePooling(halving::Geometry<SAMPLES>),
    MaxPooling(halving::Geometry<SAMPLES>),
    Dense,
    Rbf,
    Softmax,
}

/// Where a dense layer's parameters are in the arena, and what it leaves in a sample's record for
/// the gradient of its weights: its inputs, and ∂E/∂(its weighted sums).
#[derive(Clone, Copy, Debug)]
pub struct DenseLayer {
    /// Position in the network's table.
    layer: usize,
    /// First weight.
    pub weight: usize,
    /// First bias.
    pub bias: usize,
    /// Inputs.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    inputs_at: usize,
    gradients_at: usize,
}

impl DenseLayer {
    /// The inputs of a batch.
    pub fn input_rows<'a>(&self, records: &'a [f32], stride: usize) -> dense::Rows<'a> {
        let (first, units) = (self.inputs_at, dense::padded(self.inputs));
        dense::Rows {
            records,
            stride,
            first,
            units,
        }
    }

    /// The gradients of a batch.
    pub fn gradient_rows<'a>(&self, records: &'a [f32], stride: usize) -> dense::Rows<'a> {
        let (first, units) = (self.gradients_at, dense::padded(self.outputs));
        dense::Rows {
            records,
            stride,
            first,
            units,
        }
    }
}

/// The dense layers of `network`.
pub fn dense_layers(network: &Network, parameters: &Parameters) -> Vec<DenseLayer> {
    let mut end = 0;
    let mut take = |units| {
        let start = end;
        end += dense::padded(units);
        start
    };
    let layers = network
        .layers
        .iter()
        .enumerate()
        .filter(|(_, layer)| layer.is_dense());
    layers
        .map(|(layer, description)| {
            let (weight, bias) = parameters
                .of_layer(layer)
                .expect("dense layers have parameters");
            let (inputs, outputs) = (description.input.units(), description.output.units());
            DenseLayer {
                layer,
                weight: weight.offset,
                bias: bias.offset,
                inputs,
                outputs,
                inputs_at: take(inputs),
                gradients_at: take(outputs),
            }
        })
        .collect()
}

/// Numbers in a sample's record.
pub fn record_len(layers: &[DenseLayer]) -> usize {
    layers
        .iter()
        .map(|layer| dense::padded(layer.inputs) + dense::padded(layer.outputs))
        .sum()
}

/// What a block of samples leaves in every layer, and the gradients there.
pub struct Activations {
    input: Aligned,
    layers: Vec<LayerValues>,
}

struct LayerValues {
    /// The layer's output.
    values: Aligned,
    /// ∂E/∂output on the way back, ∂E/∂(weighted sum) once it is squashed back.
    gradient: Aligned,
}

impl<const SAMPLES: usize> Block<SAMPLES> {
    /// The layout of `network`.
    pub fn new(network: &Network) -> Self {
        let parameters = Parameters::of(network);
        let input = Planes::aligned(network.input());
        let mut layers: Vec<BlockLayer<SAMPLES>> = Vec::new();
        for (index, layer) in network.layers.iter().enumerate() {
            let next = network.layers.get(index + 1);
            let convolved_next = next.is_some_and(is_convolved);
            let source = layers.last().map_or(&input, |before| &before.values);
            layers.push(match &layer.operation {
                Operation::Convolution(table) if !layer.is_dense() => {
                    let values = match SAMPLES {
                        // Maps of the same stride are convolved in one run.
                        1 => Planes::with_row(layer.output, source.row),
                        _ => Planes::aligned(layer.output),
                    };
                    // The first layer's input needs no gradient, and its own none of that width.
                    let row = if index == 0 { values.row } else { source.row };
                    let gradient = Planes::framed(layer.output, row);
                    let geometry = conv::Geometry::new(table, *source, values, gradient);
                    BlockLayer::new(
                        BlockOperation::Convolution(geometry),
                        layer,
                        values,
                        gradient,
                    )
                }
                Operation::Subsampling | Operation::AveragePooling | Operation::MaxPooling => {
                    let before = layers.last().expect("a halving follows a convolution");
                    let output = if convolved_next {
                        Planes::aligned(layer.output)
                    } else {
                        Planes::packed(layer.output)
                    };
                    let geometry = halving::Geometry {
                        input: *source,
                        input_gradient: before.gradient,
                        output,
                    };
                    let operation = match layer.operation {
                        Operation::Subsampling => BlockOperation::Subsampling(geometry),
                        Operation::AveragePooling => BlockOperation::AveragePooling(geometry),
                        _ => BlockOperation::MaxPooling(geometry),
                    };
                    BlockLayer::new(operation, layer, output, output)
                }
                Operation::Rbf => BlockLayer::packed(BlockOperation::Rbf, layer),
                Operation::Softmax => BlockLayer::packed(BlockOperation::Softmax, layer),
                _ => BlockLayer::packed(BlockOperation::Dense, layer),
            });
        }
        for (index, layer) in layers.iter_mut().enumerate() {
            if let Some((weight, bias)) = parameters.of_layer(index) {
                (layer.weight, layer.bias) = (weight.span(), bias.span());
            }
        }
        Self {
            layers,
            input,
            dense: dense_layers(network, &parameters),
            codes: rbf_codes(),
        }
    }

    /// Room for a block.
    pub fn activations(&self) -> Activations {
        Activations {
            input: Aligned::zeros(self.input.extent()),
            layers: self
                .layers
                .iter()
                .map(|layer| LayerValues {
                    values: Aligned::zeros(layer.values.extent()),
                    gradient: Aligned::zeros(layer.gradient.extent()),
                })
                .collect(),
        }
    }

    /// Puts the middle of `field` [y,x], as much of it as the network looks at, in the place of
    /// sample `sample`.
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

    /// The penalties of sample `sample` after [`Block::forward`].
    #[inline(always)]
    pub fn penalties(&self, sample: usize, activations: &Activations) -> [f32; DIGITS] {
        let last = activations.layers.last().expect("a network has layers");
        std::array::from_fn(|class| last.values[class * SAMPLES + sample])
    }

    /// Sets ∂E/∂penalty of sample `sample` before [`Block::backward`].
    #[inline(always)]
    pub fn put_penalty_gradient(
        &self,
        sample: usize,
        gradient: &[f32; DIGITS],
        activations: &mut Activations,
    ) {
        let last = activations.layers.last_mut().expect("a network has layers");
        for (class, &dy) in gradient.iter().enumerate() {
            last.gradient[class * SAMPLES + sample] = dy;
        }
    }

    /// Computes all layers from the input. `arena` holds the parameters.
    #[inline(always)]
    pub fn forward<S: Simd>(&self, simd: S, arena: &[f32], activations: &mut Activations) {
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, rest) = activations.layers.split_at_mut(index);
            let input: &[f32] = before
                .last()
                .map_or(&activations.input, |layer| &layer.values);
            let values = &mut rest[0].values;
            let (weight, bias) = self.parameters_of(index, arena);
            match &layer.operation {
                BlockOperation::Convolution(geometry) => {
                    conv::forward(simd, geometry, input, weight, bias, values);
                }
                BlockOperation::Subsampling(geometry) => {
                    halving::subsample_forward(simd, geometry, input, weight, bias, values);
                }
                BlockOperation::AveragePooling(geometry) => {
                    halving::average_forward(simd, geometry, input, values);
                }
                BlockOperation::MaxPooling(geometry) => {
                    halving::max_forward(simd, geometry, input, values);
                }
                BlockOperation::Dense => {
                    let input = &input[..self.inputs_of(index)];
                    dense::forward::<S, SAMPLES>(simd, input, weight, bias, values);
                }
                BlockOperation::Rbf => {
                    let input = &input[..self.inputs_of(index)];
                    rbf::forward::<SAMPLES>(input, &self.codes, &mut values[..DIGITS * SAMPLES]);
                }
                BlockOperation::Softmax => for_each_sample::<SAMPLES>(|sample| {
                    let mut penalties = [0.0; DIGITS];
                    softmax::forward(&classes_of::<SAMPLES>(sample, input), &mut penalties);
                    put_classes::<SAMPLES>(sample, &penalties, values);
                }),
            }
            if layer.squashed {
                squash::forward(simd, &layer.values, values);
            }
        }
    }

    /// Propagates ∂E/∂penalty back, leaves the gradient of all parameters before the first dense
    /// layer in `gradient`, an arena's beginning, and what the others need in `records`.
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
                values,
                gradient: da,
            } = &mut rest[0];
            if layer.squashed {
                squash::backward_input(simd, (&layer.values, values), (&layer.gradient, da));
            }
            let (input, mut dx): (&[f32], Option<&mut [f32]>) = match before.last_mut() {
                Some(LayerValues { values, gradient }) => (values, Some(gradient)),
                None => (&activations.input, None),
            };
            self.backward_weight(simd, index, input, da, gradient);
            if let Some(dx) = &mut dx {
                self.backward_input(simd, index, (input, values, da), arena, dx);
            }
        }
    }

    #[inline(always)]
    fn backward_weight<S: Simd>(
        &self,
        simd: S,
        index: usize,
        input: &[f32],
        da: &[f32],
        gradient: &mut [f32],
    ) {
        let layer = &self.layers[index];
        // What is behind the shared weights belongs to dense layers, and is not asked for here.
        if layer.bias.end > gradient.len() {
            return;
        }
        let (head, tail) = gradient.split_at_mut(layer.bias.start);
        let (dw, db) = (
            &mut head[layer.weight.clone()],
            &mut tail[..layer.bias.len()],
        );
        match &layer.operation {
            BlockOperation::Convolution(geometry) => {
                conv::backward_weight(simd, geometry, input, da, dw, db);
            }
            BlockOperation::Subsampling(geometry) => {
                halving::subsample_backward_weight(simd, geometry, input, da, dw, db);
            }
            _ => {}
        }
    }

    #[inline(always)]
    fn backward_input<S: Simd>(
        &self,
        simd: S,
        index: usize,
        (input, values, da): (&[f32], &[f32], &[f32]),
        arena: &[f32],
        dx: &mut [f32],
    ) {
        let (weight, _) = self.parameters_of(index, arena);
        let (inputs, outputs) = (self.inputs_of(index), self.outputs_of(index));
        match &self.layers[index].operation {
            BlockOperation::Convolution(geometry) => {
                conv::backward_input(simd, geometry, da, weight, dx);
            }
            BlockOperation::Subsampling(geometry) => {
                halving::subsample_backward_input(simd, geometry, da, weight, dx);
            }
            BlockOperation::AveragePooling(geometry) => {
                halving::average_backward_input(simd, geometry, da, dx);
            }
            BlockOperation::MaxPooling(geometry) => {
                halving::max_backward_input(geometry, input, da, dx);
            }
            BlockOperation::Dense => {
                dense::backward_input::<S, SAMPLES>(
                    simd,
                    &da[..outputs],
                    weight,
                    &mut dx[..inputs],
                );
            }
            BlockOperation::Rbf => rbf::backward_input::<SAMPLES>(
                &input[..inputs],
                &self.codes,
                &da[..outputs],
                &mut dx[..inputs],
            ),
            BlockOperation::Softmax => for_each_sample::<SAMPLES>(|sample| {
                let mut score_gradient = [0.0; DIGITS];
                let penalties = classes_of::<SAMPLES>(sample, values);
                let gradient = classes_of::<SAMPLES>(sample, da);
                softmax::backward_input(&penalties, &gradient, &mut score_gradient);
                put_classes::<SAMPLES>(sample, &score_gradient, dx);
            }),
        }
    }

    /// Writes what the dense layers' weight gradients need, sample by sample.
    #[inline(always)]
    pub fn record(&self, activations: &Activations, records: &mut [f32], stride: usize) {
        for layer in &self.dense {
            let input = match layer.layer {
                0 => &activations.input,
                index => &activations.layers[index - 1].values,
            };
            let gradient = &activations.layers[layer.layer].gradient;
            for (sample, record) in records.chunks_exact_mut(stride).enumerate() {
                let inputs = &mut record[layer.inputs_at..][..layer.inputs];
                Planes::<SAMPLES>::units(layer.inputs).get(sample, input, inputs);
                let gradients = &mut record[layer.gradients_at..][..layer.outputs];
                Planes::<SAMPLES>::units(layer.outputs).get(sample, gradient, gradients);
            }
        }
    }

    /// Numbers that the layer reads, all samples together.
    #[inline(always)]
    fn inputs_of(&self, index: usize) -> usize {
        let planes = match index {
            0 => &self.input,
            _ => &self.layers[index - 1].values,
        };
        planes.shape.units() * SAMPLES
    }

    /// Numbers that the layer writes, all samples together.
    #[inline(always)]
    fn outputs_of(&self, index: usize) -> usize {
        self.layers[index].values.shape.units() * SAMPLES
    }

    #[inline(always)]
    fn parameters_of<'a>(&self, layer: usize, arena: &'a [f32]) -> (&'a [f32], &'a [f32]) {
        let layer = &self.layers[layer];
        (&arena[layer.weight.clone()], &arena[layer.bias.clone()])
    }
}

impl<const SAMPLES: usize> BlockLayer<SAMPLES> {
    fn new(
        operation: BlockOperation<SAMPLES>,
        layer: &Layer,
        values: Planes<SAMPLES>,
        gradient: Planes<SAMPLES>,
    ) -> Self {
        Self {
            operation,
            squashed: layer.squashed,
            values,
            gradient,
            weight: 0..0,
            bias: 0..0,
        }
    }

    fn packed(operation: BlockOperation<SAMPLES>, layer: &Layer) -> Self {
        let planes = Planes::units(layer.output.units());
        Self::new(operation, layer, planes, planes)
    }
}

fn is_convolved(layer: &Layer) -> bool {
    matches!(layer.operation, Operation::Convolution(_)) && !layer.is_dense()
}

#[inline(always)]
fn for_each_sample<const SAMPLES: usize>(visit: impl FnMut(usize)) {
    (0..SAMPLES).for_each(visit);
}

/// The ten values of one sample.
#[inline(always)]
fn classes_of<const SAMPLES: usize>(sample: usize, values: &[f32]) -> [f32; DIGITS] {
    std::array::from_fn(|class| values[class * SAMPLES + sample])
}

#[inline(always)]
fn put_classes<const SAMPLES: usize>(sample: usize, classes: &[f32; DIGITS], values: &mut [f32]) {
    for (class, &value) in classes.iter().enumerate() {
        values[class * SAMPLES + sample] = value;
    }
}
