//! The whole network on an adapter: its buffers and the dispatches of forward and backward.

mod curvature;

pub(super) use curvature::{Curvatures, ForwardPass};

use bytemuck::cast_slice;

use crate::model::{ConnectionTable, Layer, Network, Operation, Parameters, Range, rbf_codes};

use super::groups::{Batches, GROUP};
use super::kernels::{self, conv::ConvShape};
use super::plan::MOST_WORKGROUPS;
use super::{Device, GpuError, Kernel, Plan, View};

/// Bytes of a value.
const F32: usize = size_of::<f32>();

/// What every plan of one network shares: its fixed tables and the layout of its parameters.
pub(super) struct NetworkTables {
    pub network: Network,
    pub parameters: Parameters,
    codes: View,
    tables: Vec<Option<TableViews>>,
}

/// A connection table on the adapter, by output map and by input map.
pub(crate) struct TableViews {
    pub first_kernel: View,
    pub pairs: View,
    pub first_reader: View,
    pub readers: View,
    pub couples: View,
}

impl TableViews {
    /// Uploads `table`.
    pub(crate) fn upload(device: &Device, table: &ConnectionTable) -> Result<Self, GpuError> {
        let pairs: Vec<[u32; 2]> = table
            .pairs()
            .map(|pair| [pair.input as u32, pair.output as u32])
            .collect();
        let readers: Vec<u32> = (0..table.inputs())
            .flat_map(|input| table.pairs_from(input).map(|pair| pair.kernel as u32))
            .collect();
        let into = |output| table.pairs_into(output).count();
        let from = |input| table.pairs_from(input).count();
        Ok(Self {
            first_kernel: device.upload("first kernels", &running_sum(table.outputs(), into))?,
            pairs: device.upload("pairs", cast_slice::<[u32; 2], u32>(&pairs))?,
            first_reader: device.upload("first readers", &running_sum(table.inputs(), from))?,
            readers: device.upload("readers", &readers)?,
            couples: device.upload(
                "couples",
                cast_slice::<[u32; 2], u32>(&kernels::conv::couples(table)),
            )?,
        })
    }
}

/// Where each of `count` runs starts, and where the last one ends.
fn running_sum(count: usize, length: impl Fn(usize) -> usize) -> Vec<u32> {
    let mut starts = vec![0];
    let mut end = 0;
    for index in 0..count {
        end += length(index) as u32;
        starts.push(end);
    }
    starts
}

/// A tensor of `units` units a sample, filled with 0.
fn tensor(device: &Device, what: &str, batches: Batches, units: usize) -> Result<View, GpuError> {
    device.zeros(what, batches.room() * units * F32)
}

/// An arena of parameters to compute with, that holds `values`. Behind it is room for the last
/// convolution's weights to be bound as a uniform of fixed size.
pub(super) fn parameter_arena(device: &Device, values: &[f32]) -> Result<View, GpuError> {
    let bytes = size_of_val(values);
    let buffer = device.zeros("parameters", bytes + kernels::conv::MOST_WEIGHTS * F32)?;
    device.write(&buffer, values);
    Ok(buffer.part(0, bytes))
}

/// How many models of `network` can be computed side by side, at least one: as many as have the
/// weights of its largest convolution in one uniform, and the units of its largest layer, for batches
/// of `batch` samples, in the grid of a kernel that visits each; that is also less than a binding
/// holds.
pub(super) fn most_models(network: &Network, batch: usize) -> usize {
    let outputs = network.layers.iter().map(|layer| layer.output.units());
    let units = outputs.max().unwrap_or(0).max(network.input().units());
    let room = Batches::single(batch).room() * units;
    let grid = MOST_WORKGROUPS * SMALLEST_WORKGROUP * GROUP;
    (grid / room).clamp(1, most_in_a_uniform(network))
}

/// Invocations of a workgroup of the kernels that do not tell models apart.
const SMALLEST_WORKGROUP: usize = 64;

