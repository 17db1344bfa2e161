//! A fused step: what samples leave, and the update that is made of it.

use std::fmt;

use super::tolerances::{RECORD, SUMMED_UPDATE};
use crate::gpu::FusedBlock;
use crate::gpu::arenas::join;
use crate::gpu::fused::FusedLayout;
use crate::gpu::groups::Batches;
use crate::model::{DIGITS, Network, Optimiser, Parameters, Recipe, StepRates};
use crate::reference::optimiser::{Constants, average};
use crate::reference::{
    Activations, Presentations, ReferenceNetwork, dense, fused_sample, fused_update, loss,
};
use crate::verify::compare::Tolerance;
use crate::verify::networks::settings::{
    COPIES, DECK, DISTORTED, LENET1, MAX_FULL, PAPER, PAPER_MSE, Setting,
};
use crate::verify::networks::start::{Model, StartingPoint};
use crate::verify::noise::Noise;
use crate::verify::samples::converted;

/// A value and its place in a buffer.
pub type Placed<T> = (usize, T);

/// The batch of a step, how many samples are left for it in its pass, and how the kernels divide it.
#[derive(Clone, Copy)]
pub struct Division {
    pub batch: usize,
    /// The step, of which the last one of a pass may have fewer samples.
    pub step: usize,
    pub models: usize,
    pub block: FusedBlock,
}

impl Division {
    fn new(batch: usize, step: usize, models: usize, block: (usize, usize, usize, usize)) -> Self {
        let (workers, samples, slices, loads) = block;
        Self {
            batch,
            step,
            models,
            block: FusedBlock::new(workers, samples, slices, loads).expect("a block that there is"),
        }
    }

    fn batches(&self) -> Batches {
        Batches {
            models: self.models,
            size: self.batch,
        }
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "batch {}, step {}, {}",
            self.batch, self.step, self.block
        )?;
        match self.models {
            1 => Ok(()),
            models => write!(f, ", {models} models"),
        }
    }
}

// --- samples -------------------------------------------------------------------------------------

/// The samples of a step of a whole network.
pub struct Samples {
    label: &'static str,
    pub division: Division,
    pub start: StartingPoint,
    pub layout: FusedLayout,
}

/// All problems of samples.
pub fn samples() -> Vec<Samples> {
    let of = |setting: Setting, batch, step, models, block| {
        let division = Division::new(batch, step, models, block);
        let recipe = setting.recipe(Optimiser::Sgd, batch);
        let start = StartingPoint::new(&recipe, models);
        Samples {
            label: setting.label,
            layout: FusedLayout::new(&start.network, division.batches(), division.block),
            division,
            start,
        }
    };
    vec![
        of(PAPER, 1, 3, 1, (256, 1, 1, 8)),
        // Two of the hundred samples are left.
        of(PAPER, 7, 14, 1, (256, 1, 1, 8)),
        of(LENET1, 5, 19, 2, (64, 8, 1, 4)),
        of(PAPER, 5, 2, 3, (128, 2, 1, 1)),
        of(PAPER_MSE, 3, 0, 1, (256, 4, 1, 1)),
        of(DECK, 2, 1, 1, (256, 2, 1, 1)),
        of(MAX_FULL, 3, 1, 1, (128, 1, 1, 1)),
        of(DISTORTED, 2, 60, 1, (256, 1, 1, 1)),
        of(COPIES, 3, 40, 1, (256, 2, 1, 1)),
    ]
}

impl Samples {
    pub const TOLERANCE: Tolerance = RECORD;

    /// Places of the samples of the step in the pass.
    fn places(&self) -> std::ops::Range<usize> {
        let (batch, data) = (self.division.batch, &self.start.data);
        let first = self.division.step % data.len().div_ceil(batch) * batch;
        first..(first + batch).min(data.len())
    }

    /// Samples of the step.
    pub fn count(&self) -> usize {
        self.places().len()
    }

    /// All that the samples of all models leave.
    pub fn work(&self) -> Vec<Placed<f64>> {
        let models = self.start.models.iter().enumerate();
        models
            .flat_map(|(number, model)| self.work_of(number, model))
            .collect()
    }

