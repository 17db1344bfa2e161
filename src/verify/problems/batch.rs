//! Batch assembly.

use std::fmt;

use super::tolerances::{INTERPOLATED, POINTWISE};
use crate::data::{BACKGROUND, FIELD_SIDE, IMAGE_PIXELS};
use crate::model::{DIGITS, Distortion};
use crate::reference::{self, Presentation};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::Samples;
use crate::verify::tensor::inputs;

/// Side of LeNet-1's field.
const SMALL_FIELD_SIDE: usize = 28;

/// The seed of the model at place `model`.
fn seed_of(model: usize) -> u32 {
    0x1998 + model as u32
}

// --- which samples -------------------------------------------------------------------------------

/// The step whose samples are selected.
#[derive(Clone, Copy)]
pub struct Step {
    pub batch: usize,
    /// Samples in the data set.
    pub samples: usize,
    /// Versions of every sample.
    pub versions: usize,
    pub step: usize,
    pub shuffle: bool,
}

/// All steps whose samples are selected.
pub fn steps() -> [Step; 7] {
    [
        (1, 1, 1, 0, true),
        (7, 50, 1, 7, true),
        (16, 1000, 1, 130, true),
        (64, 60_000, 1, 937, true),
        (65, 257, 1, 3, false),
        (7, 13, 3, 5, true),
        (64, 60_000, 10, 938 * 13 + 937, true),
    ]
    .map(|(batch, samples, versions, step, shuffle)| Step {
        batch,
        samples,
        versions,
        step,
        shuffle,
    })
}

/// The selection of a step's samples.
pub struct Selection {
    pub at: Step,
    pub seed: u32,
    /// Of all samples of the data set.
    pub labels: Vec<u32>,
}

impl Selection {
    pub const TOLERANCE: Tolerance = Tolerance::EXACT;

    /// The selection of the model at place `model`.
    pub fn new(at: Step, model: usize) -> Self {
        Self {
            at,
            seed: seed_of(model),
            labels: Noise::new(1).below(DIGITS as u32, at.samples),
        }
    }

    /// The numbers of the samples among all versions.
    pub fn select(&self) -> Vec<usize> {
        let (at, order) = (self.at, self.at.shuffle.then_some(self.seed));
        reference::batch::select_samples(at.step, at.batch, at.samples, at.versions, order)
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        write!(f, "{} of {}", at.batch, at.samples)?;
        if at.versions > 1 {
            write!(f, " in {} versions", at.versions)?;
        }
        write!(f, ", step {}, shuffle {}", at.step, at.shuffle)
    }
}

// --- their pixels --------------------------------------------------------------------------------

/// A batch that is assembled.
#[derive(Clone, Copy)]
pub struct Presented {
    pub batch: usize,
    /// Samples that are there; the rest of the batch is paper.
    pub present: usize,
    pub field_side: usize,
    /// How the samples are distorted, if they are, and what that is called.
    pub distortion: Option<(&'static str, Distortion)>,
}

impl Presented {
    fn plain(batch: usize, present: usize) -> Self {
        Self {
            batch,
            present,
            field_side: FIELD_SIDE,
            distortion: None,
        }
    }

    fn distorted(self, what: &'static str, distortion: Distortion) -> Self {
        Self {
            distortion: Some((what, distortion)),
            ..self
        }
    }

