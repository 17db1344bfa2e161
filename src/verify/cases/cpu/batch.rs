//! Batch assembly on the CPU path.

use std::fmt;

use super::room::Room;
use super::{all_checks, samples_text, task};
use crate::cpu::Level;
use crate::cpu::batch::{Assembler, FIELD};
use crate::cpu::memory::Planes;
use crate::data::{FIELD_SIDE, IMAGE_PIXELS};
use crate::model::{Distortion, MapShape};
use crate::reference::{self, Presentation};
use crate::verify::cases::batch::distortions;
use crate::verify::cases::{INTERPOLATED, POINTWISE};
use crate::verify::check::Check;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::noise::Noise;

const SEED: u32 = 0x1998;

/// The occasion that the image of lane `lane` is distorted for; 0 is the original where copies are
/// fixed.
fn occasion(lane: usize) -> u32 {
    (lane as u32 + 1) % 4
}

/// Noise that is distorted in some way.
#[derive(Clone, Copy)]
struct Presented {
    what: &'static str,
    distortion: Distortion,
}

pub(super) fn checks<const SAMPLES: usize>(level: Level) -> Vec<Check<'static>> {
    let samples = samples_text(SAMPLES);
    let plain = Presented {
        what: "plain",
        distortion: Distortion::NONE,
    };
    let distorted = distortions().map(|(_, _, what, distortion)| Presented { what, distortion });
    let run = Presented::assemble::<SAMPLES>;
    let mut checks = all_checks(
        level,
        &samples,
        &[plain],
        &[("batch.assemble", POINTWISE, run)],
    );
    checks.extend(all_checks(
        level,
        &samples,
        &distorted,
        &[("batch.assemble_distorted", INTERPOLATED, run)],
    ));
    checks
}

task! {
    /// The fields of as many images as lie side by side.
    Assemble {
        assembler: &'a Assembler,
        images: &'a [u8],
        distortion: &'a Distortion,
        planes: &'a Planes<SAMPLES>,
        fields: &'a mut [f32],
    } |_simd| {
        let mut field = [f32::NAN; FIELD];
        for (sample, image) in images.chunks(IMAGE_PIXELS).enumerate() {
            let presentation = Presentation {
                sample,
                occasion: occasion(sample),
            };
            assembler.assemble_distorted(image, distortion, SEED, presentation, &mut field);
            planes.put(sample, &field, fields);
        }
    }
}

impl Presented {
    fn assemble<const SAMPLES: usize>(&self, level: Level, tolerance: &Tolerance) -> Outcome {
        let distortion = &self.distortion;
        let images: Vec<u8> = Noise::new(2)
            .below(256, SAMPLES * IMAGE_PIXELS)
            .into_iter()
            .map(|value| value as u8)
            .collect();
        let mut expected = vec![f64::NAN; SAMPLES * FIELD];
        let presented = images.chunks(IMAGE_PIXELS).zip(expected.chunks_mut(FIELD));
        for (sample, (image, field)) in presented.enumerate() {
            if distortion.is_none() {
                reference::batch::assemble(image, field);
            } else {
                let warp =
                    reference::batch::draw_warp(distortion, SEED, occasion(sample), sample as u32);
                reference::batch::assemble_distorted(image, &warp, field);
            }
        }
        let planes = Planes::aligned(MapShape::new(1, FIELD_SIDE, FIELD_SIDE));
        let mut fields = Room::unwritten(planes);
        level.dispatch(Assemble::<SAMPLES> {
            assembler: &Assembler::new(),
            images: &images,
            distortion,
            planes: &planes,
            fields: fields.memory(),
        });
        fields.outcome("fields", &expected, tolerance)
    }
}

impl fmt::Display for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}
