//! The interface that all trainers share.
//!
//! There are three: [`ReferenceTrainer`](crate::reference::ReferenceTrainer),
//! [`CpuTrainer`](crate::cpu::CpuTrainer) and [`GpuTrainer`](crate::gpu::GpuTrainer).
//! [`AnyTrainer`](crate::compute::AnyTrainer) is either of the last two.

use std::ops::ControlFlow;

use crate::data::Dataset;
use crate::model::{
    Choices, InputMoments, Loss, Model, Network, Parameters, Recipe, StepMetrics, StepRates,
    TrainingState,
};

/// The step-dependent numbers of every step of a training, its first step included where it is
/// continued. A list with one element per step is one; [`step_rates`](crate::train::step_rates)
/// makes those of a recipe.
pub trait Rates: Sync {
    /// Number of steps.
    fn steps(&self) -> usize;

    /// Those of `step`, counted from 0.
    ///
    /// # Panics
    /// If the training has fewer steps.
    fn at(&self, step: usize) -> StepRates;
}

impl<T: AsRef<[StepRates]> + Sync> Rates for T {
    fn steps(&self) -> usize {
        self.as_ref().len()
    }

    fn at(&self, step: usize) -> StepRates {
        self.as_ref()[step]
    }
}

/// What a trainer is made from: a network, and the models of it that are trained in parallel, each
/// with its own seed.
#[derive(Clone)]
pub struct TrainingTask<'a> {
    /// The network.
    pub network: &'a Network,
    /// The recipe it is trained by.
    pub recipe: &'a Recipe,
    /// The rates of every step; see [`step_rates`](crate::train::step_rates).
    pub rates: &'a dyn Rates,
    /// The digits it is trained on.
    pub data: &'a Dataset,
    /// One seed per model, which decides the order of its digits and their distortions.
    pub seeds: Vec<u32>,
    /// The state that each model continues from, in the order of the seeds, all after the same number
    /// of steps; a new model continues from [`TrainingState::start`].
    pub states: Vec<TrainingState>,
    /// The networks that each model learns from besides the labels, in the order of the seeds; empty where
    /// the recipe leaves teachers no share.
    pub teachers: Vec<&'a [Model]>,
}

impl<'a> TrainingTask<'a> {
    /// Checks that every model has teachers if the recipe leaves them a share, and that they are alike.
    fn check_teachers(&self) {
        let models = if self.recipe.has_teachers() {
            self.seeds.len()
        } else {
            0
        };
        assert_eq!(self.teachers.len(), models, "teachers of {models} models");
        let is_taught = |of_one: &&[Model]| !of_one.is_empty();
        assert!(
            self.teachers.iter().all(is_taught),
            "a model without teachers"
        );
        assert!(
            are_alike(self.recipe, &self.teachers),
            "the models have different teachers"
        );
    }

    /// The teachers of the model at place `model`.
    pub fn teachers_of(&self, model: usize) -> &'a [Model] {
        self.teachers.get(model).copied().unwrap_or_default()
    }

    /// The number of steps that every model has made.
    ///
    /// # Panics
    /// If the recipe makes no sense (see [`Recipe::check`]), or the parts of the task do not belong
    /// together: if there is no digit, no rate, no seed or not one state per seed, if the network is
    /// not the recipe's, if it leaves teachers a share and a model has none, or not those that
    /// [are like](are_alike) the other models', if a state is that of another network, if the states differ in
    /// their number of steps or in what preconditioning keeps, or if there are 2³² digits and distorted copies.
    pub fn step(&self) -> usize {
        let (seeds, states) = (self.seeds.len(), self.states.len());
        if let Err(invalid) = self.recipe.check() {
            panic!("{invalid}");
        }
        let (network, recipe) = (self.network, self.recipe);
        assert_eq!(network.choices(), recipe.choices, "the recipe's network");
        assert!(!self.data.is_empty(), "a task has at least one digit");
        let presentations = self.data.len() * recipe.distortion.versions();
        assert!(
            u32::try_from(presentations).is_ok(),
            "{presentations} digits"
        );
        assert!(self.rates.steps() > 0, "a task has at least one rate");
        assert!(seeds > 0, "a task has at least one seed");
        assert_eq!(states, seeds, "states of {seeds} models");
        let arena_len = Parameters::of(self.network).arena_len();
        let arenas = self.states.iter().flat_map(TrainingState::arenas);
        for arena in arenas {
            assert_eq!(arena.len(), arena_len, "a state of another network");
        }
        let lens = InputMoments::lens(self.network, self.recipe);
        for InputMoments { means, inverses } in self.states.iter().map(|state| &state.inputs) {
            let of_state = [means.len(), inverses.len()];
            assert_eq!(
                of_state, lens,
                "a state of a recipe with other preconditioning"
            );
        }
        self.check_teachers();
        let step = self.states[0].step;
        let together = self.states.iter().all(|state| state.step == step);
        assert!(together, "the models are not at the same step");
        step
    }
}