    fn work_of(&self, number: usize, model: &Model) -> Vec<Placed<f64>> {
        let StartingPoint {
            recipe,
            network,
            data,
            ..
        } = &self.start;
        let pass = self.division.step / data.len().div_ceil(self.division.batch);
        let presentations = Presentations::of(recipe, data, model.seed, pass);
        let reference = ReferenceNetwork::new(network);
        let arena: Vec<f64> = converted(&model.state.parameter);
        let each = self.division.block.samples();
        let mut placed = Vec::new();
        for (workgroup, places) in self.places().collect::<Vec<_>>().chunks(each).enumerate() {
            let mut gradient = vec![0.0; arena.len()];
            let mut activations = Activations::new(network);
            for (i, &place) in places.iter().enumerate() {
                let label = presentations.assemble(place, activations.input_mut());
                let (loss, errors) = fused_sample::forward_backward(
                    &reference,
                    &arena,
                    &recipe.loss,
                    (label, &loss::by_label(label.into(), 1.0)),
                    self.count(),
                    &mut activations,
                    &mut gradient,
                );
                let record = self.layout.record_of(number, workgroup * each + i);
                let record_values = self.record(&activations, loss, errors);
                placed.extend(record_values.map(|(place, value)| (record + place, value)));
            }
            let first = self.layout.record_of_workgroup(number, workgroup);
            let shared = self.shared_places();
            placed.extend(shared.map(|place| (first + place, gradient[place])));
            let field = activations.input().iter().enumerate();
            let first = first + self.layout.shared;
            placed.extend(field.map(|(unit, &value)| (first + unit, value)));
        }
        placed
    }

    /// The values of a record.
    fn record<'a>(
        &self,
        activations: &'a Activations<f64>,
        loss: f64,
        errors: usize,
    ) -> impl Iterator<Item = Placed<f64>> + use<'a> {
        let network = &self.start.network;
        let layer = |name: &str| network.layers().iter().position(|layer| layer.name == name);
        let mut values = vec![
            (self.layout.loss, vec![loss]),
            (self.layout.loss + 1, vec![errors as f64]),
        ];
        for (name, place) in [
            ("S4", self.layout.s4),
            ("C5", self.layout.c5),
            ("F6", self.layout.f6),
        ] {
            let output = layer(name).map(|layer| activations.output(layer).to_vec());
            values.extend(output.map(|output| (place, output)));
        }
        for (name, place) in [
            ("C5", self.layout.c5_gradient),
            ("F6", self.layout.f6_gradient),
            ("output", self.layout.score_gradient),
        ] {
            let dense = layer(name).filter(|&layer| network.layers()[layer].is_dense());
            let gradient = dense.map(|layer| activations.sum_gradient(layer).to_vec());
            values.extend(gradient.map(|gradient| (place, gradient)));
        }
        let placed = |(first, values): (usize, Vec<f64>)| {
            let values = values.into_iter().enumerate();
            values.map(move |(i, value)| (first + i, value))
        };
        values.into_iter().flat_map(placed)
    }

    /// The places of shared gradients, without padding.
    fn shared_places(&self) -> impl Iterator<Item = usize> + '_ {
        let ranges = self.start.parameters.ranges().iter();
        let shared = ranges.filter(|range| range.offset < self.layout.shared);
        shared.flat_map(|range| range.span())
    }

    /// The parameters of all models.
    pub fn arena(&self) -> Vec<f32> {
        let models = self.start.models.iter();
        let arenas: Vec<&[f32]> = models.map(|model| &*model.state.parameter).collect();
        join(self.start.parameters.ranges(), &arenas)
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.label, self.division)
    }
}

// --- the update ----------------------------------------------------------------------------------

/// The update of a whole network from what samples left.
pub struct Update {
    label: &'static str,
    pub division: Division,
    /// Samples of the step.
    pub count: usize,
    pub recipe: Recipe,
    pub network: Network,
    pub layout: FusedLayout,
    pub rates: StepRates,
    /// What samples left, of all models.
    pub work: Vec<f32>,
    parameters: Parameters,
    states: Vec<State>,
}

/// What an update changes of one model, in some precision.
#[derive(Clone)]
pub struct State<T = f32> {
    pub first_moment: Vec<T>,
    pub second_moment: Vec<T>,
    pub parameter: Vec<T>,
    pub averaged: Vec<T>,
}

