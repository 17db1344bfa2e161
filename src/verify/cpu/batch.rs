//! Batch assembly.

use super::blocks::blocks;
use super::guarded::Guarded;
use super::operation::{self, Operation, each_size, in_blocks};
use super::task::task;
use crate::cpu::Level;
use crate::cpu::batch::{Assembler, FIELD};
use crate::cpu::memory::{LINE, Planes};
use crate::data::FIELD_SIDE;
use crate::model::{Distortion, MapShape};
use crate::reference::Presentation;
use crate::verify::check::Check;
use crate::verify::compare::Outcome;
use crate::verify::problems::batch::{Assembly, Presented, batches};
use crate::verify::problems::tolerances::{INTERPOLATED, POINTWISE};

pub fn checks(level: Level) -> Vec<Check<'static>> {
    let runs = || in_blocks(level, each_size!(assemble));
    let plain = Operation {
        name: "batch.assemble",
        tolerance: POINTWISE,
        runs: runs(),
    };
    let distorted = Operation {
        name: "batch.assemble_distorted",
        tolerance: INTERPOLATED,
        runs: runs(),
    };
    let problems = |is_distorted| {
        let mut batches = batches();
        // A network with a smaller field takes the middle of the whole one; the network cases check
        // that it does.
        batches.retain(|presented| {
            presented.field_side == FIELD_SIDE && presented.distortion.is_some() == is_distorted
        });
        let small = batches.clone().into_iter();
        let small = small.filter(|presented| is_distorted && presented.batch < LINE);
        batches.extend(small.map(|presented| Presented {
            batch: LINE + 1,
            present: LINE + 1,
            ..presented
        }));
        batches
            .into_iter()
            .map(|presented| Assembly::new(presented, 0))
    };
    let mut checks = operation::checks(level, problems(false), &[plain]);
    checks.extend(operation::checks(level, problems(true), &[distorted]));
    checks
}

task! {
    /// The fields of the samples of one block.
    Assemble {
        assembler: &'a Assembler,
        assembly: &'a Assembly,
        presentations: &'a [Presentation],
        distortion: &'a Distortion,
        planes: &'a Planes<SAMPLES>,
        fields: &'a mut [f32],
    } |_simd| {
        let mut field = [f32::NAN; FIELD];
        for (lane, &presentation) in presentations.iter().enumerate() {
            let (image, seed) = (assembly.image(presentation.sample), assembly.seed);
            assembler.assemble_distorted(image, distortion, seed, presentation, &mut field);
            planes.put(lane, &field, fields);
        }
    }
}

fn assemble<const SAMPLES: usize>(assembly: &Assembly, level: Level) -> Outcome {
    let (expected, tolerance) = (assembly.assemble(), assembly.tolerance());
    let presentations: Vec<Presentation> = assembly.presentations().collect();
    let planes = Planes::<SAMPLES>::aligned(MapShape::new(1, FIELD_SIDE, FIELD_SIDE));
    let mut outcome = Outcome::default();
    for block in blocks::<SAMPLES>(presentations.len()) {
        let mut fields = Guarded::unwritten(planes);
        level.dispatch(Assemble::<SAMPLES> {
            assembler: &Assembler::new(),
            assembly,
            presentations: &presentations[block.clone()],
            distortion: &assembly.distortion(),
            planes: &planes,
            fields: fields.memory(),
        });
        fields.compare("fields", &expected, &block, &tolerance, &mut outcome);
    }
    outcome
}
