//! The dispatches of second derivatives, back through the whole network; the same recursion as
//! `src/reference/network/second.rs`, where it is described.

use crate::gpu::groups::Batches;
use crate::gpu::kernels::{self, conv::ConvShape};
use crate::gpu::{Device, GpuError, Plan, View};
use crate::model::{Layer, Network, Operation};

use super::{Activations, F32, NetworkTables, tensor};

/// ∂²E/∂·² of a batch in one layer: of its weighted sums and of its outputs, the same buffer where
/// nothing is squashed.
struct LayerCurvatures {
    sums: View,
    outputs: View,
}

/// The buffers of a backward pass of second derivatives.
pub(in crate::gpu) struct Curvatures {
    layers: Vec<LayerCurvatures>,
    partial: View,
}

/// Slices in which a model's second derivatives of the weights of `layer` are summed; none if they are
/// summed in one go.
fn partial_slices(layer: &Layer, batch: usize) -> usize {
    match &layer.operation {
        _ if layer.is_dense() => 0,
        Operation::Convolution(table) => {
            kernels::conv::second_slices(ConvShape::new(batch, layer.input, table))
        }
        Operation::Subsampling => kernels::subsample::slices(batch, layer.input),
        _ => 0,
    }
}

impl Curvatures {
    /// Room for `batches`.
    pub fn new(device: &Device, network: &Network, batches: Batches) -> Result<Self, GpuError> {
        let layers = network.layers.iter().map(|layer| {
            let units = layer.output.units();
            let outputs = tensor(device, "second derivatives", batches, units)?;
            let sums = match layer.squashed {
                true => tensor(device, "second derivatives", batches, units)?,
                false => outputs.clone(),
            };
            Ok(LayerCurvatures { sums, outputs })
        });
        let largest_partial = network
            .layers
            .iter()
            .map(|layer| partial_slices(layer, batches.size) * layer.parameters())
            .max()
            .unwrap_or(0);
        Ok(Self {
            layers: layers.collect::<Result<_, GpuError>>()?,
            partial: device.zeros("partial sums", batches.models * largest_partial * F32)?,
        })
    }

    /// Where ∂²E/∂penalty² goes, [group][class]; 0 until then.
    pub fn penalties(&self) -> &View {
        &self.layers.last().expect("a network has layers").outputs
    }
}

/// What the second derivatives of some batches are computed from: their forward pass, and ∂E/∂penalty.
pub(in crate::gpu) struct ForwardPass<'a> {
    pub batches: Batches,
    pub activations: &'a Activations,
    pub penalty_gradient: &'a View,
}

impl NetworkTables {
    /// Adds the dispatches of all layers to `plan`: from ∂²E/∂penalty² in `curvatures` to
    /// ∂²E/∂parameter² in `curvature`, an arena; `arena` holds the parameters.
    pub fn push_second_backward(
        &self,
        device: &Device,
        plan: &mut Plan,
        arena: &View,
        measured: &ForwardPass,
        curvatures: &Curvatures,
        curvature: &View,
    ) -> Result<(), GpuError> {
        let batches = measured.batches;
        for (index, layer) in self.network.layers.iter().enumerate().rev() {
            let own = &curvatures.layers[index];
            if layer.squashed {
                let squashed = measured.activations.input_of(index + 1);
                plan.push(
                    device,
                    kernels::squash::second_backward_input(batches.room(), layer.output.units()),
                    &[
                        ("squashed", squashed),
                        ("output_curvature", &own.outputs),
                        ("input_curvature", &own.sums),
                    ],
                )?;
            }
            if let Some(targets) = self.layer_views(curvature, index, batches.models) {
                self.push_weight_curvature(device, plan, index, measured, curvatures, &targets)?;
            }
            if let Some(previous) = index.checked_sub(1) {
                let trainable = self.parameter_views(arena, index, batches.models);
                let weight = trainable.map(|(weight, _)| weight);
                let io = [&own.sums, &curvatures.layers[previous].outputs];
                self.push_input_curvature(device, plan, index, measured, io, weight.as_ref())?;
            }
        }
        Ok(())
    }

