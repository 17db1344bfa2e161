//! The training states of all models on an adapter, and their update.

use std::mem::take;
use std::ops::Range;

use crate::model::{Network, Optimiser, Parameters, Recipe, TrainingState};

use super::launch::{Launch, Launches};
use super::layers::parameter_arena;
use super::progress::Progress;
use super::rates::RatesRing;
use super::readback::ReadbackBuffers;
use super::{Device, GpuError, View, arenas, kernels};

/// Arenas of a training state.
const ARENAS: usize = 4;

/// The arenas of the training states of all models, each laid out as [`arenas`] describes.
pub(super) struct StateViews {
    layout: Parameters,
    models: usize,
    /// The weights that are trained.
    pub parameter: View,
    /// Adam's first moment, or the velocity.
    pub first_moment: View,
    /// Adam's second moment, or SDLM's second derivatives.
    pub second_moment: View,
    /// The running average of the weights.
    pub averaged: View,
    readback: ReadbackBuffers,
}

/// When updates are made, and how large they are.
pub(super) struct Schedule {
    /// The step.
    pub progress: Progress,
    /// The rates of the next steps.
    pub rates: RatesRing,
}

impl StateViews {
    /// Copies `states`, those of models of `network`, to `device`.
    pub fn upload(
        device: &Device,
        network: &Network,
        states: &[TrainingState],
    ) -> Result<Self, GpuError> {
        let layout = Parameters::of(network);
        let joined = |arena: fn(&TrainingState) -> &[f32]| {
            let arenas: Vec<&[f32]> = states.iter().map(arena).collect();
            arenas::join(&layout, &arenas)
        };
        let bytes = ARENAS * states.len() * layout.arena_len() * size_of::<f32>();
        Ok(Self {
            readback: ReadbackBuffers::new("states", bytes as u64),
            parameter: parameter_arena(device, &joined(|state| &state.parameter))?,
            first_moment: device.upload("first moments", &joined(|state| &state.first_moment))?,
            second_moment: device
                .upload("second moments", &joined(|state| &state.second_moment))?,
            averaged: device.upload("averaged parameters", &joined(|state| &state.averaged))?,
            models: states.len(),
            layout,
        })
    }

    /// Length in values of an arena of all models.
    pub fn arena_len(&self) -> usize {
        self.models * self.layout.arena_len()
    }

    /// Adds the launches to `launches` that update the states by `gradient`, an arena, as `recipe`
    /// says.
    pub fn push_update(
        &self,
        launches: &mut Launches,
        recipe: &Recipe,
        schedule: &Schedule,
        gradient: &View,
    ) {
        let (len, steps) = (self.arena_len(), RatesRing::STEPS);
        let (kernel, second_moment) = match recipe.optimiser {
            Optimiser::Adam => (
                kernels::optimiser::adam(len, recipe, steps),
                Some("second_moment"),
            ),
            Optimiser::Sgd => (kernels::optimiser::sgd(len, recipe, steps), None),
            Optimiser::Sdlm => (
                kernels::optimiser::sdlm(len, recipe, steps),
                Some("curvature"),
            ),
        };
        let step = [
            ("progress", &schedule.progress.view),
            ("rates", &schedule.rates.view),
        ];
        let update = [
            ("gradient", gradient),
            ("first_moment", &self.first_moment),
            ("parameter", &self.parameter),
        ];
        let second_moment = second_moment.map(|name| (name, &self.second_moment));
        let bindings = step.into_iter().chain(update).chain(second_moment);
        launches.push(Launch::new(kernel, bindings));
        if recipe.average > 0.0 {
            let mean = [("parameter", &self.parameter), ("averaged", &self.averaged)];
            let kernel = kernels::optimiser::average(len, recipe, steps);
            launches.push(Launch::new(kernel, step.into_iter().chain(mean)));
        }
    }

    /// Asks for the states of all models, which have made `step` steps: those after everything
    /// submitted before. The future is ready when they have arrived.
    pub fn request(
        &self,
        device: &Device,
        step: usize,
    ) -> impl Future<Output = Result<Vec<TrainingState>, GpuError>> + use<> {
        let buffer = device.readback_buffer(&self.readback);
        let mut encoder = device.encoder();
        for (place, view) in self.views().into_iter().enumerate() {
            let offset = place as u64 * view.size();
            device.copy_out(&mut encoder, view, &buffer, offset);
        }
        let requested = device.read_back(&self.readback, buffer, device.submit(encoder));
        let (layout, models) = (self.layout.clone(), self.models);
        async move {
            let values: Vec<f32> = requested.values().await?;
            Ok(states(&layout, models, step, &values))
        }
    }

    /// Copies the weights that model `model` has by `recipe` (see [`TrainingState::model`]) to `arena`,
    /// that of a single model, after everything submitted before.
    pub fn copy_model(&self, device: &Device, recipe: &Recipe, model: usize, arena: &View) {
        let bytes = |places: Range<usize>| {
            (
                places.start * size_of::<f32>(),
                places.len() * size_of::<f32>(),
            )
        };
        let weights = match recipe.average > 0.0 {
            true => &self.averaged,
            false => &self.parameter,
        };
        let mut encoder = device.encoder();
        for range in self.layout.ranges() {
            let (from, size) = bytes(arenas::part(range, model, self.models));
            let (to, _) = bytes(range.padded_span());
            let to = arena.part(to, size);
            device.copy(&mut encoder, &weights.part(from, size), &to);
        }
        device.submit(encoder);
    }

    /// All arenas, in the order in which [`states`] takes them.
    fn views(&self) -> [&View; ARENAS] {
        [
            &self.parameter,
            &self.first_moment,
            &self.second_moment,
            &self.averaged,
        ]
    }
}

/// The states of `models` models after `step` steps, from all arenas one after another.
fn states(layout: &Parameters, models: usize, step: usize, values: &[f32]) -> Vec<TrainingState> {
    let arenas = values.chunks_exact(values.len() / ARENAS);
    let mut arenas: Vec<Vec<Vec<f32>>> = arenas
        .map(|joined| arenas::split(layout, joined, models))
        .collect();
    let state_of = |model: usize| {
        let mut arena = |place: usize| take(&mut arenas[place][model]);
        TrainingState {
            step,
            parameter: arena(0),
            first_moment: arena(1),
            second_moment: arena(2),
            averaged: arena(3),
        }
    };
    (0..models).map(state_of).collect()
}
