//! The output layers, the losses, and what is counted after them.

use super::batch::NO_SAMPLE;
use super::case::KernelCase;
use crate::gpu::{Batches, GROUP, group_count, interleave, kernels};
use crate::model::{CODE_LENGTH, DIGITS};
use crate::verify::problems::loss::{LOSSES, Losses, SECOND, TAUGHT, Taught};
use crate::verify::problems::metrics::{self, Counted, Metrics};
use crate::verify::problems::rbf::Rbf;
use crate::verify::problems::softmax::{BATCHES, Softmax};

pub fn cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    for batch in BATCHES {
        cases.extend(rbf_cases(&Rbf::new(batch)));
        cases.extend(softmax_cases(&Softmax::new(batch)));
    }
    for (kind, batch, present) in LOSSES {
        cases.push(loss_case(&Losses::new(kind, batch, present)));
    }
    for (kind, batch, present) in TAUGHT {
        cases.extend(taught_cases(&Taught::new(kind, batch, present)));
    }
    for (batch, present) in SECOND {
        cases.extend(second_loss_case(&Losses::curved(batch, present)));
    }
    for (batch, present, models) in metrics::BATCHES {
        cases.push(metrics_case(batch, present, models));
    }
    cases
}

fn rbf_cases(rbf: &Rbf) -> Vec<KernelCase> {
    let batch = rbf.x.count();
    let case = |kernel| {
        KernelCase::new(kernel, rbf, Rbf::TOLERANCE)
            .reads_grouped("input", &rbf.x)
            .reads("codes", &rbf.codes)
    };
    let mut cases = vec![
        case(kernels::rbf::forward(batch, CODE_LENGTH, DIGITS))
            .writes_grouped("output", rbf.forward()),
    ];
    cases.extend(
        case(kernels::rbf::backward_input(batch, CODE_LENGTH, DIGITS))
            .reads_grouped("output_gradient", &rbf.dy)
            .and_after_squashing(&rbf.x, rbf.backward_input()),
    );
    let second = kernels::rbf::second_backward_input(batch, CODE_LENGTH, DIGITS);
    cases.push(
        case(second)
            .reads_grouped("output_gradient", &rbf.positive_dy)
            .reads_grouped("output_curvature", &rbf.hy)
            .writes_grouped("input_curvature", rbf.second_backward_input()),
    );
    cases
}

fn softmax_cases(softmax: &Softmax) -> [KernelCase; 3] {
    let batch = softmax.scores.count();
    let case = |kernel| KernelCase::new(kernel, softmax, Softmax::TOLERANCE);
    [
        case(kernels::softmax::forward(batch, DIGITS))
            .reads_grouped("input", &softmax.scores)
            .writes_grouped("output", softmax.forward()),
        case(kernels::softmax::backward_input(batch, DIGITS))
            .reads_grouped("penalties", &softmax.penalties)
            .reads_grouped("output_gradient", &softmax.dy)
            .writes_grouped("input_gradient", softmax.backward_input()),
        case(kernels::softmax::second_backward_input(batch, DIGITS))
            .reads_grouped("penalties", &softmax.mild_penalties)
            .reads_grouped("output_gradient", &softmax.positive_dy)
            .reads_grouped("output_curvature", &softmax.hy)
            .writes_grouped("input_curvature", softmax.second_backward_input()),
    ]
}

/// The labels of a batch as the shaders read them.
fn label_words(labels: &[u8], batch: usize) -> Vec<u32> {
    let mut words: Vec<u32> = labels.iter().map(|&label| label.into()).collect();
    words.resize(group_count(batch) * GROUP, NO_SAMPLE);
    words
}

