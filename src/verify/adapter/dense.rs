//! Full connection.

use super::case::KernelCase;
use super::models::in_one_launch;
use super::variants;
use crate::gpu::{Variant, kernels};
use crate::verify::problems::dense::{Dense, Layer, shapes};

pub fn cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    // The kernels read inputs four at a time.
    let mut shapes = shapes();
    shapes.retain(|(_, layer)| layer.inputs % 4 == 0);
    let variants = variants::of_adapters();
    for &(samples, layer) in &shapes {
        let dense = Dense::new(samples, layer, 0);
        // Two groups of samples, seven outputs and three quads fill no block.
        cases.extend(match layer.outputs {
            7 => cases_of(&dense, &variants::all()),
            _ => cases_of(&dense, &variants),
        });
    }
    for (models, &(samples, layer)) in [2, 3, 2, 5, 3].into_iter().zip(&shapes) {
        let of_model = |model| cases_of(&Dense::new(samples, layer, model), &variants);
        cases.extend(in_one_launch(models, of_model));
    }
    cases
}

fn cases_of(dense: &Dense, variants: &[Variant]) -> Vec<KernelCase> {
    let batch = dense.x.count();
    let Layer { inputs, outputs } = dense.layer;
    let in_blocks = |variant: Variant| format!("blocks of {}", variant.dense_block);
    let mut cases = Vec::new();
    let forward =
        |variant: Variant| kernels::dense::forward(batch, inputs, outputs, variant.dense_block);
    for (variant, kernel) in variants::kernels(variants, forward) {
        cases.extend(
            KernelCase::new(kernel, dense, Dense::TOLERANCE)
                .way(in_blocks(variant))
                .reads_grouped("input", &dense.x)
                .reads("weight", &dense.w)
                .reads("bias", &dense.b)
                .and_squashed(dense.forward()),
        );
    }
    let backward_input = |variant: Variant| {
        kernels::dense::backward_input(batch, inputs, outputs, variant.dense_block)
    };
    for (variant, kernel) in variants::kernels(variants, backward_input) {
        cases.extend(
            KernelCase::new(kernel, dense, Dense::TOLERANCE)
                .way(in_blocks(variant))
                .reads_grouped("input", &dense.x)
                .reads_grouped("output_gradient", &dense.da)
                .reads("weight", &dense.w)
                .and_after_squashing(&dense.x, dense.backward_input()),
        );
    }
    let (dw, db) = dense.split(dense.backward_weight());
    let backward_weight = |variant: Variant| {
        kernels::dense::backward_weight(batch, inputs, outputs, variant.dense_block)
    };
    for (variant, kernel) in variants::kernels(variants, backward_weight) {
        cases.push(
            KernelCase::new(kernel, dense, Dense::TOLERANCE)
                .way(in_blocks(variant))
                .reads_grouped("input", &dense.x)
                .reads_grouped("output_gradient", &dense.da)
                .writes("weight_gradient", dw.clone())
                .writes("bias_gradient", db.clone()),
        );
    }
    let (hw, hb) = dense.split(dense.second_backward_weight());
    let case = |kernel| KernelCase::new(kernel, dense, Dense::TOLERANCE);
    cases.extend([
        case(kernels::dense::second_backward_input(
            batch, inputs, outputs,
        ))
        .reads_grouped("output_curvature", &dense.ha)
        .reads("weight", &dense.w)
        .writes_grouped("input_curvature", dense.second_backward_input()),
        case(kernels::dense::second_backward_weight(
            batch, inputs, outputs,
        ))
        .reads_grouped("input", &dense.x)
        .reads_grouped("output_curvature", &dense.ha)
        .writes("weight_curvature", hw)
        .writes("bias_curvature", hb),
    ]);
    cases
}
