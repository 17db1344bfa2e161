//! Full connection.

use super::{SUM, each_sample, widened};
use crate::cpu;
use crate::gpu::kernels;
use crate::verify::case::KernelCase;
use crate::verify::noise::Noise;

pub(super) fn dense_cases((batch, inputs, outputs): (usize, usize, usize)) -> [KernelCase; 3] {
    let mut noise = Noise::new(8);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let (w, b) = (noise.values(inputs * outputs), noise.values(outputs));
    let (w64, b64) = (widened(&w), widened(&b));
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        cpu::dense::forward(x, &w64, &b64, a)
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        cpu::dense::backward_input(da, &w64, dx);
    });
    let (mut dw, mut db) = (vec![0.0; w.len()], vec![0.0; outputs]);
    for (x, da) in widened(&x).chunks(inputs).zip(widened(&da).chunks(outputs)) {
        cpu::dense::backward_weight(x, da, &mut dw, &mut db);
    }
    let text = format!("{batch}x{inputs} to {outputs}");
    let case = |kernel| KernelCase::new(kernel, text.clone(), SUM);
    [
        case(kernels::dense_forward(batch, inputs, outputs))
            .reads_grouped("input", &x, inputs)
            .reads("weight", &w)
            .reads("bias", &b)
            .writes_grouped("output", a, outputs),
        case(kernels::dense_backward_input(batch, inputs, outputs))
            .reads_grouped("output_gradient", &da, outputs)
            .reads("weight", &w)
            .writes_grouped("input_gradient", dx, inputs),
        case(kernels::dense_backward_weight(batch, inputs, outputs))
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .writes("weight_gradient", dw)
            .writes("bias_gradient", db),
    ]
}
