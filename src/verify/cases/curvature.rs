//! Second derivatives: the same shapes as the gradients', with curvatures that are not negative.

use super::conv::Tables;
use super::head::labels;
use super::{
    BATCH_SUM, DISTANCE, LOG_SUM_EXP, POINTWISE, SUM, Slicing, each_sample, maps_text, rows_only,
    widened,
};
use crate::gpu::kernels::{self, conv::ConvShape};
use crate::model::{CODE_LENGTH, ConnectionTable, DIGITS, Loss, LossKind, MapShape, rbf_codes};
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::noise::Noise;

fn curvatures(noise: &mut Noise, count: usize) -> Vec<f32> {
    noise.values(count).into_iter().map(f32::abs).collect()
}

pub(super) fn conv_cases(
    batch: usize,
    input: MapShape,
    table: &ConnectionTable,
    label: &str,
    model: usize,
) -> [KernelCase; 2] {
    let shape = ConvShape::new(batch, input, table);
    let reference = reference::conv::Shape {
        table,
        input,
        output: shape.output,
    };
    let (weights, biases) = shape.trainable();
    let (inputs, outputs) = (input.units(), shape.output.units());
    let mut noise = Noise::of_model(15, model);
    let x = noise.values(batch * inputs);
    let ha = curvatures(&mut noise, batch * outputs);
    let w = noise.values(weights);
    let w64 = widened(&w);
    let hx = each_sample(&ha, outputs, inputs, |_, ha, hx| {
        reference::conv::second_backward_input(&reference, ha, &w64, hx);
    });
    let (x64, ha64) = (widened(&x), widened(&ha));
    let slicing = Slicing {
        batch,
        height: shape.output.height,
        rows_per_item: 1,
        slices: kernels::conv::second_slices(shape),
    };
    let partial = slicing.sums(weights + biases, |n, rows, sums| {
        let in_slice = rows_only(&ha64[n * outputs..][..outputs], shape.output, rows);
        let (hw, hb) = sums.split_at_mut(weights);
        let x = &x64[n * inputs..][..inputs];
        reference::conv::second_backward_weight(&reference, x, &in_slice, hw, hb);
    });

    let tables = Tables::of(table);
    let text = format!(
        "{batch}x{} to {} maps, {label}",
        maps_text(input),
        table.outputs()
    );
    let case = |kernel, tolerance| KernelCase::new(kernel, text.clone(), tolerance);
    [
        case(kernels::conv::second_backward_input(shape), SUM)
            .reads_grouped("output_curvature", &ha, outputs)
            .reads_in_room("weight", &w, kernels::conv::MOST_WEIGHTS)
            .reads_integers("pairs", &tables.pairs)
            .reads_integers("first_reader", &tables.first_reader)
            .reads_integers("readers", &tables.readers)
            .writes_grouped("input_curvature", hx, inputs),
        case(kernels::conv::second_backward_weight(shape), BATCH_SUM)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_curvature", &ha, outputs)
            .reads_integers("pairs", &tables.pairs)
            .writes("partial", partial),
    ]
}

pub(super) fn subsample_cases(batch: usize, input: MapShape, model: usize) -> [KernelCase; 2] {
    let output = input.halved();
    let (inputs, outputs) = (input.units(), output.units());
    let mut noise = Noise::of_model(16, model);
    let x = noise.values(batch * inputs);
    let ha = curvatures(&mut noise, batch * outputs);
    let w = noise.values(input.maps);
    let w64 = widened(&w);
    let hx = each_sample(&ha, outputs, inputs, |_, ha, hx| {
        reference::subsample::second_backward_input(input, ha, &w64, hx);
    });
    let (x64, ha64) = (widened(&x), widened(&ha));
    let slicing = Slicing {
        batch,
        height: output.height,
        rows_per_item: 1,
        slices: kernels::subsample::slices(batch, input),
    };
    let partial = slicing.sums(2 * input.maps, |n, rows, sums| {
        let in_slice = rows_only(&ha64[n * outputs..][..outputs], output, rows);
        let (hw, hb) = sums.split_at_mut(input.maps);
        let x = &x64[n * inputs..][..inputs];
        reference::subsample::second_backward_weight(input, x, &in_slice, hw, hb);
    });
    let text = format!("{batch}x{}", maps_text(input));
    let case = |kernel, tolerance| KernelCase::new(kernel, text.clone(), tolerance);
    [
        case(
            kernels::subsample::second_backward_input(batch, input),
            POINTWISE,
        )
        .reads_grouped("output_curvature", &ha, outputs)
        .reads("weight", &w)
        .writes_grouped("input_curvature", hx, inputs),
        case(
            kernels::subsample::second_backward_weight(batch, input),
            BATCH_SUM,
        )
        .reads_grouped("input", &x, inputs)
        .reads_grouped("output_curvature", &ha, outputs)
        .writes("partial", partial),
    ]
}

pub(super) fn average_pool_case(batch: usize, input: MapShape) -> KernelCase {
    let (inputs, outputs) = (input.units(), input.halved().units());
    let ha = curvatures(&mut Noise::new(22), batch * outputs);
    let hx = each_sample(&ha, outputs, inputs, |_, ha, hx| {
        reference::average_pool::second_backward_input(input, ha, hx);
    });
    let kernel = kernels::average_pool::second_backward_input(batch, input);
    let text = format!("{batch}x{}", maps_text(input));
    KernelCase::new(kernel, text, POINTWISE)
        .reads_grouped("output_curvature", &ha, outputs)
        .writes_grouped("input_curvature", hx, inputs)
}

