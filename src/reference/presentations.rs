//! The presentations of the digits in a pass: their order and their distortions.

use super::{Real, batch};
use crate::data::Dataset;
use crate::model::{Distortion, Recipe};

/// The presentations of one pass: its digits, and what their order and distortions are drawn from.
#[derive(Clone, Copy)]
pub struct Presentations<'a> {
    data: &'a Dataset,
    distortion: &'a Distortion,
    seed: u32,
    pass: usize,
}

/// One presentation of a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// Index of the digit in the data set.
    pub sample: usize,
    /// What its distortion is drawn for: the pass or, where copies are fixed, the version.
    pub occasion: u32,
}

impl<'a> Presentations<'a> {
    /// The presentations of pass `pass` of a run of `recipe` from `seed`.
    pub fn of(recipe: &'a Recipe, data: &'a Dataset, seed: u32, pass: usize) -> Self {
        Self {
            data,
            distortion: &recipe.distortion,
            seed,
            pass,
        }
    }

    /// Number of digits presented in the pass.
    pub fn count(&self) -> usize {
        self.data.len()
    }

    /// The presentation at place `position` of the pass.
    pub fn at(&self, position: usize) -> Presentation {
        let (count, versions) = (self.data.len(), self.distortion.versions());
        let number = batch::presented(position, self.pass, count, versions, Some(self.seed));
        let occasion = match versions {
            1 => self.pass,
            _ => number / count,
        };
        Presentation {
            sample: number % count,
            occasion: occasion as u32,
        }
    }

    /// Puts the digit at place `position` of the pass into `field` [y,x], distorted if the recipe says
    /// so, and returns its label.
    pub fn assemble<T: Real>(&self, position: usize, field: &mut [T]) -> u8 {
        let Presentation { sample, occasion } = self.at(position);
        let image = self.data.image(sample);
        if self.distortion.is_none() {
            batch::assemble(image, field);
        } else {
            let warp = batch::draw_warp(self.distortion, self.seed, occasion, sample as u32);
            batch::assemble_distorted(image, &warp, field);
        }
        self.data.labels()[sample]
    }
}