fn most_in_a_uniform(network: &Network) -> usize {
    let parameters = Parameters::of(network);
    let layers = network.layers.iter().enumerate();
    layers
        .filter(|(_, layer)| runs_as_convolution(layer))
        .filter_map(|(index, _)| parameters.of_layer(index))
        .map(|(weight, _)| 1 + (kernels::conv::MOST_WEIGHTS - weight.len()) / weight.padded_len())
        .min()
        .unwrap_or(1)
}

/// Whether the kernels of `layer` are those of a convolution.
fn runs_as_convolution(layer: &Layer) -> bool {
    matches!(layer.operation, Operation::Convolution(_)) && !layer.is_dense()
}

/// The forward activations of a batch on the adapter.
pub(super) struct Activations {
    pub input: View,
    layers: Vec<View>,
}

impl Activations {
    /// Room for `batches`.
    pub fn new(device: &Device, network: &Network, batches: Batches) -> Result<Self, GpuError> {
        let layers = network.layers.iter();
        Ok(Self {
            input: tensor(device, "fields", batches, network.input().units())?,
            layers: layers
                .map(|layer| tensor(device, layer.name, batches, layer.output.units()))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The penalties of the ten classes, [group][class].
    pub fn penalties(&self) -> &View {
        self.layers.last().expect("a network has layers")
    }

    fn input_of(&self, layer: usize) -> &View {
        match layer.checked_sub(1) {
            Some(previous) => &self.layers[previous],
            None => &self.input,
        }
    }
}

impl NetworkTables {
    pub fn new(device: &Device, network: &Network) -> Result<Self, GpuError> {
        let tables = network.layers.iter().map(|layer| match &layer.operation {
            Operation::Convolution(table) => TableViews::upload(device, table).map(Some),
            _ => Ok(None),
        });
        Ok(Self {
            network: network.clone(),
            parameters: Parameters::of(network),
            codes: device.upload("codes", &rbf_codes())?,
            tables: tables.collect::<Result<_, _>>()?,
        })
    }

    /// The views of weight and bias of `layer` in `arena`, that of `models` models.
    fn layer_views(&self, arena: &View, layer: usize, models: usize) -> Option<(View, View)> {
        let (weight, bias) = self.parameters.of_layer(layer)?;
        let view = |range: &Range| {
            let last = (models - 1) * range.padded_len();
            arena.part(range.offset * models * F32, (last + range.len()) * F32)
        };
        Some((view(weight), view(bias)))
    }

    /// The views of weight and bias of `layer` in `arena`, to compute with: a convolution's weights
    /// are bound as a uniform of fixed size.
    fn parameter_views(&self, arena: &View, layer: usize, models: usize) -> Option<(View, View)> {
        let (weight, bias) = self.layer_views(arena, layer, models)?;
        Some(match runs_as_convolution(&self.network.layers[layer]) {
            true => (weight.bound_as(kernels::conv::MOST_WEIGHTS * F32), bias),
            false => (weight, bias),
        })
    }

    /// Samples that the kernels of layer `index` see as one batch: a model's where the layer has
    /// parameters, else all.
    fn batch_of(&self, index: usize, batches: Batches) -> usize {
        match self.parameters.of_layer(index) {
            Some(_) => batches.size,
            None => batches.room(),
        }
    }

    /// `kernel` of layer `index`, for that batch, launched for all models.
    fn for_all_models(&self, kernel: Kernel, index: usize, models: usize) -> Kernel {
        match self.parameters.of_layer(index) {
            Some((weight, bias)) => {
                kernel.side_by_side(models, weight.padded_len(), bias.padded_len())
            }
            None => kernel,
        }
    }

    /// Adds the forward dispatches of all layers to `plan`.
    pub fn push_forward(
        &self,
        device: &Device,
        plan: &mut Plan,
        arena: &View,
        batches: Batches,
        activations: &Activations,
    ) -> Result<(), GpuError> {
        for (index, layer) in self.network.layers.iter().enumerate() {
            plan.section(layer.name);
            let (input, output) = (activations.input_of(index), &activations.layers[index]);
            let trainable = self.parameter_views(arena, index, batches.models);
            self.push_layer_forward(device, plan, batches, index, input, trainable, output)?;
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site, all of them bindings"
    )]
    fn push_layer_forward(
        &self,
        device: &Device,
        plan: &mut Plan,
        batches: Batches,
        index: usize,
        input: &View,
        trainable: Option<(View, View)>,
        output: &View,
    ) -> Result<(), GpuError> {
        let layer = &self.network.layers[index];
        let batch = self.batch_of(index, batches);
        let (inputs, outputs) = (layer.input.units(), layer.output.units());
        let io = [("input", input), ("output", output)];
        let (kernel, extra) = match (&layer.operation, &trainable) {
            (_, Some((weight, bias))) if layer.is_dense() => (
                kernels::dense::forward(batch, inputs, outputs, device.variant()),
                vec![("weight", weight), ("bias", bias)],
            ),
            (Operation::Convolution(table), Some((weight, bias))) => {
                let views = self.table(index);
                let shape = ConvShape::new(batch, layer.input, table);
                (
                    kernels::conv::forward(shape, device.variant()),
                    vec![
                        ("weight", weight),
                        ("bias", bias),
                        ("first_kernel", &views.first_kernel),
                        ("pairs", &views.pairs),
                    ],
                )
            }
            (Operation::Subsampling, Some((weight, bias))) => (
                kernels::subsample::forward(batch, layer.input),
                vec![("weight", weight), ("bias", bias)],
            ),
            (Operation::AveragePooling, _) => {
                (kernels::average_pool::forward(batch, layer.input), vec![])
            }
            (Operation::MaxPooling, _) => (kernels::max_pool::forward(batch, layer.input), vec![]),
            (Operation::Rbf, _) => (
                kernels::rbf::forward(batch, inputs, outputs),
                vec![("codes", &self.codes)],
            ),
            (Operation::Softmax, _) => (kernels::softmax::forward(batch, outputs), vec![]),
            (_, None) => unreachable!("{} has parameters", layer.name),
            (Operation::Dense, _) => unreachable!("a dense layer is dense"),
        };
        let kernel = self.for_all_models(kernel, index, batches.models);
        let kernel = kernel.squashing(layer.squashed);
        plan.push(device, kernel, &[&io[..], &extra].concat())
    }

    fn table(&self, layer: usize) -> &TableViews {
        self.tables[layer]
            .as_ref()
            .expect("a convolution has a table")
    }
}

/// Slices in which a model's weight gradient of `layer` is summed; none if it is summed in one go.
fn partial_slices(layer: &Layer, batch: usize) -> usize {
    match &layer.operation {
        _ if layer.is_dense() => 0,
        Operation::Convolution(table) => ConvShape::new(batch, layer.input, table).slices(),
        Operation::Subsampling => kernels::subsample::slices(batch, layer.input),
        _ => 0,
    }
}

/// Whether `backward_input` of `layer` can go on through the squashing of the layer before. The
/// others leave that to a kernel of its own.
fn passes_squashing(layer: &Layer) -> bool {
    matches!(
        layer.operation,
        Operation::Convolution(_) | Operation::Subsampling | Operation::Dense | Operation::Rbf
    )
}

/// The gradients of a batch's loss in one layer: by its weighted sums and by its outputs, the same
/// buffer where one kernel goes from those behind it to the sums.
struct LayerGradients {
    sums: View,
    outputs: View,
}

/// The buffers of a backward pass.
pub(super) struct Gradients {
    layers: Vec<LayerGradients>,
    partial: View,
}

impl Gradients {
    /// Room for `batches`.
    pub fn new(device: &Device, network: &Network, batches: Batches) -> Result<Self, GpuError> {
        let largest_partial = network
            .layers
            .iter()
            .map(|layer| partial_slices(layer, batches.size) * layer.parameters())
            .max()
            .unwrap_or(0);
        let layers = network.layers.iter().enumerate().map(|(index, layer)| {
            let units = layer.output.units();
            let sums = tensor(device, "gradients", batches, units)?;
            let outputs = match squashing_kernel_follows(network, index) {
                true => tensor(device, "gradients", batches, units)?,
                false => sums.clone(),
            };
            Ok(LayerGradients { sums, outputs })
        });
        Ok(Self {
            layers: layers.collect::<Result<_, GpuError>>()?,
            partial: device.zeros("partial sums", batches.models * largest_partial * F32)?,
        })
    }

    /// Where ∂E/∂penalty goes, [group][class].
    pub fn penalties(&self) -> &View {
        &self.layers.last().expect("a network has layers").outputs
    }
}

/// Whether the backward pass needs a kernel of its own for the squashing of layer `index`.
fn squashing_kernel_follows(network: &Network, index: usize) -> bool {
    let behind = network.layers.get(index + 1);
    network.layers[index].squashed && !behind.is_some_and(passes_squashing)
}

impl NetworkTables {
    /// Adds the backward dispatches of all layers to `plan`: from ∂E/∂penalty in `gradients` to
    /// ∂E/∂parameter in `gradient`, an arena.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site, all of them bindings"
    )]
    pub fn push_backward(
        &self,
        device: &Device,
        plan: &mut Plan,
        arena: &View,
        batches: Batches,
        activations: &Activations,
        gradients: &Gradients,
        gradient: &View,
    ) -> Result<(), GpuError> {
        for (index, layer) in self.network.layers.iter().enumerate().rev() {
            plan.section(layer.name);
            let (output, views) = (&activations.layers[index], &gradients.layers[index]);
            if squashing_kernel_follows(&self.network, index) {
                plan.push(
                    device,
                    kernels::squash::backward_input(batches.room(), layer.output.units()),
                    &[
                        ("squashed", output),
                        ("output_gradient", &views.outputs),
                        ("input_gradient", &views.sums),
                    ],
                )?;
            }
            let input = activations.input_of(index);
            if let Some(targets) = self.layer_views(gradient, index, batches.models) {
                let partial = &gradients.partial;
                self.push_weight(
                    device,
                    plan,
                    batches,
                    index,
                    input,
                    &views.sums,
                    targets,
                    partial,
                )?;
            }
            if let Some(previous) = index.checked_sub(1) {
                let trainable = self.parameter_views(arena, index, batches.models);
                self.push_input(
                    device,
                    plan,
                    batches,
                    index,
                    (input, output),
                    (&views.sums, &gradients.layers[previous].outputs),
                    trainable.map(|(weight, _)| weight),
                )?;
            }
        }
        Ok(())
    }

    /// ∂E/∂weight and ∂E/∂bias of one layer into `targets`.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site, all of them bindings"
    )]
    fn push_weight(
        &self,
        device: &Device,
        plan: &mut Plan,
        batches: Batches,
        index: usize,
        input: &View,
        sum_gradient: &View,
        targets: (View, View),
        partial: &View,
    ) -> Result<(), GpuError> {
        let (layer, batch) = (&self.network.layers[index], batches.size);
        let gradients = [
            ("weight_gradient", &targets.0),
            ("bias_gradient", &targets.1),
        ];
        let io = [("input", input), ("output_gradient", sum_gradient)];
        if layer.is_dense() {
            let (inputs, outputs) = (layer.input.units(), layer.output.units());
            let kernel = kernels::dense::backward_weight(batch, inputs, outputs, device.variant());
            let kernel = self.for_all_models(kernel, index, batches.models);
            return plan.push(device, kernel, &[io, gradients].concat());
        }
        let (weights, biases) = layer.trainable();
        let slices = partial_slices(layer, batch);
        let partial = partial.part(0, batches.models * slices * (weights + biases) * F32);
        let mut bindings = io.to_vec();
        bindings.push(("partial", &partial));
        let kernel = match &layer.operation {
            Operation::Convolution(table) => {
                let views = self.table(index);
                bindings.push(("first_kernel", &views.first_kernel));
                bindings.push(("pairs", &views.pairs));
                bindings.push(("couples", &views.couples));
                kernels::conv::backward_weight(ConvShape::new(batch, layer.input, table))
            }
            Operation::Subsampling => kernels::subsample::backward_weight(batch, layer.input),
            _ => unreachable!("{} has no parameters", layer.name),
        };
        let kernel = self.for_all_models(kernel, index, batches.models);
        plan.push(device, kernel, &bindings)?;
        let kernel = kernels::reduce::sum(slices, weights, biases);
        let kernel = self.for_all_models(kernel, index, batches.models);
        let partial = ("partial", &partial);
        plan.push(device, kernel, &[&[partial], &gradients[..]].concat())
    }

    /// ∂E/∂input of one layer. `values` are its input and output, `gradients` ∂E/∂sum and where
    /// ∂E/∂input goes.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site, all of them bindings"
    )]
    fn push_input(
        &self,
        device: &Device,
        plan: &mut Plan,
        batches: Batches,
        index: usize,
        (input, output): (&View, &View),
        (sum_gradient, input_gradient): (&View, &View),
        weight: Option<View>,
    ) -> Result<(), GpuError> {
        let layer = &self.network.layers[index];
        let batch = self.batch_of(index, batches);
        let (inputs, outputs) = (layer.input.units(), layer.output.units());
        let io = [
            ("output_gradient", sum_gradient),
            ("input_gradient", input_gradient),
        ];
        let (kernel, extra) = match (&layer.operation, &weight) {
            (_, Some(weight)) if layer.is_dense() => (
                kernels::dense::backward_input(batch, inputs, outputs, device.variant()),
                vec![("input", input), ("weight", weight)],
            ),
            (Operation::Convolution(table), Some(weight)) => {
                let views = self.table(index);
                let shape = ConvShape::new(batch, layer.input, table);
                (
                    kernels::conv::backward_input(shape, device.variant()),
                    vec![
                        ("input", input),
                        ("weight", weight),
                        ("pairs", &views.pairs),
                        ("first_reader", &views.first_reader),
                        ("readers", &views.readers),
                    ],
                )
            }
            (Operation::Subsampling, Some(weight)) => (
                kernels::subsample::backward_input(batch, layer.input),
                vec![("input", input), ("weight", weight)],
            ),
            (Operation::AveragePooling, _) => (
                kernels::average_pool::backward_input(batch, layer.input),
                vec![],
            ),
            (Operation::MaxPooling, _) => (
                kernels::max_pool::backward_input(batch, layer.input),
                vec![("input", input)],
            ),
            (Operation::Rbf, _) => (
                kernels::rbf::backward_input(batch, inputs, outputs),
                vec![("input", input), ("codes", &self.codes)],
            ),
            (Operation::Softmax, _) => (
                kernels::softmax::backward_input(batch, outputs),
                vec![("penalties", output)],
            ),
            (_, None) => unreachable!("{} has parameters", layer.name),
            (Operation::Dense, _) => unreachable!("a dense layer is dense"),
        };
        let input_squashed = index
            .checked_sub(1)
            .is_some_and(|previous| self.network.layers[previous].squashed);
        let kernel = self.for_all_models(kernel, index, batches.models);
        let kernel = kernel.after_squashing(input_squashed && passes_squashing(layer));
        plan.push(device, kernel, &[&io[..], &extra].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{C3Connections, Choices};

    #[test]
    fn the_largest_convolution_of_all_models_fits_into_a_uniform() {
        let paper = Choices::default();
        let full = Choices {
            c3: C3Connections::Full,
            ..paper
        };
        // 1,500 weights padded to 1,536, 2,400 to 2,432 and 500 to 512.
        for (choices, most) in [(paper, 10), (full, 6), (Choices::lenet1(), 32)] {
            assert_eq!(most_models(&Network::of(choices), 64), most);
        }
    }

    #[test]
    fn the_largest_layer_of_all_models_fits_into_a_grid() {
        let network = Network::of(Choices::default());
        // 4,704 units of C1 in 65,535 workgroups of 64.
        for (batch, most) in [(500, 7), (713, 4), (1024, 3), (2048, 1)] {
            assert_eq!(most_models(&network, batch), most, "batches of {batch}");
        }
    }
}