pub(super) fn squash_case(batch: usize, units: usize) -> KernelCase {
    let mut noise = Noise::new(17);
    let squashed: Vec<f32> = noise.values(batch * units);
    let hy = curvatures(&mut noise, batch * units);
    let squashed64 = widened(&squashed);
    let ha = each_sample(&hy, units, units, |n, hy, ha| {
        reference::squash::second_backward_input(&squashed64[n * units..][..units], hy, ha);
    });
    let kernel = kernels::squash::second_backward_input(batch, units);
    KernelCase::new(kernel, format!("{batch}x{units}"), POINTWISE)
        .reads_grouped("squashed", &squashed, units)
        .reads_grouped("output_curvature", &hy, units)
        .writes_grouped("input_curvature", ha, units)
}

pub(super) fn dense_cases(
    (batch, inputs, outputs): (usize, usize, usize),
    model: usize,
) -> [KernelCase; 2] {
    let mut noise = Noise::of_model(18, model);
    let x = noise.values(batch * inputs);
    let ha = curvatures(&mut noise, batch * outputs);
    let w = noise.values(inputs * outputs);
    let w64 = widened(&w);
    let hx = each_sample(&ha, outputs, inputs, |_, ha, hx| {
        reference::dense::second_backward_input(ha, &w64, hx);
    });
    let (mut hw, mut hb) = (vec![0.0; w.len()], vec![0.0; outputs]);
    for (x, ha) in widened(&x).chunks(inputs).zip(widened(&ha).chunks(outputs)) {
        reference::dense::second_backward_weight(x, ha, &mut hw, &mut hb);
    }
    let text = format!("{batch}x{inputs} to {outputs}");
    let case = |kernel| KernelCase::new(kernel, text.clone(), SUM);
    [
        case(kernels::dense::second_backward_input(
            batch, inputs, outputs,
        ))
        .reads_grouped("output_curvature", &ha, outputs)
        .reads("weight", &w)
        .writes_grouped("input_curvature", hx, inputs),
        case(kernels::dense::second_backward_weight(
            batch, inputs, outputs,
        ))
        .reads_grouped("input", &x, inputs)
        .reads_grouped("output_curvature", &ha, outputs)
        .writes("weight_curvature", hw)
        .writes("bias_curvature", hb),
    ]
}

pub(super) fn head_cases(batch: usize) -> [KernelCase; 2] {
    let codes = rbf_codes();
    let codes64 = widened(&codes);
    let mut noise = Noise::new(19);
    let x = noise.values(batch * CODE_LENGTH);
    let dy = curvatures(&mut noise, batch * DIGITS);
    let hy = curvatures(&mut noise, batch * DIGITS);
    let (x64, dy64) = (widened(&x), widened(&dy));
    let of_sample = |values: &[f64], n: usize| values[n * DIGITS..][..DIGITS].to_vec();
    let distances = each_sample(&hy, DIGITS, CODE_LENGTH, |n, hy, hx| {
        let x = &x64[n * CODE_LENGTH..][..CODE_LENGTH];
        reference::rbf::second_backward_input(x, &codes64, &of_sample(&dy64, n), hy, hx);
    });
    let scores: Vec<f32> = noise.values(batch * DIGITS);
    let penalties: Vec<f32> = each_sample(&scores, DIGITS, DIGITS, |_, x, y| {
        reference::softmax::forward(x, y);
    })
    .into_iter()
    .map(|y| y as f32)
    .collect();
    let penalties64 = widened(&penalties);
    let softmax = each_sample(&hy, DIGITS, DIGITS, |n, hy, hx| {
        let y = of_sample(&penalties64, n);
        reference::softmax::second_backward_input(&y, &of_sample(&dy64, n), hy, hx);
    });
    [
        KernelCase::new(
            kernels::rbf::second_backward_input(batch, CODE_LENGTH, DIGITS),
            format!("{batch}x{CODE_LENGTH} to {DIGITS}"),
            DISTANCE,
        )
        .reads_grouped("input", &x, CODE_LENGTH)
        .reads("codes", &codes)
        .reads_grouped("output_gradient", &dy, DIGITS)
        .reads_grouped("output_curvature", &hy, DIGITS)
        .writes_grouped("input_curvature", distances, CODE_LENGTH),
        KernelCase::new(
            kernels::softmax::second_backward_input(batch, DIGITS),
            format!("{batch}x{DIGITS}"),
            LOG_SUM_EXP,
        )
        .reads_grouped("penalties", &penalties, DIGITS)
        .reads_grouped("output_gradient", &dy, DIGITS)
        .reads_grouped("output_curvature", &hy, DIGITS)
        .writes_grouped("input_curvature", softmax, DIGITS),
    ]
}

pub(super) fn loss_case(batch: usize, present: usize) -> KernelCase {
    // Unscaled distances of a few units: the second derivatives are of the order of 1.
    let loss = Loss {
        kind: LossKind::Map,
        scale: 1.0,
        rubbish: 1.5,
    };
    let mut noise = Noise::new(21);
    let penalties: Vec<f32> = noise
        .values(batch * DIGITS)
        .into_iter()
        .map(|value| 3.0 * (1.0 + value))
        .collect();
    let (label_words, _) = labels(&mut noise, batch, present);
    let curvature = each_sample(&penalties, DIGITS, DIGITS, |n, y, h| {
        if n < present {
            reference::loss::second_map(&loss, y, present, h);
        } else {
            h.fill(0.0);
        }
    });
    let kernel = kernels::loss::second(&loss, batch, DIGITS).expect("eq. 9 has a kernel");
    KernelCase::new(kernel, format!("{present} of {batch}"), LOG_SUM_EXP)
        .reads_grouped("penalties", &penalties, DIGITS)
        .reads_integers("labels", &label_words)
        .reads_integers("progress", &[0, 0, present as u32])
        .writes_grouped("curvature", curvature, DIGITS)
}