    fn in_small_field(self) -> Self {
        Self {
            field_side: SMALL_FIELD_SIDE,
            ..self
        }
    }
}

/// Batches as they are, and with every part of a distortion by itself and all at once.
pub fn batches() -> Vec<Presented> {
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
    let of = Presented::plain;
    vec![
        of(1, 1),
        of(6, 3),
        of(16, 16),
        of(7, 6).in_small_field(),
        of(1, 1).distorted("linear 0.1", linear(0.1, 0.0)),
        of(6, 3).distorted("shift 1.5", linear(0.0, 1.5)),
        of(16, 16).distorted("linear 0.3, shift 5", linear(0.3, 5.0)),
        of(5, 5).distorted("rotation, scale and shear", planar),
        of(1, 1).distorted("elastic 0.6, smoothness 4", elastic(0.6, 4.0)),
        of(7, 6).distorted("elastic 2, smoothness 1", elastic(2.0, 1.0)),
        of(17, 17).distorted("everything", all),
        of(17, 17).distorted("everything", all).in_small_field(),
        of(13, 13).distorted("fixed copies", fixed),
    ]
}

/// A batch chosen from a data set of noise.
pub struct Assembly {
    pub presented: Presented,
    pub seed: u32,
    pub step: u32,
    /// The data set's pictures.
    pub bytes: Vec<u8>,
    /// The numbers of the samples that are present among all versions.
    pub chosen: Vec<u32>,
}

impl Assembly {
    /// Samples in the data set.
    pub const SAMPLES: usize = 20;

    /// A batch of the model at place `model`.
    pub fn new(presented: Presented, model: usize) -> Self {
        let bytes = Noise::new(2).bytes(256, Self::SAMPLES * IMAGE_PIXELS);
        let mut assembly = Self {
            presented,
            seed: seed_of(model),
            step: 50,
            bytes,
            chosen: Vec::new(),
        };
        let numbers = Self::SAMPLES * assembly.versions();
        assembly.chosen = Noise::of_model(23, model).below(numbers as u32, presented.present);
        assembly
    }

    /// How far off pixels may be.
    pub fn tolerance(&self) -> Tolerance {
        match self.presented.distortion {
            Some(_) => INTERPOLATED,
            None => POINTWISE,
        }
    }

    /// How the samples are distorted.
    pub fn distortion(&self) -> Distortion {
        let distortion = self.presented.distortion;
        distortion.map_or(Distortion::NONE, |(_, distortion)| distortion)
    }

    /// Versions of every sample.
    pub fn versions(&self) -> usize {
        self.distortion().versions()
    }

    /// The picture of sample `sample`.
    pub fn image(&self, sample: usize) -> &[u8] {
        &self.bytes[sample * IMAGE_PIXELS..][..IMAGE_PIXELS]
    }

    /// What is presented at every place of the batch that is taken.
    pub fn presentations(&self) -> impl Iterator<Item = Presentation> {
        let pass = self.step as usize / Self::SAMPLES.div_ceil(self.presented.batch);
        let versions = self.versions();
        self.chosen.iter().map(move |&number| {
            let (sample, version) = (
                number as usize % Self::SAMPLES,
                number as usize / Self::SAMPLES,
            );
            let occasion = if versions > 1 { version } else { pass } as u32;
            Presentation { sample, occasion }
        })
    }

    /// The fields of the batch.
    pub fn assemble(&self) -> Samples<f64> {
        let units = self.presented.field_side * self.presented.field_side;
        let mut fields = vec![f64::from(BACKGROUND); self.presented.batch * units];
        for (presentation, field) in self.presentations().zip(fields.chunks_mut(units)) {
            field.fill(f64::NAN);
            self.assemble_sample(presentation, field);
        }
        Samples::new(fields, units)
    }

    fn assemble_sample(&self, presentation: Presentation, field: &mut [f64]) {
        let Presentation { sample, occasion } = presentation;
        let image = self.image(sample);
        match &self.presented.distortion {
            Some((_, distortion)) => {
                let warp =
                    reference::batch::draw_warp(distortion, self.seed, occasion, sample as u32);
                reference::batch::assemble_distorted(image, &warp, field);
            }
            None => reference::batch::assemble(image, field),
        }
    }
}

inputs!(Assembly { bytes, chosen });

impl fmt::Display for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Presented {
            batch,
            present,
            field_side,
            distortion,
        } = &self.presented;
        write!(f, "{present} of {batch}")?;
        if let Some((what, _)) = distortion {
            write!(f, ", {what}")?;
        }
        if *field_side != FIELD_SIDE {
            write!(f, ", field {field_side}x{field_side}")?;
        }
        Ok(())
    }
}