/// All problems of updates.
pub fn updates() -> Vec<Update> {
    let of = |setting: Setting, optimiser, average, count, division| {
        Update::new(setting, optimiser, average, count, division)
    };
    use Optimiser::{Adam, Sdlm, Sgd};
    vec![
        of(PAPER, Adam, 0.9, 1, Division::new(1, 0, 1, (256, 1, 1, 1))),
        of(PAPER, Adam, 0.0, 5, Division::new(7, 2, 1, (256, 2, 8, 1))),
        of(
            PAPER,
            Sgd,
            0.9,
            3,
            Division::new(3, 1025, 1, (256, 1, 2, 1)),
        ),
        of(PAPER, Sdlm, 0.9, 7, Division::new(7, 9, 1, (256, 4, 4, 1))),
        of(DECK, Sgd, 0.0, 3, Division::new(4, 1, 2, (256, 1, 1, 1))),
        of(
            LENET1,
            Adam,
            0.9,
            11,
            Division::new(13, 5, 3, (256, 8, 2, 1)),
        ),
        of(LENET1, Sdlm, 0.0, 5, Division::new(5, 5, 2, (256, 1, 4, 1))),
    ]
}

impl Update {
    pub const TOLERANCE: Tolerance = SUMMED_UPDATE;

    fn new(
        setting: Setting,
        optimiser: Optimiser,
        average: f32,
        count: usize,
        division: Division,
    ) -> Self {
        let recipe = Recipe {
            average,
            ..setting.recipe(optimiser, division.batch)
        };
        let network = Network::of(recipe.choices);
        let parameters = Parameters::of(&network);
        let layout = FusedLayout::new(&network, division.batches(), division.block);
        let mut noise = Noise::new(31);
        let mut update = Self {
            label: setting.label,
            count,
            rates: StepRates {
                rate: 0.01,
                first_correction: 1.5,
                second_correction: 4.0,
                average_share: 0.25,
            },
            work: noise.values(division.models * layout.work()),
            states: Vec::new(),
            recipe,
            network,
            layout,
            parameters,
            division,
        };
        for model in 0..division.models {
            update.put_losses(model);
            update.clear_padding(model);
            let state = update.noise(&mut noise);
            update.states.push(state);
        }
        update
    }

    /// Makes the last values of records losses and errors.
    fn put_losses(&mut self, model: usize) {
        for sample in 0..self.division.batch {
            let place = self.layout.record_of(model, sample) + self.layout.loss;
            self.work[place + 1] = f32::from(u8::from((sample + model).is_multiple_of(3)));
        }
    }

    /// Nothing is ever left in the place of padding.
    fn clear_padding(&mut self, model: usize) {
        let is_value = self.in_arena();
        for workgroup in 0..self.layout.workgroups() {
            let first = self.layout.record_of_workgroup(model, workgroup);
            let left = &mut self.work[first..first + self.layout.shared];
            for (value, is_value) in left.iter_mut().zip(&is_value) {
                if !is_value {
                    *value = 0.0;
                }
            }
        }
        let scores = self.layout.score_gradient + DIGITS..self.layout.loss;
        for sample in 0..self.division.batch {
            let record = self.layout.record_of(model, sample);
            self.work[record + scores.start..record + scores.end].fill(0.0);
        }
    }

    /// Which places of a model's arena are values, not padding.
    fn in_arena(&self) -> Vec<bool> {
        let mut is_value = vec![false; self.parameters.arena_len()];
        for range in self.parameters.ranges() {
            is_value[range.span()].fill(true);
        }
        is_value
    }

    /// A state of noise; padding is 0.
    fn noise(&self, noise: &mut Noise) -> State {
        let is_value = self.in_arena();
        let mut arena = || -> Vec<f32> {
            let values = noise.values(is_value.len()).into_iter().zip(&is_value);
            values
                .map(|(value, &is)| if is { value } else { 0.0 })
                .collect()
        };
        State {
            first_moment: arena(),
            // Not negative.
            second_moment: arena().into_iter().map(f32::abs).collect(),
            parameter: arena(),
            averaged: arena(),
        }
    }

    /// An arena of all models before the update.
    pub fn before(&self, of: fn(&State) -> &Vec<f32>) -> Vec<f32> {
        let arenas: Vec<&[f32]> = self.states.iter().map(|state| &**of(state)).collect();
        join(self.parameters.ranges(), &arenas)
    }

