//! How the digits of a pass are presented.

use super::batch;
use crate::data::Dataset;
use crate::model::Distortion;

/// The digits of one pass, with what their distortions are drawn from.
#[derive(Clone, Copy)]
pub struct Presentations<'a> {
    /// The digits.
    pub data: &'a Dataset,
    /// How they are distorted.
    pub distortion: &'a Distortion,
    /// Seed of the run.
    pub seed: u32,
    /// The pass, from 0.
    pub pass: usize,
}

impl Presentations<'_> {
    /// The pixels of `sample` into `field`, distorted if the recipe says so, and its label.
    pub fn assemble(&self, sample: usize, field: &mut [f32]) -> u8 {
        let (image, label) = (self.data.image(sample), self.data.labels[sample]);
        if *self.distortion == Distortion::NONE {
            batch::assemble(image, field);
            return label;
        }
        let (pass, sample) = (self.pass as u32, sample as u32);
        let affine = batch::draw_affine(self.distortion, self.seed, pass, sample);
        batch::assemble_distorted(image, &affine, field);
        label
    }
}
