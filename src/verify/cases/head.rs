//! The output layers, the losses, and what is counted after them.

use super::{DISTANCE, LOG_SUM_EXP, NO_SAMPLE, SUM, each_sample, through_squashing, widened};
use crate::gpu::{Batches, GROUP, group_count, interleave, kernels};
use crate::model::{DIGITS, Loss, LossKind, rbf_codes};
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::noise::Noise;

pub(super) fn rbf_cases(batch: usize) -> [KernelCase; 3] {
    let units = crate::model::CODE_LENGTH;
    let codes = rbf_codes();
    let codes64 = widened(&codes);
    let mut noise = Noise::new(9);
    let mut x = noise.values(batch * units);
    // The first sample is the code of 0 itself: its distance to it is 0.
    x[..units].copy_from_slice(&codes[..units]);
    let dy = noise.values(batch * DIGITS);
    let y = each_sample(&x, units, DIGITS, |_, x, y| {
        reference::rbf::forward(x, &codes64, y)
    });
    let x64 = widened(&x);
    let dx = each_sample(&dy, DIGITS, units, |n, dy, dx| {
        reference::rbf::backward_input(&x64[n * units..][..units], &codes64, dy, dx);
    });
    let text = format!("{batch}x{units} to {DIGITS}");
    let backward_input = |text: &str, kernel| {
        KernelCase::new(kernel, text.to_owned(), DISTANCE)
            .reads_grouped("input", &x, units)
            .reads("codes", &codes)
            .reads_grouped("output_gradient", &dy, DIGITS)
    };
    let plain_backward = kernels::rbf::backward_input(batch, units, DIGITS);
    let dx_behind = through_squashing(&x, &dx);
    [
        KernelCase::new(
            kernels::rbf::forward(batch, units, DIGITS),
            text.clone(),
            DISTANCE,
        )
        .reads_grouped("input", &x, units)
        .reads("codes", &codes)
        .writes_grouped("output", y, DIGITS),
        backward_input(&text, plain_backward.clone()).writes_grouped("input_gradient", dx, units),
        backward_input(
            &format!("{text}, behind squashing"),
            plain_backward.after_squashing(true),
        )
        .writes_grouped("input_gradient", dx_behind, units),
    ]
}

pub(super) fn softmax_cases(batch: usize) -> [KernelCase; 2] {
    let mut noise = Noise::new(10);
    // Up to ±200, where e^x without the largest taken out would overflow.
    let scores: Vec<f32> = noise
        .values(batch * DIGITS)
        .into_iter()
        .map(|value| 200.0 * value.powi(3))
        .collect();
    let dy = noise.values(batch * DIGITS);
    let y = each_sample(&scores, DIGITS, DIGITS, |_, x, y| {
        reference::softmax::forward(x, y)
    });
    let penalties: Vec<f32> = y.iter().map(|&y| y as f32).collect();
    let penalties64 = widened(&penalties);
    let dx = each_sample(&dy, DIGITS, DIGITS, |n, dy, dx| {
        reference::softmax::backward_input(&penalties64[n * DIGITS..][..DIGITS], dy, dx);
    });
    let text = format!("{batch}x{DIGITS}");
    let case = |kernel| KernelCase::new(kernel, text.clone(), LOG_SUM_EXP);
    [
        case(kernels::softmax::forward(batch, DIGITS))
            .reads_grouped("input", &scores, DIGITS)
            .writes_grouped("output", y, DIGITS),
        case(kernels::softmax::backward_input(batch, DIGITS))
            .reads_grouped("penalties", &penalties, DIGITS)
            .reads_grouped("output_gradient", &dy, DIGITS)
            .writes_grouped("input_gradient", dx, DIGITS),
    ]
}

/// Labels of a batch that ends after `present` samples, as words and as bytes.
pub(super) fn labels(noise: &mut Noise, batch: usize, present: usize) -> (Vec<u32>, Vec<u8>) {
    let mut words = noise.below(DIGITS as u32, present);
    let bytes = words.iter().map(|&label| label as u8).collect();
    words.resize(group_count(batch) * GROUP, NO_SAMPLE);
    (words, bytes)
}

