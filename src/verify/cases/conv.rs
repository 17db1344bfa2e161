//! Convolution.

use super::{
    BATCH_SUM, SQUASHED_SUM, SUM, Slicing, each_sample, maps_text, rows_only, squashed,
    through_squashing, widened,
};
use crate::gpu::Variant;
use crate::gpu::kernels::{self, conv::ConvShape};
use crate::model::{ConnectionTable, MapShape};
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::noise::Noise;

/// The network's own convolutions, and shapes that fit no block of the kernels.
pub(super) fn convolutions() -> Vec<(usize, MapShape, ConnectionTable, &'static str)> {
    vec![
        (
            1,
            MapShape::new(1, 32, 32),
            ConnectionTable::full(1, 6),
            "full",
        ),
        (
            5,
            MapShape::new(1, 32, 32),
            ConnectionTable::full(1, 6),
            "full",
        ),
        (
            6,
            MapShape::new(6, 14, 14),
            ConnectionTable::table_1(),
            "table 1",
        ),
        (
            3,
            MapShape::new(6, 14, 14),
            ConnectionTable::full(6, 16),
            "full",
        ),
        (
            2,
            MapShape::new(16, 5, 5),
            ConnectionTable::full(16, 3),
            "full",
        ),
        (
            7,
            MapShape::new(2, 11, 13),
            ConnectionTable::full(2, 3),
            "full",
        ),
        (13, MapShape::new(3, 6, 17), lopsided(), "lopsided"),
    ]
}

/// Connections that no two maps share.
pub(super) fn lopsided() -> ConnectionTable {
    ConnectionTable::new(3, vec![vec![2], vec![0, 1, 2], vec![0], vec![1]])
}

pub(super) fn conv_cases(
    batch: usize,
    input: MapShape,
    table: &ConnectionTable,
    label: &str,
    model: usize,
) -> [KernelCase; 7] {
    let shape = ConvShape::new(batch, input, table);
    let reference = reference::conv::Shape {
        table,
        input,
        output: shape.output,
    };
    let (weights, biases) = shape.trainable();
    let (inputs, outputs) = (input.units(), shape.output.units());
    let mut noise = Noise::of_model(3, model);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let (w, b) = (noise.values(weights), noise.values(biases));
    let (w64, b64) = (widened(&w), widened(&b));

    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        reference::conv::forward(&reference, x, &w64, &b64, a);
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        reference::conv::backward_input(&reference, da, &w64, dx);
    });
    let partial = conv_partial_sums(&shape, &reference, &x, &da);

    let tables = Tables::of(table);
    let text = format!(
        "{batch}x{} to {} maps, {label}",
        maps_text(input),
        table.outputs()
    );
    let case = |kernel, tolerance| KernelCase::new(kernel, text.clone(), tolerance);
    let forward = |variant: Variant, is_squashed: bool| {
        let kernel = kernels::conv::forward(shape, variant).squashing(is_squashed);
        let after = if is_squashed { ", squashed" } else { "" };
        let maps = if variant.conv_all_maps {
            ", all maps at once"
        } else {
            ""
        };
        let (tolerance, output) = match is_squashed {
            true => (SQUASHED_SUM, squashed(&a)),
            false => (SUM, a.clone()),
        };
        KernelCase::new(kernel, format!("{text}{maps}{after}"), tolerance)
            .reads_grouped("input", &x, inputs)
            .reads_in_room("weight", &w, kernels::conv::MOST_WEIGHTS)
            .reads("bias", &b)
            .reads_integers("first_kernel", &tables.first_kernel)
            .reads_integers("pairs", &tables.pairs)
            .writes_grouped("output", output, outputs)
    };
    let backward_input = |variant: Variant, after_squashing: bool| {
        let (height, width) = variant.conv_block;
        let behind = if after_squashing {
            ", behind squashing"
        } else {
            ""
        };
        let text = format!("{text}, blocks of {height}x{width}{behind}");
        let kernel = kernels::conv::backward_input(shape, variant).after_squashing(after_squashing);
        KernelCase::new(kernel, text, SUM)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .reads_in_room("weight", &w, kernels::conv::MOST_WEIGHTS)
            .reads_integers("pairs", &tables.pairs)
            .reads_integers("first_reader", &tables.first_reader)
            .reads_integers("readers", &tables.readers)
    };
    let dx_behind = through_squashing(&x, &dx);
    [
        forward(Variant::HARDWARE, false),
        forward(Variant::SOFTWARE, false),
        forward(Variant::SOFTWARE, true),
        backward_input(Variant::HARDWARE, false).writes_grouped(
            "input_gradient",
            dx.clone(),
            inputs,
        ),
        backward_input(Variant::SOFTWARE, false).writes_grouped("input_gradient", dx, inputs),
        backward_input(Variant::SOFTWARE, true).writes_grouped("input_gradient", dx_behind, inputs),
        case(kernels::conv::backward_weight(shape), BATCH_SUM)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .reads_integers("first_kernel", &tables.first_kernel)
            .reads_integers("pairs", &tables.pairs)
            .reads_integers("couples", &kernels::conv::couples(table).concat())
            .writes("partial", partial),
    ]
}

/// The partial sums of a convolution's weight gradient. Its slices are made of pairs of rows.
fn conv_partial_sums(
    shape: &ConvShape,
    reference: &reference::conv::Shape,
    x: &[f32],
    da: &[f32],
) -> Vec<f64> {
    let (weights, biases) = shape.trainable();
    let (inputs, outputs) = (shape.input.units(), shape.output.units());
    let (x, da) = (widened(x), widened(da));
    let slicing = Slicing {
        batch: shape.batch,
        height: shape.output.height,
        rows_per_item: 2,
        slices: shape.slices(),
    };
    slicing.sums(weights + biases, |n, rows, sums| {
        let in_slice = rows_only(&da[n * outputs..][..outputs], shape.output, rows);
        let (dw, db) = sums.split_at_mut(weights);
        reference::conv::backward_weight(reference, &x[n * inputs..][..inputs], &in_slice, dw, db);
    })
}

/// A connection table as the shader reads it, made here a second time on purpose: the one that
/// training uploads is checked against it by the network cases.
pub(super) struct Tables {
    pub first_kernel: Vec<u32>,
    pub pairs: Vec<u32>,
    pub first_reader: Vec<u32>,
    pub readers: Vec<u32>,
}

impl Tables {
    pub fn of(table: &ConnectionTable) -> Self {
        let mut first_kernel = vec![0; table.outputs() + 1];
        let mut first_reader = vec![0; table.inputs() + 1];
        let mut pairs = Vec::new();
        let mut by_input = Vec::new();
        for pair in table.pairs() {
            first_kernel[pair.output + 1..]
                .iter_mut()
                .for_each(|end| *end += 1);
            first_reader[pair.input + 1..]
                .iter_mut()
                .for_each(|end| *end += 1);
            pairs.extend([pair.input as u32, pair.output as u32]);
            by_input.push((pair.input, pair.kernel as u32));
        }
        by_input.sort_unstable();
        Self {
            first_kernel,
            pairs,
            first_reader,
            readers: by_input.into_iter().map(|(_, kernel)| kernel).collect(),
        }
    }
}
