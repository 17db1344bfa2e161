//! Networks that others learn from, for blocks of samples.

use std::sync::MutexGuard;

use super::batch::FIELD;
use super::memory::Aligned;
use super::network::{Activations, BlockNetwork};
use super::threads::PerThread;
use crate::model::{Choices, Loss, Model, Recipe};

/// The teachers of one model, for blocks of `SAMPLES` samples.
pub struct Teachers<const SAMPLES: usize> {
    /// λ divided by the number of teachers.
    pub share: f32,
    all: Vec<Teacher>,
    networks: Vec<TeacherNetwork<SAMPLES>>,
}

/// One of them.
pub struct Teacher {
    /// The place of its network among the [`Desks`] of a thread.
    pub desk: usize,
    /// Its parameters, an arena.
    pub arena: Aligned,
    /// The loss under which its penalties are probabilities.
    pub loss: Loss,
}

/// A network that some of the teachers are, with other parameters each.
struct TeacherNetwork<const SAMPLES: usize> {
    network: BlockNetwork<SAMPLES>,
    activations: PerThread<Activations>,
}

/// What the running thread computes in each of the teachers' networks.
pub type Desks<'a> = Vec<MutexGuard<'a, Activations>>;

impl<const SAMPLES: usize> Teachers<SAMPLES> {
    /// `models` as the teachers of a network that is trained by `recipe`.
    pub fn new(models: &[Model], recipe: &Recipe) -> Self {
        let mut choices: Vec<Choices> = Vec::new();
        let (mut all, mut networks) = (Vec::new(), Vec::new());
        for model in models {
            let network = &model.network;
            let known = choices.iter().position(|&known| known == network.choices());
            let desk = known.unwrap_or_else(|| {
                choices.push(network.choices());
                let network = BlockNetwork::new(network);
                networks.push(TeacherNetwork {
                    activations: PerThread::new(|| network.activations()),
                    network,
                });
                networks.len() - 1
            });
            all.push(Teacher {
                desk,
                arena: Aligned::of(&model.arena),
                loss: model.loss_as_teacher(recipe),
            });
        }
        Self {
            share: recipe.teacher_share / models.len().max(1) as f32,
            all,
            networks,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The teacher at `place`, if there are as many, and its network.
    #[inline(always)]
    pub fn at(&self, place: usize) -> Option<(&Teacher, &BlockNetwork<SAMPLES>)> {
        let teacher = self.all.get(place)?;
        Some((teacher, &self.networks[teacher.desk].network))
    }

    /// Where the running thread computes; nowhere if there are no teachers.
    pub fn desks(&self) -> Desks<'_> {
        let networks = self.networks.iter();
        networks.map(|network| network.activations.own()).collect()
    }

    /// Makes `field` the input of sample `sample` of the block in all networks.
    #[inline(always)]
    pub fn put_input(&self, sample: usize, field: &[f32; FIELD], desks: &mut Desks) {
        for (network, desk) in self.networks.iter().zip(desks) {
            network.network.put_input(sample, field, desk);
        }
    }
}
