//! Training of one model on all cores of the processor.
//!
//! A step has two phases. In the first, each block of samples goes forward and backward by itself
//! and leaves its gradient of the parameters before the first dense layer, which are few, and a
//! record per sample of what the dense layers' gradients need ([`first_phase`](super::first_phase)).
//! In the second, the many weights of the dense layers are cut into tasks by output: each sums its
//! gradient over all samples in order and updates its weights at once; another task sums the blocks'
//! gradients and updates the rest ([`update`](super::update)). What a task computes does not depend
//! on the thread that runs it, so the result is the same for any number of threads.

use std::ops::Range;

use super::batch::Assembler;
use super::dense;
use super::first_phase::{Batch, FirstPhase, Parts};
use super::memory::Aligned;
use super::preconditioner::Preconditioner;
use super::records::{DenseLayer, dense_layers, record_len};
use super::simd::Level;
use super::threads::PerThread;
use super::update::{ROWS_PER_TASK, Update};
use crate::data::Dataset;
use crate::model::{
    InputMoments, Network, Optimiser, Parameters, Recipe, StepMetrics, TrainingState,
};
use crate::reference::optimiser::Arrays;
use crate::reference::{self, Presentations};
use crate::trainer::{Rates, TrainingTask};

/// Batches below this size are updated by one thread: handing tasks over takes longer than they do.
const SAMPLES_WORTH_SHARING: usize = 4;

/// Trains one model.
pub struct ModelTrainer<'a> {
    network: &'a Network,
    recipe: &'a Recipe,
    rates: &'a dyn Rates,
    data: &'a Dataset,
    seed: u32,
    level: Level,
    assembler: Assembler,
    first_phase: FirstPhase,
    dense: Vec<DenseLayer>,
    /// Length of an arena before the first dense layer.
    shared: usize,
    /// Scratch memory for the gradient of one task's outputs.
    gradients: PerThread<Aligned>,
    /// The same for what is preconditioned.
    scratch: PerThread<Aligned>,
    preconditioner: Option<Preconditioner>,
    state: AlignedState,
}

impl<'a> ModelTrainer<'a> {
    /// A trainer of the model at place `model` of `task`, with the vectors of `level`.
    pub fn new(level: Level, task: &TrainingTask<'a>, model: usize) -> Self {
        let TrainingTask {
            network,
            recipe,
            rates,
            data,
            ..
        } = *task;
        let dense = dense_layers(network);
        let shared = match dense.first() {
            Some(layer) => layer.weight,
            None => Parameters::of(network).arena_len(),
        };
        let parts = Parts {
            network,
            recipe,
            teachers: task.teachers_of(model),
            shared,
            record_len: record_len(&dense),
        };
        let most_inputs = dense.iter().map(|layer| dense::padded(layer.inputs)).max();
        let state = &task.states[model];
        let preconditioner = Preconditioner::of(level, network, recipe, &state.inputs);
        let scratch = preconditioner
            .as_ref()
            .map_or(0, Preconditioner::scratch_len);
        Self {
            network,
            recipe,
            rates,
            data,
            seed: task.seeds[model],
            level,
            assembler: Assembler::new(),
            first_phase: FirstPhase::new(level, recipe.batch, &parts),
            gradients: PerThread::new(|| Aligned::zeros(ROWS_PER_TASK * most_inputs.unwrap_or(0))),
            scratch: PerThread::new(|| Aligned::zeros(scratch)),
            preconditioner,
            dense,
            shared,
            state: AlignedState::of(state),
        }
    }

    /// Renews SDLM's estimate of the second derivatives; due before the first step of each pass.
    /// Other optimisers have none, and nothing is done. Once per pass is seldom enough for the
    /// reference to do it.
    pub fn estimate_second_derivatives(&mut self) {
        if self.recipe.optimiser == Optimiser::Sdlm {
            let (presentations, _) = self.presentations();
            let arena: &[f32] = &self.state.parameter;
            let estimate =
                reference::second_derivatives(self.network, self.recipe, &presentations, arena);
            self.state.second_moment = Aligned::of(&estimate);
        }
    }

    /// Makes the next `steps` updates and returns what each measured.
    pub fn run(&mut self, steps: usize) -> Vec<StepMetrics> {
        // Inside the pool from step to step: entering it costs more than a small step.
        rayon::scope(|_| (0..steps).map(|_| self.step()).collect())
    }

    /// The state after the updates so far.
    pub fn state(&self) -> TrainingState {
        let preconditioner = self.preconditioner.as_ref();
        let kept = preconditioner.map(|preconditioner| preconditioner.moments().clone());
        self.state.to_state(kept.unwrap_or_default())
    }

    /// The weights that the model has after the updates so far: the running average where there is one.
    pub fn weights(&self) -> Vec<f32> {
        self.state().model(self.recipe).to_vec()
    }

    /// How the digits of the current pass are presented, and the places in it of the next step.
    fn presentations(&self) -> (Presentations<'a>, Range<usize>) {
        let (step, batch) = (self.state.step, self.recipe.batch);
        let (pass, positions) = reference::batch::positions(step, batch, self.data.len());
        let presentations = Presentations::of(self.recipe, self.data, self.seed, pass);
        (presentations, positions)
    }

    fn step(&mut self) -> StepMetrics {
        let (presentations, positions) = self.presentations();
        let batch = Batch {
            data: self.data,
            recipe: self.recipe,
            seed: self.seed,
            presentations,
            positions,
            level: self.level,
            assembler: &self.assembler,
            arena: &self.state.parameter,
        };
        let count = batch.count();
        let metrics = self.first_phase.run(&batch);
        if let Some(preconditioner) = &mut self.preconditioner {
            preconditioner.look_at(self.state.step, &self.first_phase.inputs(count));
        }
        let update = Update {
            is_parallel: count >= SAMPLES_WORTH_SHARING,
            recipe: self.recipe,
            rates: self.rates.at(self.state.step),
            level: self.level,
            gradients: &self.gradients,
            scratch: &self.scratch,
            preconditioner: self.preconditioner.as_ref(),
        };
        let results = self.first_phase.results(count);
        update.all(&self.dense, &results, self.shared, self.state.arrays());
        self.state.step += 1;
        metrics
    }
}

/// A training state whose arrays start at cache lines.
struct AlignedState {
    step: usize,
    /// Arenas, each filled up to a whole line.
    parameter: Aligned,
    first_moment: Aligned,
    second_moment: Aligned,
    averaged: Aligned,
}

impl AlignedState {
    /// A copy of `state`.
    fn of(state: &TrainingState) -> Self {
        Self {
            step: state.step,
            parameter: Aligned::of(&state.parameter),
            first_moment: Aligned::of(&state.first_moment),
            second_moment: Aligned::of(&state.second_moment),
            averaged: Aligned::of(&state.averaged),
        }
    }

    /// A copy, with what preconditioning has kept in `inputs`.
    fn to_state(&self, inputs: InputMoments) -> TrainingState {
        TrainingState {
            inputs,
            step: self.step,
            parameter: self.parameter.to_vec(),
            first_moment: self.first_moment.to_vec(),
            second_moment: self.second_moment.to_vec(),
            averaged: self.averaged.to_vec(),
        }
    }

    fn arrays(&mut self) -> Arrays<'_> {
        Arrays {
            parameter: &mut self.parameter,
            first_moment: &mut self.first_moment,
            second_moment: &mut self.second_moment,
            averaged: &mut self.averaged,
        }
    }
}
