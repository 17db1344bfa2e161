//! How far each model is, as the shaders read it.

use bytemuck::{Pod, Zeroable};

use super::{Device, GpuError, View};

/// How far a model is: the shaders' `Progress`.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct ModelProgress {
    step: u32,
    seed: u32,
    count: u32,
}

/// How far each model is, on the adapter.
pub(super) struct Progress {
    /// The shaders' `Progress` of every model.
    pub view: View,
    seeds: Vec<u32>,
}

impl Progress {
    /// One model per seed, all of them before step `step`.
    pub fn upload(device: &Device, step: usize, seeds: &[u32]) -> Result<Self, GpuError> {
        Ok(Self {
            view: device.upload("progress", &before_step(step, seeds))?,
            seeds: seeds.to_vec(),
        })
    }

    /// Puts all models before step `step`.
    pub fn go_to(&self, device: &Device, step: usize) {
        device.write(&self.view, &before_step(step, &self.seeds));
    }
}

fn before_step(step: usize, seeds: &[u32]) -> Vec<ModelProgress> {
    let progress = |&seed| ModelProgress {
        step: step as u32,
        seed,
        count: 0,
    };
    seeds.iter().map(progress).collect()
}