    /// ∂²E/∂weight² and ∂²E/∂bias² of one layer into `targets`.
    fn push_weight_curvature(
        &self,
        device: &Device,
        plan: &mut Plan,
        index: usize,
        measured: &ForwardPass,
        curvatures: &Curvatures,
        (weight, bias): &(View, View),
    ) -> Result<(), GpuError> {
        let (layer, batches) = (&self.network.layers[index], measured.batches);
        let batch = batches.size;
        let io = [
            ("input", measured.activations.input_of(index)),
            ("output_curvature", &curvatures.layers[index].sums),
        ];
        if layer.is_dense() {
            let (inputs, outputs) = (layer.input.units(), layer.output.units());
            let kernel = kernels::dense::second_backward_weight(batch, inputs, outputs);
            let kernel = self.for_all_models(kernel, index, batches.models);
            let targets = [("weight_curvature", weight), ("bias_curvature", bias)];
            return plan.push(device, kernel, &[io, targets].concat());
        }
        let (weights, biases) = layer.trainable();
        let slices = partial_slices(layer, batch);
        let partial = curvatures
            .partial
            .part(0, batches.models * slices * (weights + biases) * F32);
        let mut bindings = io.to_vec();
        bindings.push(("partial", &partial));
        let kernel = match &layer.operation {
            Operation::Convolution(table) => {
                bindings.push(("pairs", &self.table(index).pairs));
                kernels::conv::second_backward_weight(ConvShape::new(batch, layer.input, table))
            }
            Operation::Subsampling => {
                kernels::subsample::second_backward_weight(batch, layer.input)
            }
            _ => unreachable!("{} has no parameters", layer.name),
        };
        let kernel = self.for_all_models(kernel, index, batches.models);
        plan.push(device, kernel, &bindings)?;
        let kernel = kernels::reduce::sum(slices, weights, biases);
        plan.push(
            device,
            self.for_all_models(kernel, index, batches.models),
            &[
                ("partial", &partial),
                ("weight_gradient", weight),
                ("bias_gradient", bias),
            ],
        )
    }

    /// ∂²E/∂input² of one layer, from ∂²E/∂sum².
    fn push_input_curvature(
        &self,
        device: &Device,
        plan: &mut Plan,
        index: usize,
        measured: &ForwardPass,
        [sums, inputs]: [&View; 2],
        weight: Option<&View>,
    ) -> Result<(), GpuError> {
        let (layer, batches) = (&self.network.layers[index], measured.batches);
        let batch = self.batch_of(index, batches);
        let (input_units, output_units) = (layer.input.units(), layer.output.units());
        let input = measured.activations.input_of(index);
        let io = match &layer.operation {
            Operation::MaxPooling => [("output_gradient", sums), ("input_gradient", inputs)],
            _ => [("output_curvature", sums), ("input_curvature", inputs)],
        };
        let (kernel, extra) = match (&layer.operation, weight) {
            (_, Some(weight)) if layer.is_dense() => (
                kernels::dense::second_backward_input(batch, input_units, output_units),
                vec![("weight", weight)],
            ),
            (Operation::Convolution(table), Some(weight)) => {
                let views = self.table(index);
                (
                    kernels::conv::second_backward_input(ConvShape::new(batch, layer.input, table)),
                    vec![
                        ("weight", weight),
                        ("pairs", &views.pairs),
                        ("first_reader", &views.first_reader),
                        ("readers", &views.readers),
                    ],
                )
            }
            (Operation::Subsampling, Some(weight)) => (
                kernels::subsample::second_backward_input(batch, layer.input),
                vec![("weight", weight)],
            ),
            (Operation::AveragePooling, _) => (
                kernels::average_pool::second_backward_input(batch, layer.input),
                vec![],
            ),
            // A connection that is either 1 or 0 is its own square.
            (Operation::MaxPooling, _) => (
                kernels::max_pool::backward_input(batch, layer.input),
                vec![("input", input)],
            ),
            (Operation::Rbf, _) => (
                kernels::rbf::second_backward_input(batch, input_units, output_units),
                vec![
                    ("input", input),
                    ("codes", &self.codes),
                    ("output_gradient", measured.penalty_gradient),
                ],
            ),
            (Operation::Softmax, _) => (
                kernels::softmax::second_backward_input(batch, output_units),
                vec![
                    ("penalties", measured.activations.penalties()),
                    ("output_gradient", measured.penalty_gradient),
                ],
            ),
            (_, None) => unreachable!("{} has parameters", layer.name),
            (Operation::Dense, _) => unreachable!("a dense layer is dense"),
        };
        let kernel = self.for_all_models(kernel, index, batches.models);
        plan.push(device, kernel, &[&io[..], &extra].concat())
    }
}