pub(super) fn loss_case(kind: LossKind, batch: usize, present: usize) -> KernelCase {
    let loss = Loss {
        kind,
        scale: 0.05,
        rubbish: 1.5,
    };
    let mut noise = Noise::new(11);
    // Distances from 0 to 250, as they occur.
    let penalties: Vec<f32> = noise
        .values(batch * DIGITS)
        .into_iter()
        .map(|value| 125.0 * (1.0 + value))
        .collect();
    let (label_words, labels) = labels(&mut noise, batch, present);
    let mut losses = vec![0.0; batch];
    let gradient = each_sample(&penalties, DIGITS, DIGITS, |n, y, dy| match labels.get(n) {
        Some(&label) => losses[n] = reference::loss::forward(&loss, y, label.into(), present, dy),
        None => dy.fill(0.0),
    });
    KernelCase::new(
        kernels::loss::forward(&loss, batch, DIGITS),
        format!("{present} of {batch}"),
        LOG_SUM_EXP,
    )
    .reads_grouped("penalties", &penalties, DIGITS)
    .reads_integers("labels", &label_words)
    .reads_integers("progress", &[0, 0, present as u32])
    .writes_grouped("gradient", gradient, DIGITS)
    .writes_grouped("losses", losses, 1)
}

/// Models side by side are at different steps here, so that each is seen to count its own.
pub(super) fn metrics_case(models: usize, batch: usize, present: usize) -> KernelCase {
    const RING: usize = 8;
    let (mut penalties, mut losses, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let (mut progress, mut expected_progress) = (Vec::new(), Vec::new());
    let (mut sums, mut counts) = (Vec::new(), Vec::new());
    for model in 0..models {
        let measured = GatheredBatch::new(batch, present, model);
        let (step, seed) = (13 + model as u32, 5);
        // Three words a model: step, seed, count.
        expected_progress.extend([step + 1, seed, present as u32]);
        progress.extend([step, seed, present as u32]);
        // Three words a place of the ring and a model: loss, errors, count.
        let place = (step as usize % RING * models + model) * 3;
        sums.push((place, measured.loss));
        counts.extend([(place + 1, measured.errors), (place + 2, present as u32)]);
        penalties.extend(interleave(&measured.penalties, DIGITS));
        losses.extend(interleave(&measured.losses, 1));
        labels.extend(measured.labels);
    }
    let batches = Batches {
        models,
        size: batch,
    };
    let text = match models {
        1 => format!("{present} of {batch}"),
        _ => format!("{present} of {batch}, {models} models"),
    };
    let words = progress.len();
    let expected_progress = expected_progress.into_iter().enumerate().collect();
    KernelCase::new(kernels::metrics::gather(batches, DIGITS, RING), text, SUM)
        .reads("penalties", &penalties)
        .reads("losses", &losses)
        .reads_integers("labels", &labels)
        .writes_integers("progress", Some(progress), words, expected_progress)
        .writes_mixed("ring", RING * models * 3, sums, counts)
}

/// The outputs of a batch that ends after some samples, and what there is to gather of them.
struct GatheredBatch {
    penalties: Vec<f32>,
    losses: Vec<f32>,
    labels: Vec<u32>,
    loss: f64,
    errors: u32,
}

impl GatheredBatch {
    fn new(batch: usize, present: usize, model: usize) -> Self {
        let mut noise = Noise::of_model(12, model);
        let penalties = noise.values(batch * DIGITS);
        let (label_words, labels) = labels(&mut noise, batch, present);
        let mut losses = noise.values(present);
        let present_penalties = widened(&penalties[..present * DIGITS]);
        let losses64 = widened(&losses);
        let (_, errors) = reference::metrics::gather(&present_penalties, &losses64, &labels);
        losses.resize(batch, 0.0);
        Self {
            penalties,
            losses,
            labels: label_words,
            loss: losses64.iter().sum(),
            errors: errors as u32,
        }
    }
}
