//! Batch assembly.

use super::case::KernelCase;
use super::models::in_one_launch;
use crate::data::FIELD_SIDE;
use crate::gpu::kernels::{self, batch::BatchShape};
use crate::gpu::{Batches, GROUP, group_count};
use crate::verify::problems::batch::{Assembly, Presented, Selection, batches, steps};

/// Label of a place beyond the end of a batch.
pub const NO_SAMPLE: u32 = u32::MAX;

pub fn cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    for step in steps() {
        let of_model = |model| vec![select_case(&Selection::new(step, model))];
        cases.extend(of_model(0));
        for &models in models_of(step.batch) {
            cases.extend(in_one_launch(models, of_model));
        }
    }
    for presented in batches() {
        let of_model = |model| vec![assemble_case(&Assembly::new(presented, model))];
        cases.extend(of_model(0));
        if presented.distortion.is_some() && presented.field_side == FIELD_SIDE {
            for &models in models_of(presented.batch) {
                cases.extend(in_one_launch(models, of_model));
            }
        }
    }
    cases
}

/// Numbers of models that batches of `batch` samples are assembled for in one launch, besides one.
fn models_of(batch: usize) -> &'static [usize] {
    match batch {
        7 => &[2, 3],
        13 => &[3],
        64 => &[5],
        _ => &[],
    }
}

fn select_case(selection: &Selection) -> KernelCase {
    let at = selection.at;
    let shape = BatchShape {
        batches: Batches::single(at.batch),
        samples: at.samples,
        versions: at.versions,
        shuffle: at.shuffle,
        field_side: FIELD_SIDE,
    };
    let chosen = selection.select();
    let places = group_count(at.batch) * GROUP;
    let at_places = |word: &dyn Fn(usize) -> u32| {
        let word_at = |place| chosen.get(place).map_or(NO_SAMPLE, |&number| word(number));
        (0..places).map(|place| (place, word_at(place))).collect()
    };
    let (seed, step, present) = (selection.seed, at.step as u32, chosen.len() as u32);
    KernelCase::new(
        kernels::batch::select_samples(shape),
        selection,
        Selection::TOLERANCE,
    )
    .reads_integers("data_labels", &selection.labels)
    .writes_integers(
        "progress",
        Some(vec![step, seed, 0]),
        3,
        vec![(0, step), (1, seed), (2, present)],
    )
    .writes_integers("chosen", None, places, at_places(&|number| number as u32))
    .writes_integers(
        "labels",
        None,
        places,
        at_places(&|number| selection.labels[number % at.samples]),
    )
}

fn assemble_case(assembly: &Assembly) -> KernelCase {
    let Presented {
        batch,
        present,
        field_side,
        distortion,
    } = assembly.presented;
    let shape = BatchShape {
        batches: Batches::single(batch),
        samples: Assembly::SAMPLES,
        versions: assembly.versions(),
        shuffle: true,
        field_side,
    };
    let kernel = match &distortion {
        Some((_, distortion)) => kernels::batch::assemble_distorted(shape, distortion),
        None => kernels::batch::assemble(shape),
    };
    let images: Vec<u32> = assembly
        .bytes
        .chunks(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    let mut selected = assembly.chosen.clone();
    selected.resize(group_count(batch) * GROUP, NO_SAMPLE);
    let case = KernelCase::new(kernel, assembly, assembly.tolerance())
        .reads_integers("images", &images)
        .reads_integers("selected", &selected)
        .writes_grouped("fields", assembly.assemble());
    if distortion.is_none() {
        return case;
    }
    let progress = vec![assembly.step, assembly.seed, present as u32];
    let unchanged = progress.iter().copied().enumerate().collect();
    case.writes_integers("progress", Some(progress), 3, unchanged)
}
