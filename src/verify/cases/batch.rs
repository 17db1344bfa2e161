//! Batch assembly.

use super::{INTERPOLATED, NO_SAMPLE, POINTWISE, side_by_side};
use crate::data::{FIELD_SIDE, IMAGE_PIXELS};
use crate::gpu::kernels::{self, batch::BatchShape};
use crate::gpu::{Batches, GROUP, Kernel, group_count};
use crate::model::{DIGITS, Distortion};
use crate::reference;
use crate::verify::case::KernelCase;
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;

/// Side of LeNet-1's field.
const SMALL_FIELD_SIDE: usize = 28;

pub(super) fn batch_cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    for (batch, samples, versions, step, shuffle) in [
        (1, 1, 1, 0, true),
        (7, 50, 1, 7, true),
        (16, 1000, 1, 130, true),
        (64, 60_000, 1, 937, true),
        (65, 257, 1, 3, false),
        (7, 13, 3, 5, true),
        (64, 60_000, 10, 938 * 13 + 937, true),
    ] {
        let shape = BatchShape {
            batches: Batches::single(batch),
            samples,
            versions,
            shuffle,
            field_side: FIELD_SIDE,
        };
        cases.push(select_case(shape, step, 0));
        for &models in models_of(batch) {
            let case = |model| [select_case(shape, step, model)];
            cases.extend(side_by_side(models, case));
        }
    }
    for (batch, present) in [(1, 1), (6, 3), (16, 16)] {
        cases.push(assemble_case(batch, present, FIELD_SIDE));
    }
    cases.push(assemble_case(7, 6, SMALL_FIELD_SIDE));
    for (batch, present, what, distortion) in distortions() {
        let case =
            |side, model| assemble_distorted_case(batch, present, what, distortion, side, model);
        cases.push(case(FIELD_SIDE, 0));
        if what == "everything" {
            cases.push(case(SMALL_FIELD_SIDE, 0));
        }
        for &models in models_of(batch) {
            cases.extend(side_by_side(models, |model| [case(FIELD_SIDE, model)]));
        }
    }
    cases
}

/// Numbers of models side by side that batches of `batch` samples are assembled for besides one.
fn models_of(batch: usize) -> &'static [usize] {
    match batch {
        7 => &[2, 3],
        13 => &[3],
        64 => &[5],
        _ => &[],
    }
}

