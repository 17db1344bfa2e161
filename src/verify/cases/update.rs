//! Summing gradients and the updates.

use super::{POINTWISE, SUM, widened};
use crate::gpu::kernels;
use crate::model::StepRates;
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::networks::adam_recipe;
use crate::verify::noise::Noise;

pub(super) fn reduce_case(
    (slices, weights, biases): (usize, usize, usize),
    model: usize,
) -> KernelCase {
    let partial = Noise::of_model(13, model).values(slices * (weights + biases));
    let mut sum = vec![f64::NAN; weights + biases];
    reference::reduce::sum(&widened(&partial), &mut sum);
    let bias_sum = sum.split_off(weights);
    KernelCase::new(
        kernels::reduce::sum(slices, weights, biases),
        format!("{slices} slices of {weights} + {biases}"),
        SUM,
    )
    .reads("partial", &partial)
    .writes("weight_gradient", sum)
    .writes("bias_gradient", bias_sum)
}

pub(super) fn optimiser_cases(length: usize) -> [KernelCase; 4] {
    let recipe = adam_recipe();
    let constants = reference::optimiser::Constants::of(&recipe);
    let step = 3;
    let rates = StepRates {
        rate: 0.01,
        first_correction: 1.5,
        second_correction: 4.0,
        average_share: 0.25,
    };
    let mut table = vec![f32::NAN; 5 * 4];
    table[step * 4..][..4].copy_from_slice(bytemuck::cast_slice(&[rates]));
    let mut noise = Noise::new(14);
    let [w, m, averaged, g] = std::array::from_fn(|_| noise.values(length));
    let v: Vec<f32> = noise.values(length).into_iter().map(f32::abs).collect();
    let progress = [step as u32, 0, 0];
    let text = format!("{length} values");
    let case = |kernel| {
        KernelCase::new(kernel, text.clone(), POINTWISE)
            .reads_integers("progress", &progress)
            .reads("rates", &table)
    };

    let (g64, w64, m64, v64) = (widened(&g), widened(&w), widened(&m), widened(&v));
    let (mut sdlm_w, mut sdlm_u) = (w64.clone(), m64.clone());
    reference::optimiser::sdlm(&constants, &rates, &g64, &v64, &mut sdlm_u, &mut sdlm_w);
    let (mut adam_w, mut adam_m, mut adam_v) = (w64.clone(), m64.clone(), v64);
    reference::optimiser::adam(
        &constants,
        &rates,
        &g64,
        &mut adam_m,
        &mut adam_v,
        &mut adam_w,
    );
    let (mut sgd_w, mut sgd_u) = (w64.clone(), m64);
    reference::optimiser::sgd(&constants, &rates, &g64, &mut sgd_u, &mut sgd_w);
    let mut mean = widened(&averaged);
    reference::optimiser::average(&rates, &w64, &mut mean);
    [
        case(kernels::optimiser::adam(length, &recipe))
            .reads("gradient", &g)
            .updates("first_moment", &m, adam_m)
            .updates("second_moment", &v, adam_v)
            .updates("parameter", &w, adam_w),
        case(kernels::optimiser::sgd(length, &recipe))
            .reads("gradient", &g)
            .updates("first_moment", &m, sgd_u)
            .updates("parameter", &w, sgd_w),
        case(kernels::optimiser::sdlm(length, &recipe))
            .reads("gradient", &g)
            .reads("curvature", &v)
            .updates("first_moment", &m, sdlm_u)
            .updates("parameter", &w, sdlm_w),
        case(kernels::optimiser::average(length, &recipe))
            .reads("parameter", &w)
            .updates("averaged", &averaged, mean),
    ]
}
