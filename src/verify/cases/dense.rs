//! Full connection.

use super::{SQUASHED_SUM, SUM, each_sample, squashed, through_squashing, widened};
use crate::gpu::{Variant, kernels};
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::noise::Noise;

/// Batch, inputs, outputs: the network's own layers, and sizes that fit no block of the kernels.
pub(super) const SIZES: [(usize, usize, usize); 6] = [
    (1, 400, 120),
    (7, 120, 84),
    (16, 84, 10),
    (5, 12, 7),
    (65, 8, 1),
    (4, 4, 65),
];

pub(super) fn dense_cases(
    (batch, inputs, outputs): (usize, usize, usize),
    variant: Variant,
    model: usize,
) -> [KernelCase; 5] {
    let mut noise = Noise::of_model(8, model);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let (w, b) = (noise.values(inputs * outputs), noise.values(outputs));
    let (w64, b64) = (widened(&w), widened(&b));
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        reference::dense::forward(x, &w64, &b64, a)
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        reference::dense::backward_input(da, &w64, dx);
    });
    let (mut dw, mut db) = (vec![0.0; w.len()], vec![0.0; outputs]);
    for (x, da) in widened(&x).chunks(inputs).zip(widened(&da).chunks(outputs)) {
        reference::dense::backward_weight(x, da, &mut dw, &mut db);
    }
    let block = variant.dense_block;
    let text = format!(
        "{batch}x{inputs} to {outputs}, blocks of {}x{}x{}",
        block.groups, block.outputs, block.quads
    );
    let case = |kernel| KernelCase::new(kernel, text.clone(), SUM);
    let forward = |text: &str, kernel, tolerance| {
        KernelCase::new(kernel, text.to_owned(), tolerance)
            .reads_grouped("input", &x, inputs)
            .reads("weight", &w)
            .reads("bias", &b)
    };
    let backward_input = |text: &str, kernel| {
        KernelCase::new(kernel, text.to_owned(), SUM)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .reads("weight", &w)
    };
    let plain_forward = kernels::dense::forward(batch, inputs, outputs, variant);
    let plain_backward = kernels::dense::backward_input(batch, inputs, outputs, variant);
    let dx_behind = through_squashing(&x, &dx);
    [
        forward(&text, plain_forward.clone(), SUM).writes_grouped("output", a.clone(), outputs),
        forward(
            &format!("{text}, squashed"),
            plain_forward.squashing(true),
            SQUASHED_SUM,
        )
        .writes_grouped("output", squashed(&a), outputs),
        backward_input(&text, plain_backward.clone()).writes_grouped("input_gradient", dx, inputs),
        backward_input(
            &format!("{text}, behind squashing"),
            plain_backward.after_squashing(true),
        )
        .writes_grouped("input_gradient", dx_behind, inputs),
        case(kernels::dense::backward_weight(
            batch, inputs, outputs, variant,
        ))
        .reads_grouped("input", &x, inputs)
        .reads_grouped("output_gradient", &da, outputs)
        .writes("weight_gradient", dw)
        .writes("bias_gradient", db),
    ]
}
