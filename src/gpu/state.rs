//! The training states of all models on an adapter, and their update.

use std::mem::take;

use crate::model::{Network, Optimiser, Parameters, Recipe, TrainingState};

use super::arrival::Readback;
use super::launch::{Launch, Launches};
use super::layers::parameter_arena;
use super::progress::Progress;
use super::rates::RatesRing;
use super::{Device, GpuError, View, arenas, kernels};

/// The arenas of the training states of all models, each laid out as [`arenas`] describes.
pub(super) struct StateViews {
    layout: Parameters,
    models: usize,
    /// The weights that are trained.
    pub parameter: View,
    /// Adam's first moment, or the velocity.
    first_moment: View,
    /// Adam's second moment, or SDLM's second derivatives.
    pub second_moment: View,
    averaged: View,
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
        Ok(Self {
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

    /// Reads the states of all models, which have made `step` steps.
    pub async fn read(&self, device: &Device, step: usize) -> Result<Vec<TrainingState>, GpuError> {
        // All are asked for before the first is waited for: a browser takes long to answer.
        let [parameter, first_moment, second_moment, averaged] = [
            &self.parameter,
            &self.first_moment,
            &self.second_moment,
            &self.averaged,
        ]
        .map(|view| device.request(view));
        let arenas = async |requested: Readback| {
            let joined = requested.values().await?;
            Ok::<_, GpuError>(arenas::split(&self.layout, &joined, self.models))
        };
        let mut parameter = arenas(parameter).await?;
        let mut first_moment = arenas(first_moment).await?;
        let mut second_moment = arenas(second_moment).await?;
        let mut averaged = arenas(averaged).await?;
        let state_of = |model: usize| TrainingState {
            step,
            parameter: take(&mut parameter[model]),
            first_moment: take(&mut first_moment[model]),
            second_moment: take(&mut second_moment[model]),
            averaged: take(&mut averaged[model]),
        };
        Ok((0..self.models).map(state_of).collect())
    }
}
