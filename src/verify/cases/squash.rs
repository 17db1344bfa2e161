//! Squashing.

use super::{POINTWISE, TANH, each_sample, widened};
use crate::gpu::kernels;
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::noise::Noise;

pub(super) fn squash_cases(batch: usize, units: usize) -> [KernelCase; 2] {
    let mut noise = Noise::new(7);
    // Up to ±40, far beyond where tanh is 1, with small values in between.
    let a: Vec<f32> = noise
        .values(batch * units)
        .into_iter()
        .map(|value| 40.0 * value.powi(5))
        .collect();
    let dy = noise.values(batch * units);
    let y = each_sample(&a, units, units, |_, a, y| reference::squash::forward(a, y));
    let squashed: Vec<f32> = y.iter().map(|&y| y as f32).collect();
    let squashed64 = widened(&squashed);
    let da = each_sample(&dy, units, units, |n, dy, da| {
        reference::squash::backward_input(&squashed64[n * units..][..units], dy, da);
    });
    let text = format!("{batch}x{units}");
    [
        KernelCase::new(kernels::squash::forward(batch, units), text.clone(), TANH)
            .reads_grouped("input", &a, units)
            .writes_grouped("output", y, units),
        KernelCase::new(
            kernels::squash::backward_input(batch, units),
            text,
            POINTWISE,
        )
        .reads_grouped("squashed", &squashed, units)
        .reads_grouped("output_gradient", &dy, units)
        .writes_grouped("input_gradient", da, units),
    ]
}