/// Every part of a distortion by itself, and all at once, with the sizes of batches.
pub(super) fn distortions() -> [(usize, usize, &'static str, Distortion); 8] {
    let none = Distortion::NONE;
    let linear = |linear, shift| Distortion {
        linear,
        shift,
        ..none
    };
    let planar = Distortion {
        rotation: 20.0,
        scale: 0.2,
        shear: 0.15,
        ..none
    };
    let elastic = |elastic, smoothness| Distortion {
        elastic,
        smoothness,
        ..none
    };
    let all = Distortion {
        linear: 0.05,
        shift: 1.2,
        elastic: 0.6,
        ..planar
    };
    let fixed = Distortion {
        fixed_copies: 3,
        ..all
    };
    [
        (1, 1, "linear 0.1", linear(0.1, 0.0)),
        (6, 3, "shift 1.5", linear(0.0, 1.5)),
        (16, 16, "linear 0.3, shift 5", linear(0.3, 5.0)),
        (5, 5, "rotation, scale and shear", planar),
        (1, 1, "elastic 0.6, smoothness 4", elastic(0.6, 4.0)),
        (7, 6, "elastic 2, smoothness 1", elastic(2.0, 1.0)),
        (17, 17, "everything", all),
        (13, 13, "fixed copies", fixed),
    ]
}

fn select_case(shape: BatchShape, step: usize, model: usize) -> KernelCase {
    let seed = 0x1998 + model as u32;
    let BatchShape {
        batches: Batches { size: batch, .. },
        samples,
        versions,
        shuffle,
        ..
    } = shape;
    let labels = Noise::new(1).below(DIGITS as u32, samples);
    let order = shuffle.then_some(seed);
    let chosen = reference::batch::select_samples(step, batch, samples, versions, order);
    let places = group_count(batch) * GROUP;
    let at = |place: usize| chosen.get(place).copied();
    let expected_chosen = (0..places)
        .map(|place| (place, at(place).map_or(NO_SAMPLE, |number| number as u32)))
        .collect();
    let expected_labels = (0..places)
        .map(|place| {
            (
                place,
                at(place).map_or(NO_SAMPLE, |number| labels[number % samples]),
            )
        })
        .collect();
    let progress = vec![step as u32, seed, 0];
    let expected_progress = vec![(0, step as u32), (1, seed), (2, chosen.len() as u32)];
    let pictures = match versions {
        1 => format!("{batch} of {samples}"),
        _ => format!("{batch} of {samples} in {versions} versions"),
    };
    let text = format!("{pictures}, step {step}, shuffle {shuffle}");
    KernelCase::new(
        kernels::batch::select_samples(shape),
        text,
        Tolerance::EXACT,
    )
    .reads_integers("data_labels", &labels)
    .writes_integers("progress", Some(progress), 3, expected_progress)
    .writes_integers("chosen", None, places, expected_chosen)
    .writes_integers("labels", None, places, expected_labels)
}

/// A data set of noise, a batch chosen from its versions, and the fields as
/// `assemble(image, number, field)` makes them.
struct Assembly {
    words: Vec<u32>,
    chosen: Vec<u32>,
    fields: Vec<f64>,
    field_units: usize,
}

impl Assembly {
    const SAMPLES: usize = 20;

    fn new(
        shape: &BatchShape,
        present: usize,
        model: usize,
        assemble: impl Fn(&[u8], usize, &mut [f64]),
    ) -> Self {
        let (batch, versions) = (shape.batches.size, shape.versions);
        let field_units = shape.field_side * shape.field_side;
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
        let mut chosen =
            Noise::of_model(23, model).below((Self::SAMPLES * versions) as u32, present);
        let mut fields = vec![f64::NAN; batch * field_units];
        for (n, field) in fields.chunks_mut(field_units).enumerate() {
            match chosen.get(n) {
                Some(&number) => {
                    let first = number as usize % Self::SAMPLES * IMAGE_PIXELS;
                    let image = &bytes[first..first + IMAGE_PIXELS];
                    assemble(image, number as usize, field);
                }
                None => field.fill(crate::data::BACKGROUND.into()),
            }
        }
        chosen.resize(group_count(batch) * GROUP, NO_SAMPLE);
        Self {
            words,
            chosen,
            fields,
            field_units,
        }
    }

    fn case(self, kernel: Kernel, text: String, tolerance: Tolerance) -> KernelCase {
        KernelCase::new(kernel, text, tolerance)
            .reads_integers("images", &self.words)
            .reads_integers("selected", &self.chosen)
            .writes_grouped("fields", self.fields, self.field_units)
    }

    fn shape(batch: usize, versions: usize, field_side: usize) -> BatchShape {
        BatchShape {
            batches: Batches::single(batch),
            samples: Self::SAMPLES,
            versions,
            shuffle: true,
            field_side,
        }
    }
}

fn assemble_case(batch: usize, present: usize, field_side: usize) -> KernelCase {
    let shape = Assembly::shape(batch, 1, field_side);
    let text = format!("{present} of {batch}{}", small_field(field_side));
    Assembly::new(&shape, present, 0, |image, _, field| {
        reference::batch::assemble(image, field)
    })
    .case(kernels::batch::assemble(shape), text, POINTWISE)
}

/// Says so where the field is not that of LeNet-5.
fn small_field(side: usize) -> String {
    match side {
        FIELD_SIDE => String::new(),
        side => format!(", field {side}x{side}"),
    }
}

fn assemble_distorted_case(
    batch: usize,
    present: usize,
    what: &str,
    distortion: Distortion,
    field_side: usize,
    model: usize,
) -> KernelCase {
    let (step, seed) = (50u32, 0x1998 + model as u32);
    let pass = step as usize / Assembly::SAMPLES.div_ceil(batch);
    let versions = distortion.versions();
    let shape = Assembly::shape(batch, versions, field_side);
    let kernel = kernels::batch::assemble_distorted(shape, &distortion);
    let progress = vec![step, seed, present as u32];
    let unchanged = progress.iter().copied().enumerate().collect();
    Assembly::new(&shape, present, model, |image, number, field| {
        let (sample, version) = (number % Assembly::SAMPLES, number / Assembly::SAMPLES);
        let occasion = if versions > 1 { version } else { pass };
        let warp = reference::batch::draw_warp(&distortion, seed, occasion as u32, sample as u32);
        reference::batch::assemble_distorted(image, &warp, field);
    })
    .case(
        kernel,
        format!("{present} of {batch}, {what}{}", small_field(field_side)),
        INTERPOLATED,
    )
    .writes_integers("progress", Some(progress), 3, unchanged)
}
