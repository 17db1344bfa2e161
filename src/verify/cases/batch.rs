//! Batch assembly.

use super::{FIELD_UNITS, INTERPOLATED, NO_SAMPLE, POINTWISE};
use crate::cpu;
use crate::data::IMAGE_PIXELS;
use crate::gpu::kernels::{self, BatchShape};
use crate::gpu::{GROUP, Kernel, group_count};
use crate::model::{DIGITS, Distortion};
use crate::verify::case::KernelCase;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;

pub(super) fn batch_cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    for (batch, samples, step, shuffle) in [
        (1, 1, 0, true),
        (7, 50, 7, true),
        (16, 1000, 130, true),
        (64, 60_000, 937, true),
        (65, 257, 3, false),
    ] {
        cases.push(select_case(batch, samples, step, shuffle));
    }
    for (batch, present) in [(1, 1), (6, 3), (16, 16)] {
        cases.push(assemble_case(batch, present));
    }
    for (batch, present, linear, shift) in [(1, 1, 0.1, 0.0), (6, 3, 0.0, 1.5), (16, 16, 0.3, 5.0)]
    {
        let distortion = Distortion { linear, shift };
        cases.push(assemble_distorted_case(batch, present, distortion));
    }
    cases
}

fn select_case(batch: usize, samples: usize, step: usize, shuffle: bool) -> KernelCase {
    let seed = 0x1998;
    let shape = BatchShape {
        batch,
        samples,
        shuffle,
    };
    let labels = Noise::new(1).below(DIGITS as u32, samples);
    let chosen = cpu::batch::select_samples(step, batch, samples, shuffle.then_some(seed));
    let places = group_count(batch) * GROUP;
    let at = |place: usize| chosen.get(place).copied();
    let expected_chosen = (0..places)
        .map(|place| (place, at(place).map_or(NO_SAMPLE, |sample| sample as u32)))
        .collect();
    let expected_labels = (0..places)
        .map(|place| (place, at(place).map_or(NO_SAMPLE, |sample| labels[sample])))
        .collect();
    let progress = vec![step as u32, seed, 0];
    let expected_progress = vec![(0, step as u32), (1, seed), (2, chosen.len() as u32)];
    let text = format!("{batch} of {samples}, step {step}, shuffle {shuffle}");
    KernelCase::new(kernels::batch_select_samples(shape), text, Tolerance::EXACT)
        .reads_integers("data_labels", &labels)
        .writes_integers("progress", Some(progress), 3, expected_progress)
        .writes_integers("chosen", None, places, expected_chosen)
        .writes_integers("labels", None, places, expected_labels)
}

/// A data set of noise, a batch chosen from it, and its fields as `assemble(image, sample, field)`
/// makes them.
struct Assembly {
    words: Vec<u32>,
    chosen: Vec<u32>,
    fields: Vec<f64>,
}

impl Assembly {
    const SAMPLES: usize = 20;

    fn new(batch: usize, present: usize, assemble: impl Fn(&[u8], u32, &mut [f64])) -> Self {
        let mut noise = Noise::new(2);
        let bytes: Vec<u8> = noise
            .below(256, Self::SAMPLES * IMAGE_PIXELS)
            .into_iter()
            .map(|value| value as u8)
            .collect();
        let words = bytes
            .chunks(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        let mut chosen = noise.below(Self::SAMPLES as u32, present);
        let mut fields = vec![f64::NAN; batch * FIELD_UNITS];
        for (n, field) in fields.chunks_mut(FIELD_UNITS).enumerate() {
            match chosen.get(n) {
                Some(&sample) => {
                    let first = sample as usize * IMAGE_PIXELS;
                    assemble(&bytes[first..first + IMAGE_PIXELS], sample, field);
                }
                None => field.fill(crate::data::BACKGROUND.into()),
            }
        }
        chosen.resize(group_count(batch) * GROUP, NO_SAMPLE);
        Self {
            words,
            chosen,
            fields,
        }
    }

    fn case(self, kernel: Kernel, text: String, tolerance: Tolerance) -> KernelCase {
        KernelCase::new(kernel, text, tolerance)
            .reads_integers("images", &self.words)
            .reads_integers("selected", &self.chosen)
            .writes_grouped("fields", self.fields, FIELD_UNITS)
    }

    fn shape(batch: usize) -> BatchShape {
        BatchShape {
            batch,
            samples: Self::SAMPLES,
            shuffle: true,
        }
    }
}

fn assemble_case(batch: usize, present: usize) -> KernelCase {
    let kernel = kernels::batch_assemble(Assembly::shape(batch));
    Assembly::new(batch, present, |image, _, field| {
        cpu::batch::assemble(image, field)
    })
    .case(kernel, format!("{present} of {batch}"), POINTWISE)
}

fn assemble_distorted_case(batch: usize, present: usize, distortion: Distortion) -> KernelCase {
    let (step, seed) = (50u32, 0x1998);
    let pass = step as usize / Assembly::SAMPLES.div_ceil(batch);
    let shape = Assembly::shape(batch);
    let kernel = kernels::batch_assemble_distorted(shape, &distortion);
    let progress = vec![step, seed, present as u32];
    let unchanged = progress.iter().copied().enumerate().collect();
    Assembly::new(batch, present, |image, sample, field| {
        let affine = cpu::batch::draw_affine(&distortion, seed, pass as u32, sample);
        cpu::batch::assemble_distorted(image, &affine, field);
    })
    .case(
        kernel,
        format!(
            "{present} of {batch}, linear {}, shift {}",
            distortion.linear, distortion.shift
        ),
        INTERPOLATED,
    )
    .writes_integers("progress", Some(progress), 3, unchanged)
}