fn loss_case(losses: &Losses) -> KernelCase {
    let (batch, measured) = (losses.penalties.count(), losses.forward());
    let kernel = kernels::loss::forward(&losses.loss, batch, DIGITS);
    KernelCase::new(kernel, losses, Losses::TOLERANCE)
        .reads_grouped("penalties", &losses.penalties)
        .reads_integers("labels", &label_words(&losses.labels, batch))
        .reads_integers("progress", &[0, 0, losses.labels.len() as u32])
        .writes_grouped("gradient", measured.gradient)
        .writes_grouped("losses", measured.losses)
}

fn taught_cases(taught: &Taught) -> [KernelCase; 3] {
    let Losses {
        loss,
        penalties,
        labels,
    } = &taught.losses;
    let (batch, measured) = (penalties.count(), taught.forward());
    let words = label_words(labels, batch);
    let case = |kernel| KernelCase::new(kernel, taught, Losses::TOLERANCE);
    [
        case(kernels::loss::by_label(loss, Taught::SHARE, batch, DIGITS))
            .reads_integers("labels", &words)
            .writes_grouped("targets", taught.by_label()),
        case(kernels::loss::learn(loss, Taught::SHARE, batch, DIGITS))
            .reads_grouped("penalties", penalties)
            .reads_integers("labels", &words)
            .updates_grouped("targets", &taught.targets, taught.learn()),
        case(kernels::loss::taught(loss, batch, DIGITS))
            .reads_grouped("penalties", penalties)
            .reads_integers("labels", &words)
            .reads_integers("progress", &[0, 0, labels.len() as u32])
            .reads_grouped("targets", &taught.targets)
            .writes_grouped("gradient", measured.gradient)
            .writes_grouped("losses", measured.losses),
    ]
}

/// None for eq. 8, which has no second derivatives.
fn second_loss_case(losses: &Losses) -> Option<KernelCase> {
    let batch = losses.penalties.count();
    let kernel = kernels::loss::second(&losses.loss, batch, DIGITS)?;
    let case = KernelCase::new(kernel, losses, Losses::TOLERANCE)
        .reads_grouped("penalties", &losses.penalties)
        .reads_integers("labels", &label_words(&losses.labels, batch))
        .reads_integers("progress", &[0, 0, losses.labels.len() as u32])
        .writes_grouped("curvature", losses.second());
    Some(case)
}

/// Several models are at different steps here, so that each is seen to count its own.
fn metrics_case(batch: usize, present: usize, models: usize) -> KernelCase {
    const RING: usize = 8;
    let (mut penalties, mut losses, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let (mut progress, mut expected_progress) = (Vec::new(), Vec::new());
    let (mut sums, mut counts) = (Vec::new(), Vec::new());
    for model in 0..models {
        let metrics = Metrics::new(batch, present, model);
        let Counted { loss, errors } = metrics.gather();
        let (step, seed) = (13 + model as u32, 5);
        // Three words per model: step, seed, count.
        expected_progress.extend([step + 1, seed, present as u32]);
        progress.extend([step, seed, present as u32]);
        // Three words per place of the ring and model: loss, errors, count.
        let place = (step as usize % RING * models + model) * 3;
        sums.push((place, loss));
        counts.extend([(place + 1, errors as u32), (place + 2, present as u32)]);
        penalties.extend(interleave(&metrics.penalties.values, DIGITS));
        losses.extend(interleave(&metrics.losses.values, 1));
        labels.extend(label_words(&metrics.labels, batch));
    }
    let batches = Batches {
        models,
        size: batch,
    };
    let words = progress.len();
    let expected_progress = expected_progress.into_iter().enumerate().collect();
    let kernel = kernels::metrics::gather(batches, DIGITS, RING, &Metrics::LOSS);
    let case = KernelCase::new(kernel, Metrics::new(batch, present, 0), Metrics::TOLERANCE);
    let case = match models {
        1 => case,
        _ => case.way(format!("{models} models")),
    };
    case.reads("penalties", &penalties)
        .reads("losses", &losses)
        .reads_integers("labels", &labels)
        .writes_integers("progress", Some(progress), words, expected_progress)
        .writes_mixed("ring", RING * models * 3, sums, counts)
}