/// Whether teachers at the same place are of the same kind for all models that are trained by `recipe`, so that
/// they can be computed together.
pub fn are_alike(recipe: &Recipe, teachers: &[&[Model]]) -> bool {
    let kinds = |of_one: &[Model]| -> Vec<(Choices, Loss)> {
        let kind = |teacher: &Model| (teacher.network.choices(), teacher.loss_as_teacher(recipe));
        of_one.iter().map(kind).collect()
    };
    teachers
        .windows(2)
        .all(|pair| kinds(pair[0]) == kinds(pair[1]))
}

/// Trains the models of a [`TrainingTask`].
///
/// [`run`](Self::run) makes many updates. To do something else in the meantime, drive a trainer by hand:
/// [`begin`](Self::begin) until it returns 0, [`finish`](Self::finish), and so on. On an adapter updates
/// are under way between the two, and errors arrive at the next `await`; on the processor they are made
/// in `begin`.
pub trait Trainer {
    /// What can go wrong while it computes; `Infallible` on the processor.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Renews the estimate of the second derivatives that SDLM divides its rates by. Due before the
    /// first step of each pass; does nothing for other optimisers.
    ///
    /// # Errors
    /// If the adapter fails.
    fn estimate_second_derivatives(&mut self) -> impl Future<Output = Result<(), Self::Error>>;

    /// Begins the next updates of every model: some, at most `most`, and no more than there are rates
    /// for. It does not stop at the end of a pass, where SDLM needs a new estimate. Returns how many,
    /// without waiting for an adapter; 0 where there are none to begin or enough are under way.
    fn begin(&mut self, most: usize) -> usize;

    /// Waits for the updates that were begun first and returns their metrics [step][model], or `None`
    /// where none are under way. Can be given up and called again.
    ///
    /// # Errors
    /// If the adapter fails.
    fn finish(&mut self) -> impl Future<Output = Result<Option<Vec<StepMetrics>>, Self::Error>>;

    /// Asks for the states after the updates begun so far, in the order of the seeds. Further ones may
    /// be begun before the future is awaited.
    ///
    /// # Errors
    /// If the adapter fails.
    fn states(&self) -> impl Future<Output = Result<Vec<TrainingState>, Self::Error>> + use<Self>;

    /// Makes the next `steps` updates of every model, or as many as there are rates for. `report` is
    /// given the metrics [step][model] of some steps at a time, as they arrive. After it breaks, no
    /// further steps are begun; those under way are completed and reported.
    ///
    /// # Errors
    /// If the adapter fails.
    fn run(
        &mut self,
        steps: usize,
        mut report: impl FnMut(&[StepMetrics]) -> ControlFlow<()>,
    ) -> impl Future<Output = Result<(), Self::Error>> {
        async move {
            let mut left = steps;
            loop {
                loop {
                    match self.begin(left) {
                        0 => break,
                        begun => left -= begun,
                    }
                }
                let Some(metrics) = self.finish().await? else {
                    return Ok(());
                };
                if report(&metrics).is_break() {
                    left = 0;
                }
            }
        }
    }
}
