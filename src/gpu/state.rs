//! The training states of all models on an adapter, and their update.

use std::mem::take;
use std::ops::Range;

use crate::model::preconditioning::Preconditioning;
use crate::model::{self, InputMoments, Network, Optimiser, Parameters, Recipe, TrainingState};

use super::launch::{Launch, Launches};
use super::layers::parameter_arena;
use super::progress::Progress;
use super::rates::RatesRing;
use super::readback::ReadbackBuffers;
use super::{Device, GpuError, View, arenas, kernels};

/// Arrays of a training state.
const ARRAYS: usize = 6;

/// The arenas of the training states of all models, each laid out as [`arenas`] describes.
pub(super) struct StateViews {
    layout: Parameters,
    /// What preconditioning keeps, if there is any.
    kept: Kept,
    models: usize,
    /// The weights that are trained.
    pub parameter: View,
    /// Adam's first moment, or the velocity.
    pub first_moment: View,
    /// Adam's second moment, or SDLM's second derivatives.
    pub second_moment: View,
    /// The running average of the weights.
    pub averaged: View,
    /// Means of x xᵀ, x the inputs of a layer; empty without preconditioning.
    pub means: View,
    /// The inverses of such means.
    pub inverses: View,
    readback: ReadbackBuffers,
}

/// The ranges of means and of inverses.
#[derive(Clone, Default)]
struct Kept {
    means: Vec<model::Range>,
    inverses: Vec<model::Range>,
}

impl Kept {
    fn of(network: &Network, states: &[TrainingState]) -> Self {
        let is_empty = |state: &TrainingState| state.inputs.means.is_empty();
        if states.iter().all(is_empty) {
            return Self::default();
        }
        let layout = Preconditioning::of(network);
        Self {
            means: layout.means(),
            inverses: layout.inverses(),
        }
    }
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
        let kept = Kept::of(network, states);
        let in_ranges = |ranges: &[model::Range], array: fn(&TrainingState) -> &[f32]| {
            let arrays: Vec<&[f32]> = states.iter().map(array).collect();
            arenas::join(ranges, &arrays)
        };
        let joined = |arena| in_ranges(layout.ranges(), arena);
        let means = in_ranges(&kept.means, |state| &state.inputs.means);
        let inverses = in_ranges(&kept.inverses, |state| &state.inputs.inverses);
        let arenas = (ARRAYS - 2) * states.len() * layout.arena_len();
        let bytes = (arenas + means.len() + inverses.len()) * size_of::<f32>();
        Ok(Self {
            readback: ReadbackBuffers::new("states", bytes as u64),
            means: device.upload("means of inputs", &means)?,
            inverses: device.upload("inverses", &inverses)?,
            parameter: parameter_arena(device, &joined(|state| &state.parameter))?,
            first_moment: device.upload("first moments", &joined(|state| &state.first_moment))?,
            second_moment: device
                .upload("second moments", &joined(|state| &state.second_moment))?,
            averaged: device.upload("averaged parameters", &joined(|state| &state.averaged))?,
            models: states.len(),
            kept,
            layout,
        })
    }

    /// How many models there are.
    pub fn models(&self) -> usize {
        self.models
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
        let mut offset = 0;
        for (ranges, view) in self.arrays() {
            if !ranges.is_empty() {
                device.copy_out(&mut encoder, view, &buffer, offset);
                offset += view.size();
            }
        }
        let requested = device.read_back(&self.readback, buffer, device.submit(encoder));
        let ranges = self.arrays().map(|(ranges, _)| ranges.to_vec());
        let models = self.models;
        async move {
            let values: Vec<f32> = requested.values().await?;
            Ok(states(&ranges, models, step, &values))
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

    /// The ranges of all arrays, and the arrays, in the order in which [`states`] takes them.
    fn arrays(&self) -> [(&[model::Range], &View); ARRAYS] {
        let arena = self.layout.ranges();
        [
            (arena, &self.parameter),
            (arena, &self.first_moment),
            (arena, &self.second_moment),
            (arena, &self.averaged),
            (&self.kept.means, &self.means),
            (&self.kept.inverses, &self.inverses),
        ]
    }
}

/// The states of `models` models after `step` steps, from the arrays in `values`, one after another, which
/// have the ranges `ranges`.
fn states(
    ranges: &[Vec<model::Range>; ARRAYS],
    models: usize,
    step: usize,
    mut values: &[f32],
) -> Vec<TrainingState> {
    let mut arrays: Vec<Vec<Vec<f32>>> = Vec::new();
    for ranges in ranges {
        let (joined, rest) = values.split_at(models * arenas::len(ranges));
        arrays.push(arenas::split(ranges, joined, models));
        values = rest;
    }
    let state_of = |model: usize| {
        let mut array = |place: usize| take(&mut arrays[place][model]);
        TrainingState {
            step,
            parameter: array(0),
            first_moment: array(1),
            second_moment: array(2),
            averaged: array(3),
            inputs: InputMoments {
                means: array(4),
                inverses: array(5),
            },
        }
    };
    (0..models).map(state_of).collect()
}
