//! Sub-sampling and the two poolings.

use super::{
    BATCH_SUM, POINTWISE, SQUASHED_SUM, Slicing, each_sample, maps_text, rows_only, squashed,
    through_squashing, widened,
};
use crate::gpu::kernels;
use crate::model::MapShape;
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;

/// The network's own S2 and S4, and maps with an odd last row or column.
pub(super) fn halvings() -> [(usize, MapShape); 5] {
    [
        (1, MapShape::new(6, 28, 28)),
        (5, MapShape::new(16, 10, 10)),
        (3, MapShape::new(2, 7, 5)),
        (9, MapShape::new(1, 2, 13)),
        (4, MapShape::new(3, 4, 4)),
    ]
}

pub(super) fn subsample_cases(batch: usize, input: MapShape, model: usize) -> [KernelCase; 5] {
    let output = input.halved();
    let (inputs, outputs) = (input.units(), output.units());
    let mut noise = Noise::of_model(4, model);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let (w, b) = (noise.values(input.maps), noise.values(input.maps));
    let (w64, b64) = (widened(&w), widened(&b));
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        reference::subsample::forward(input, x, &w64, &b64, a);
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        reference::subsample::backward_input(input, da, &w64, dx);
    });
    let (x64, da64) = (widened(&x), widened(&da));
    let slicing = Slicing {
        batch,
        height: output.height,
        rows_per_item: 1,
        slices: kernels::subsample::slices(batch, input),
    };
    let partial = slicing.sums(2 * input.maps, |n, rows, sums| {
        let in_slice = rows_only(&da64[n * outputs..][..outputs], output, rows);
        let (dw, db) = sums.split_at_mut(input.maps);
        reference::subsample::backward_weight(
            input,
            &x64[n * inputs..][..inputs],
            &in_slice,
            dw,
            db,
        );
    });
    let text = format!("{batch}x{}", maps_text(input));
    let case = |kernel, tolerance| KernelCase::new(kernel, text.clone(), tolerance);
    let forward = |text: &str, kernel, tolerance| {
        KernelCase::new(kernel, text.to_owned(), tolerance)
            .reads_grouped("input", &x, inputs)
            .reads("weight", &w)
            .reads("bias", &b)
    };
    let backward_input = |text: &str, kernel| {
        KernelCase::new(kernel, text.to_owned(), POINTWISE)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .reads("weight", &w)
    };
    let plain_forward = kernels::subsample::forward(batch, input);
    let plain_backward = kernels::subsample::backward_input(batch, input);
    let dx_behind = through_squashing(&x, &dx);
    [
        forward(&text, plain_forward.clone(), POINTWISE).writes_grouped(
            "output",
            a.clone(),
            outputs,
        ),
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
        case(kernels::subsample::backward_weight(batch, input), BATCH_SUM)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .writes("partial", partial),
    ]
}

pub(super) fn average_pool_cases(batch: usize, input: MapShape) -> [KernelCase; 2] {
    let (inputs, outputs) = (input.units(), input.halved().units());
    let mut noise = Noise::new(5);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        reference::average_pool::forward(input, x, a)
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        reference::average_pool::backward_input(input, da, dx);
    });
    let text = format!("{batch}x{}", maps_text(input));
    let case = |kernel| KernelCase::new(kernel, text.clone(), POINTWISE);
    [
        case(kernels::average_pool::forward(batch, input))
            .reads_grouped("input", &x, inputs)
            .writes_grouped("output", a, outputs),
        case(kernels::average_pool::backward_input(batch, input))
            .reads_grouped("output_gradient", &da, outputs)
            .writes_grouped("input_gradient", dx, inputs),
    ]
}

pub(super) fn max_pool_cases(batch: usize, input: MapShape) -> [KernelCase; 2] {
    let (inputs, outputs) = (input.units(), input.halved().units());
    let mut noise = Noise::new(6);
    // Quarters, so that ties are frequent and their rule is tested too.
    let x: Vec<f32> = noise
        .values(batch * inputs)
        .into_iter()
        .map(|value| (value * 4.0).round() / 4.0)
        .collect();
    let da = noise.values(batch * outputs);
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        reference::max_pool::forward(input, x, a)
    });
    let x64 = widened(&x);
    let dx = each_sample(&da, outputs, inputs, |n, da, dx| {
        reference::max_pool::backward_input(input, &x64[n * inputs..][..inputs], da, dx);
    });
    let text = format!("{batch}x{}", maps_text(input));
    let case = |kernel| KernelCase::new(kernel, text.clone(), Tolerance::EXACT);
    [
        case(kernels::max_pool::forward(batch, input))
            .reads_grouped("input", &x, inputs)
            .writes_grouped("output", a, outputs),
        case(kernels::max_pool::backward_input(batch, input))
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .writes_grouped("input_gradient", dx, inputs),
    ]
}
