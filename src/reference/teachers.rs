//! Networks that others learn from, one sample at a time.

use super::loss::{self, Target};
use super::{Activations, Presentations, Real, ReferenceNetwork};
use crate::model::{Loss, Model, Recipe};

/// The teachers of one model.
pub struct Teachers<'a, T> {
    /// λ divided by their number.
    share: T,
    all: Vec<Teacher<'a, T>>,
}

struct Teacher<'a, T> {
    network: ReferenceNetwork<'a, T>,
    arena: Vec<T>,
    loss: Loss,
    activations: Activations<T>,
}

impl<'a, T: Real> Teachers<'a, T> {
    /// `models` as the teachers of a network that is trained by `recipe`.
    pub fn new(models: &'a [Model], recipe: &Recipe) -> Self {
        let teacher = |model: &'a Model| Teacher {
            network: ReferenceNetwork::new(&model.network),
            arena: model
                .arena
                .iter()
                .map(|&value| T::of(value.into()))
                .collect(),
            loss: model.loss_as_teacher(recipe),
            activations: Activations::new(&model.network),
        };
        Self {
            share: T::of((recipe.teacher_share / models.len().max(1) as f32).into()),
            all: models.iter().map(teacher).collect(),
        }
    }

    /// Adds what the teachers think of the presentation at place `position` to its `target`.
    pub fn teach(
        &mut self,
        presentations: &Presentations,
        position: usize,
        target: &mut Target<T>,
    ) {
        for Teacher {
            network,
            arena,
            loss,
            activations,
        } in &mut self.all
        {
            presentations.assemble(position, activations.input_mut());
            network.forward(arena, activations);
            loss::learn(loss, activations.penalties(), self.share, target);
        }
    }
}
