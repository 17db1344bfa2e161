//! Gradients multiplied by the inverses of their inputs' second moments.

use std::fmt;

use super::tolerances::SUM;
use crate::model::preconditioning::{
    Block, PreconditionedLayer, Preconditioning, SAMPLES_LOOKED_AT, is_renewed_at, share_of_step,
};
use crate::model::{Choices, Network};
use crate::reference::{Real, preconditioning};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::{Samples, converted};
use crate::verify::tensor::inputs;

/// d.
pub const DAMPING: f32 = 0.5;

/// A layer of a network, a batch and a step.
#[derive(Clone, Copy)]
pub struct Shape {
    choices: Choices,
    /// Place among the layers that are preconditioned.
    place: usize,
    samples: usize,
    step: usize,
}

/// Layers of all kinds, batches smaller and larger than what is looked at, and steps that renew the
/// inverses and others.
pub fn shapes() -> Vec<Shape> {
    let shape = |choices, place, samples, step| Shape {
        choices,
        place,
        samples,
        step,
    };
    let (lenet5, lenet1) = (Choices::default(), Choices::lenet1());
    vec![
        shape(lenet5, 0, 5, 0),
        shape(lenet5, 1, 3, 7),
        shape(lenet5, 1, 7, 64),
        shape(lenet5, 2, 16, 2),
        shape(lenet5, 3, 1, 3),
        shape(lenet5, 3, 4, 100_000),
        shape(lenet1, 0, 4, 33),
        shape(lenet1, 1, 6, 1),
        shape(lenet1, 2, 2, 96),
    ]
}

/// A layer whose gradients are preconditioned, before a step.
pub struct Preconditioned {
    pub layer: PreconditionedLayer,
    name: &'static str,
    pub step: usize,
    /// What the layer reads.
    pub x: Samples,
    /// The mean of x xᵀ.
    pub mean: Vec<f32>,
    /// The inverses of the step before.
    pub inverses: Vec<f32>,
    /// ∂E/∂w.
    pub gradient: Vec<f32>,
}

impl Preconditioned {
    pub const MEAN: Tolerance = Tolerance {
        absolute: 1e-5,
        relative: 1e-5,
        reason: "means of up to 784 products of numbers within ±1",
    };
    pub const INVERSE: Tolerance = Tolerance {
        absolute: 2e-4,
        relative: 1e-4,
        reason: "up to 400 pivots one after another, of a matrix whose eigenvalues differ by a factor of up to 1,000",
    };
    pub const PRODUCT: Tolerance = SUM;

    /// The layer, batch and step of `shape`; the data of every model are its own.
    pub fn new(shape: Shape, model: usize) -> Self {
        let Shape {
            choices,
            place,
            samples,
            step,
        } = shape;
        let network = Network::of(choices);
        let layer = Preconditioning::of(&network).layers.swap_remove(place);
        let mut noise = Noise::of_model(31, model);
        let size = layer.windows.inputs();
        let mut mean = vec![0.0; size * size];
        preconditioning::accumulate(&noise.values(7 * size), size, 1.0, 0, &mut mean);
        let weights: usize = layer.blocks.iter().map(weights_of).sum();
        Self {
            name: network.layers()[layer.layer].name,
            x: Samples::noise(&mut noise, samples, layer.windows.input.units()),
            inverses: noise.values(layer.inverses.len()),
            gradient: noise.values(weights),
            mean,
            layer,
            step,
        }
    }

    /// The windows that the step looks at.
    pub fn seen<T: Real>(&self) -> Vec<T> {
        let samples = self.x.count().min(SAMPLES_LOOKED_AT) * self.x.units;
        let inputs: Vec<T> = converted(&self.x.values[..samples]);
        preconditioning::look_at(&self.layer.windows, &inputs)
    }

    /// The mean after the step.
    pub fn accumulated<T: Real>(&self) -> Vec<T> {
        let mut mean = converted(&self.mean);
        let share = T::of(share_of_step(self.step).into());
        let size = self.layer.windows.inputs();
        preconditioning::accumulate(&self.seen(), size, share, 0, &mut mean);
        mean
    }

    /// The inverses after the step.
    pub fn inverted<T: Real>(&self) -> Vec<T> {
        let (mean, mut inverses): (Vec<T>, _) = (converted(&self.mean), converted(&self.inverses));
        let size = self.layer.windows.inputs();
        if is_renewed_at(self.step) {
            for block in &self.layer.blocks {
                let inverse = &mut inverses[block.span()];
                let damping = T::of(DAMPING.into());
                preconditioning::invert(&mean, size, &block.inputs, damping, inverse);
            }
        }
        inverses
    }

    /// The gradient multiplied by the inverses as they are.
    pub fn product<T: Real>(&self) -> Vec<T> {
        let mut gradient = converted(&self.gradient);
        let inverses: Vec<T> = converted(&self.inverses);
        for block in &self.layer.blocks {
            let n = block.inputs.len();
            for &first in &block.first_weights {
                let before = gradient[first..first + n].to_vec();
                let of_unit = &mut gradient[first..first + n];
                preconditioning::apply(&inverses[block.span()], &before, n, of_unit);
            }
        }
        gradient
    }
}

/// Weights of all units of `block`.
fn weights_of(block: &Block) -> usize {
    block.first_weights.len() * block.inputs.len()
}

inputs!(Preconditioned {
    x,
    mean,
    inverses,
    gradient,
});

impl fmt::Display for Preconditioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (samples, units) = (self.x.count(), self.x.units);
        let (name, step) = (self.name, self.step);
        write!(f, "{name}, {samples}x{units}, step {step}")
    }
}
