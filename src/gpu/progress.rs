//! How far each model is, as the shaders read it.

use bytemuck::{Pod, Zeroable};

/// How far a model is, as the shaders' `Progress`.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Progress {
    step: u32,
    seed: u32,
    count: u32,
}

impl Progress {
    /// Models of `seeds` before step `step`.
    pub fn at(step: usize, seeds: &[u32]) -> Vec<Self> {
        let progress = |&seed| Self {
            step: step as u32,
            seed,
            count: 0,
        };
        seeds.iter().map(progress).collect()
    }
}
