//! What can go wrong while a network is trained.

use thiserror::Error;

use crate::gpu::GpuError;
use crate::model::InvalidValue;

/// A training that could not begin or go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The recipe makes no sense.
    #[error("{0}")]
    Recipe(#[from] InvalidValue),
    /// There is nothing to train on.
    #[error("the training set has no digits, expected at least one")]
    NoDigits,
    /// The loss or the parameters are no longer finite.
    #[error("{0}")]
    Diverged(#[from] Divergence),
    /// The adapter failed.
    #[error("{0}")]
    Gpu(#[from] GpuError),
}

/// A training whose loss or parameters are no longer finite. Mostly its learning rate was too high,
/// or the scale of its loss.
#[derive(Clone, Debug, PartialEq, Error)]
#[error(
    "training diverged in pass {pass} with seed {seed}: the loss is {loss}, with a rate of {rate} \
     and a loss scale of {loss_scale}"
)]
pub struct Divergence {
    /// The seed of the model.
    pub seed: u32,
    /// The pass, from 1.
    pub pass: usize,
    /// What became of the loss.
    pub loss: f64,
    /// The highest learning rate of the recipe.
    pub rate: f32,
    /// The factor on the distances in the loss.
    pub loss_scale: f32,
}