    /// The states after the update.
    pub fn updated(&self) -> Updated {
        let states = self.states.iter().enumerate();
        Updated {
            states: states
                .map(|(model, state)| self.after(model, state))
                .collect(),
            parameters: self.parameters.clone(),
        }
    }

    fn after(&self, model: usize, before: &State) -> State<f64> {
        let mut state = State {
            first_moment: converted(&before.first_moment),
            second_moment: converted(&before.second_moment),
            parameter: converted(&before.parameter),
            averaged: converted(&before.averaged),
        };
        let (constants, rates) = (Constants::of(&self.recipe), &self.rates);
        let parts = self.parts(model);
        let (first, second) = (&mut state.first_moment, &mut state.second_moment);
        let w = &mut state.parameter;
        match self.recipe.optimiser {
            Optimiser::Adam => fused_update::adam(&constants, rates, &parts, first, second, w),
            Optimiser::Sgd => fused_update::sgd(&constants, rates, &parts, first, w),
            Optimiser::Sdlm => fused_update::sdlm(&constants, rates, &parts, second, first, w),
        }
        if self.recipe.average > 0.0 {
            average(rates, &state.parameter, &mut state.averaged);
        }
        state
    }

    /// The parts [sample][arena] of a model's gradient: of dense layers those of every sample, of the
    /// others what workgroups left, each with its first sample.
    fn parts(&self, model: usize) -> Vec<f64> {
        let len = self.parameters.arena_len();
        let mut parts = vec![0.0; self.count * len];
        for (sample, part) in parts.chunks_mut(len).enumerate() {
            self.add_dense(self.layout.record_of(model, sample), part);
            if sample % self.division.block.samples() == 0 {
                let workgroup = sample / self.division.block.samples();
                let first = self.layout.record_of_workgroup(model, workgroup);
                let left = &self.work[first..first + self.layout.shared];
                part[..left.len()].copy_from_slice(&converted::<f64>(left));
            }
        }
        parts
    }

    /// Adds the gradients of dense layers by the record at `record` to `part`, an arena.
    fn add_dense(&self, record: usize, part: &mut [f64]) {
        let layout = &self.layout;
        let last_hidden = match layout.f6 == layout.c5 {
            true => layout.s4,
            false => layout.f6,
        };
        let values = |place: usize, count: usize| -> Vec<f64> {
            converted(&self.work[record + place..][..count])
        };
        for (index, layer) in self.network.layers().iter().enumerate() {
            if !layer.is_dense() {
                continue;
            }
            let (input, gradient) = match layer.name {
                "C5" => (layout.s4, layout.c5_gradient),
                "F6" => (layout.c5, layout.f6_gradient),
                _ => (last_hidden, layout.score_gradient),
            };
            let input = values(input, layer.input.units());
            let gradient = values(gradient, layer.output.units());
            let (weight, bias) = self.parameters.of_layer(index).expect("it has weights");
            let (head, tail) = part.split_at_mut(bias.offset);
            let (dw, db) = (&mut head[weight.span()], &mut tail[..bias.len()]);
            dense::backward_weight(&input, &gradient, dw, db);
        }
    }

    /// The loss and the errors of a model's step.
    pub fn metrics(&self, model: usize) -> (f64, u32) {
        let measured = |sample, of| {
            let place = self.layout.record_of(model, sample) + self.layout.loss + of;
            f64::from(self.work[place])
        };
        let sum = |of| {
            (0..self.count)
                .map(|sample| measured(sample, of))
                .sum::<f64>()
        };
        (sum(0), sum(1) as u32)
    }
}

/// The states of all models after an update.
pub struct Updated {
    states: Vec<State<f64>>,
    parameters: Parameters,
}

impl Updated {
    /// An arena of all models.
    pub fn arena(&self, of: fn(&State<f64>) -> &Vec<f64>) -> Vec<f64> {
        let arenas: Vec<&[f64]> = self.states.iter().map(|state| &**of(state)).collect();
        join(self.parameters.ranges(), &arenas)
    }
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} of {}", self.label, self.count, self.division)?;
        match self.recipe.average > 0.0 {
            true => f.write_str(", with the average"),
            false => Ok(()),
        }
    }
}
