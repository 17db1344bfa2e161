//! Convolution.

use super::case::KernelCase;
use super::models::in_one_launch;
use super::slicing::Slicing;
use super::variants;
use crate::gpu::Variant;
use crate::gpu::kernels::{self, conv::ConvShape, conv::MOST_WEIGHTS};
use crate::model::{ConnectionTable, MapShape};
use crate::verify::problems::conv::{Conv, shapes};

pub fn cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    let shapes = shapes();
    let variants = variants::of_adapters();
    for (samples, layer) in &shapes {
        let conv = Conv::new(*samples, layer.clone(), 0);
        // Its maps are no multiple of any block.
        cases.extend(match layer.input == MapShape::new(2, 11, 13) {
            true => cases_of(&conv, &variants::all()),
            false => cases_of(&conv, &variants),
        });
    }
    for (models, (samples, layer)) in [3, 2, 3, 5, 2].into_iter().zip(&shapes[1..]) {
        let of_model = |model| cases_of(&Conv::new(*samples, layer.clone(), model), &variants);
        cases.extend(in_one_launch(models, of_model));
    }
    cases
}

fn cases_of(conv: &Conv, variants: &[Variant]) -> Vec<KernelCase> {
    let layer = &conv.layer;
    let shape = ConvShape::new(conv.x.count(), layer.input, &layer.table);
    let tables = Tables::of(&layer.table);
    let mut cases = Vec::new();
    let forward = |variant: Variant| kernels::conv::forward(shape, variant.conv_tile);
    for (variant, kernel) in variants::kernels(variants, forward) {
        let tile = variant.conv_tile.over(layer.input.maps);
        cases.extend(
            KernelCase::new(kernel, conv, Conv::FORWARD)
                .way(tile.to_string())
                .reads_grouped("input", &conv.x)
                .reads_padded("weight", &conv.w, MOST_WEIGHTS)
                .reads("bias", &conv.b)
                .reads_integers("first_kernel", &tables.first_kernel)
                .reads_integers("pairs", &tables.pairs)
                .and_squashed(conv.forward()),
        );
    }
    let backward_input =
        |variant: Variant| kernels::conv::backward_input(shape, variant.conv_block);
    for (variant, kernel) in variants::kernels(variants, backward_input) {
        cases.extend(
            KernelCase::new(kernel, conv, Conv::BACKWARD_INPUT)
                .way(format!("blocks of {}", variant.conv_block))
                .reads_grouped("input", &conv.x)
                .reads_grouped("output_gradient", &conv.da)
                .reads_padded("weight", &conv.w, MOST_WEIGHTS)
                .reads_integers("pairs", &tables.pairs)
                .reads_integers("first_reader", &tables.first_reader)
                .reads_integers("readers", &tables.readers)
                .and_after_squashing(&conv.x, conv.backward_input()),
        );
    }
    let case = |kernel, tolerance| KernelCase::new(kernel, conv, tolerance);
    // The slices of the gradient are made of pairs of rows, those of the second derivatives of rows.
    let of_gradient = Slicing {
        rows_per_item: 2,
        slices: shape.slices(),
    };
    let of_curvature = Slicing {
        rows_per_item: 1,
        slices: kernels::conv::second_slices(shape),
    };
    let backward_weight =
        |variant: Variant| kernels::conv::backward_weight(shape, variant.conv_whole_kernels);
    for (variant, kernel) in variants::kernels(variants, backward_weight) {
        let way = match variant.conv_whole_kernels {
            true => "whole kernels",
            false => "rows of kernels",
        };
        cases.push(
            case(kernel, Conv::BACKWARD_WEIGHT)
                .way(way)
                .reads_grouped("input", &conv.x)
                .reads_grouped("output_gradient", &conv.da)
                .reads_integers("first_kernel", &tables.first_kernel)
                .reads_integers("pairs", &tables.pairs)
                .reads_integers("couples", &kernels::conv::couples(&layer.table).concat())
                .writes("partial", of_gradient.gradient(conv)),
        );
    }
    cases.extend([
        case(
            kernels::conv::second_backward_input(shape),
            Conv::BACKWARD_INPUT,
        )
        .reads_grouped("output_curvature", &conv.ha)
        .reads_padded("weight", &conv.w, MOST_WEIGHTS)
        .reads_integers("pairs", &tables.pairs)
        .reads_integers("first_reader", &tables.first_reader)
        .reads_integers("readers", &tables.readers)
        .writes_grouped("input_curvature", conv.second_backward_input()),
        case(
            kernels::conv::second_backward_weight(shape),
            Conv::BACKWARD_WEIGHT,
        )
        .reads_grouped("input", &conv.x)
        .reads_grouped("output_curvature", &conv.ha)
        .reads_integers("pairs", &tables.pairs)
        .writes("partial", of_curvature.curvature(conv)),
    ]);
    cases
}

/// A connection table as the shader reads it, made here a second time on purpose: the one that
/// training uploads is checked against it by the network cases.
struct Tables {
    first_kernel: Vec<u32>,
    pairs: Vec<u32>,
    first_reader: Vec<u32>,
    readers: Vec<u32>,
}

impl Tables {
    fn of(table: &ConnectionTable) -> Self {
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
