//! A convolution.

use bytemuck::cast_slice;

use crate::gpu::kernels::conv::{self, ConvShape};
use crate::gpu::launch::Launch;
use crate::gpu::{Device, GpuError, Variant, View};
use crate::model::{ConnectionTable, MapShape};

use super::layer::{Derivatives, LayerKernels, TrainableKernels, Values};
use super::parameters::LayerParameters;

/// The kernels of a convolution.
pub struct Conv {
    input: MapShape,
    table: ConnectionTable,
    connections: Connections,
    parameters: LayerParameters,
    /// The weights as its kernels read them: bound as a uniform of fixed size.
    weight: View,
    variant: Variant,
}

impl Conv {
    /// Those of `table` over `input`.
    pub fn new(
        device: &Device,
        input: MapShape,
        table: &ConnectionTable,
        parameters: LayerParameters,
    ) -> Result<Self, GpuError> {
        let uniform_bytes = conv::MOST_WEIGHTS * size_of::<f32>();
        Ok(Self {
            input,
            table: table.clone(),
            connections: Connections::upload(device, table)?,
            weight: parameters.weight.bound_as(uniform_bytes),
            parameters,
            variant: device.variant(),
        })
    }

    fn shape(&self, batch: usize) -> ConvShape {
        ConvShape::new(batch, self.input, &self.table)
    }
}

impl LayerKernels for Conv {
    fn forward(&self, batch: usize, values: Values) -> Launch {
        Launch::new(
            conv::forward(self.shape(batch), self.variant.conv_tile),
            [
                ("input", values.input),
                ("output", values.output),
                ("weight", &self.weight),
                ("bias", &self.parameters.bias),
                ("first_kernel", &self.connections.first_kernel),
                ("pairs", &self.connections.pairs),
            ],
        )
    }

    fn backward_input(&self, batch: usize, values: Values, gradients: Derivatives) -> Launch {
        Launch::new(
            conv::backward_input(self.shape(batch), self.variant.conv_block),
            [
                ("output_gradient", gradients.sums),
                ("input_gradient", gradients.input),
                ("input", values.input),
                ("weight", &self.weight),
                ("pairs", &self.connections.pairs),
                ("first_reader", &self.connections.first_reader),
                ("readers", &self.connections.readers),
            ],
        )
    }

    fn passes_squashing(&self) -> bool {
        true
    }

    fn second_backward_input(
        &self,
        batch: usize,
        _: Values,
        curvatures: Derivatives,
        _: &View,
    ) -> Launch {
        Launch::new(
            conv::second_backward_input(self.shape(batch)),
            [
                ("output_curvature", curvatures.sums),
                ("input_curvature", curvatures.input),
                ("weight", &self.weight),
                ("pairs", &self.connections.pairs),
                ("first_reader", &self.connections.first_reader),
                ("readers", &self.connections.readers),
            ],
        )
    }

    fn trainable(&self) -> Option<&dyn TrainableKernels> {
        Some(self)
    }
}

impl TrainableKernels for Conv {
    fn parameters(&self) -> &LayerParameters {
        &self.parameters
    }

    fn slices(&self, batch: usize) -> Option<usize> {
        Some(self.shape(batch).slices())
    }

    fn backward_weight(&self, batch: usize, input: &View, gradient: &View) -> Launch {
        Launch::new(
            conv::backward_weight(self.shape(batch), self.variant.conv_whole_kernels),
            [
                ("input", input),
                ("output_gradient", gradient),
                ("first_kernel", &self.connections.first_kernel),
                ("pairs", &self.connections.pairs),
                ("couples", &self.connections.couples),
            ],
        )
    }

    fn second_slices(&self, batch: usize) -> Option<usize> {
        Some(conv::second_slices(self.shape(batch)))
    }

    fn second_backward_weight(&self, batch: usize, input: &View, curvature: &View) -> Launch {
        Launch::new(
            conv::second_backward_weight(self.shape(batch)),
            [
                ("input", input),
                ("output_curvature", curvature),
                ("pairs", &self.connections.pairs),
            ],
        )
    }
}

/// A connection table on the adapter, by output map and by input map.
struct Connections {
    first_kernel: View,
    pairs: View,
    first_reader: View,
    readers: View,
    couples: View,
}

impl Connections {
    fn upload(device: &Device, table: &ConnectionTable) -> Result<Self, GpuError> {
        let pairs: Vec<[u32; 2]> = table
            .pairs()
            .map(|pair| [pair.input as u32, pair.output as u32])
            .collect();
        let readers: Vec<u32> = (0..table.inputs())
            .flat_map(|input| table.pairs_from(input).map(|pair| pair.kernel as u32))
            .collect();
        let couples = conv::couples(table);
        let into = |output| table.pairs_into(output).count();
        let from = |input| table.pairs_from(input).count();
        Ok(Self {
            first_kernel: device.upload("first kernels", &running_sum(table.outputs(), into))?,
            pairs: device.upload("pairs", cast_slice::<[u32; 2], u32>(&pairs))?,
            first_reader: device.upload("first readers", &running_sum(table.inputs(), from))?,
            readers: device.upload("readers", &readers)?,
            couples: device.upload("couples", cast_slice::<[u32; 2], u32>(&couples))?,
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
