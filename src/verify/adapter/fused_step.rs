//! The two kernels of a fused step.

use super::case::KernelCase;
use crate::gpu::fused::{ranges_table, tables};
use crate::gpu::kernels;
use crate::gpu::metrics::MetricsRing;
use crate::verify::networks::start::UNIT_RATES;
use crate::verify::problems::fused::{Samples, Update, samples, updates};

pub fn cases() -> Vec<KernelCase> {
    let samples = samples();
    let updates = updates();
    let samples = samples.iter().map(samples_case);
    samples.chain(updates.iter().map(update_case)).collect()
}

/// Words of the shaders' `Progress`, and of their `Now`.
const PROGRESS_WORDS: usize = 3;
const NOW_WORDS: usize = 6;

fn samples_case(samples: &Samples) -> KernelCase {
    let (start, layout) = (&samples.start, &samples.layout);
    let (step, models) = (samples.division.step, samples.division.models);
    let progress = start
        .models
        .iter()
        .map(|model| [step as u32, model.seed, 0]);
    let labels: Vec<u32> = start
        .data
        .labels()
        .iter()
        .map(|&label| label.into())
        .collect();
    let mut rates = vec![f32::NAN; 4 * (step + 1)];
    rates[4 * step..].copy_from_slice(bytemuck::cast_slice(&[UNIT_RATES]));
    let kernel = kernels::fused_sample::forward_backward(
        &start.network,
        &start.recipe,
        layout,
        start.data.len(),
    );
    let now = |model: usize| NOW_WORDS * model;
    let now_rates = (0..models).flat_map(|model| (2..6).map(move |word| (now(model) + word, 1.0)));
    let now_words = (0..models).flat_map(|model| {
        let count = samples.count() as u32;
        [(now(model), step as u32), (now(model) + 1, count)]
    });
    KernelCase::new(kernel, samples, Samples::TOLERANCE)
        .reads_integers("progress", &progress.collect::<Vec<_>>().concat())
        .reads_integers("data_labels", &labels)
        .reads_integers(
            "images",
            bytemuck::cast_slice(&aligned(start.data.images())),
        )
        .reads("rates", &rates)
        .reads("parameter", &samples.arena())
        .reads("parameter_quads", &samples.arena())
        .reads_integers("tables", &tables(&start.network, layout, step + 1))
        .writes_mixed("work", models * layout.work(), samples.work(), Vec::new())
        .writes_mixed(
            "now",
            models * NOW_WORDS,
            now_rates.collect(),
            now_words.collect(),
        )
}

/// Bytes as words.
fn aligned(bytes: &[u8]) -> Vec<u32> {
    let words = bytes.chunks(4);
    words
        .map(|word| u32::from_le_bytes(word.try_into().expect("a picture is whole words")))
        .collect()
}

fn update_case(update: &Update) -> KernelCase {
    let (models, step) = (update.division.models, update.division.step as u32);
    let kernel = kernels::fused_update::update(
        &update.network,
        &update.recipe,
        &update.layout,
        MetricsRing::STEPS,
    );
    let rates = bytemuck::cast_slice(&[update.rates]).to_vec();
    let now: Vec<Vec<u32>> = vec![[vec![step, update.count as u32], rates].concat(); models];
    let progress: Vec<u32> = [step, 7, 0].repeat(models);
    let counted = (0..models).map(|model| (PROGRESS_WORDS * model, step + 1));
    let first = |model| 3 * (step as usize % MetricsRing::STEPS * models + model);
    let losses = (0..models).map(|model| (first(model), update.metrics(model).0));
    let counts = (0..models).flat_map(|model| {
        let (_, errors) = update.metrics(model);
        [
            (first(model) + 1, errors),
            (first(model) + 2, update.count as u32),
        ]
    });
    let after = update.updated();
    KernelCase::new(kernel, update, Update::TOLERANCE)
        .reads_integers("ranges", &ranges_table(&update.network, &update.layout))
        .reads_integers("now", &now.concat())
        .reads("work", &update.work)
        .updates(
            "first_moment",
            &update.before(|state| &state.first_moment),
            after.arena(|state| &state.first_moment),
        )
        .updates(
            "second_moment",
            &update.before(|state| &state.second_moment),
            after.arena(|state| &state.second_moment),
        )
        .updates(
            "parameter",
            &update.before(|state| &state.parameter),
            after.arena(|state| &state.parameter),
        )
        .updates(
            "averaged",
            &update.before(|state| &state.averaged),
            after.arena(|state| &state.averaged),
        )
        .writes_integers(
            "progress",
            Some(progress),
            models * PROGRESS_WORDS,
            counted.collect(),
        )
        .writes_mixed(
            "ring",
            3 * MetricsRing::STEPS * models,
            losses.collect(),
            counts.collect(),
        )
}
