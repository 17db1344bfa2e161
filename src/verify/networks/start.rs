//! The starting point of every case: a network, its models, and what they are shown.

use crate::data::{Dataset, IMAGE_PIXELS};
use crate::model::{Network, Parameters, Recipe, StepRates, TrainingState, rbf_codes};
use crate::reference::{self, Presentations};
use crate::trainer::TrainingTask;
use crate::verify::noise::Noise;
use crate::verify::samples::converted;

/// The seeds of the first model's order and of its initial weights; the others' follow.
const FIRST_SEED: u32 = 5;
const FIRST_START: u32 = 3;
const SAMPLES: usize = 100;
/// The rates of a step that changes nothing about the gradient.
pub const UNIT_RATES: StepRates = StepRates {
    rate: 1.0,
    first_correction: 1.0,
    second_correction: 1.0,
    average_share: 1.0,
};

/// Random pictures with random labels: nothing to learn, but everything to compute.
fn noise_data() -> Dataset {
    let mut noise = Noise::new(20);
    Dataset {
        images: noise.bytes(256, SAMPLES * IMAGE_PIXELS),
        labels: noise.labels(SAMPLES),
    }
}

/// What every case starts from.
pub struct StartingPoint {
    pub recipe: Recipe,
    pub network: Network,
    pub parameters: Parameters,
    pub data: Dataset,
    pub models: Vec<Model>,
}

/// A model's seed, and the state it starts from.
pub struct Model {
    pub seed: u32,
    pub state: TrainingState,
}

impl StartingPoint {
    /// `models` models of `recipe`.
    pub fn new(recipe: &Recipe, models: usize) -> Self {
        let network = Network::of(recipe.choices);
        let model = |number| Model {
            seed: FIRST_SEED + number,
            state: TrainingState::start(&network, recipe, FIRST_START + number),
        };
        Self {
            recipe: recipe.clone(),
            parameters: Parameters::of(&network),
            data: noise_data(),
            models: (0..models as u32).map(model).collect(),
            network,
        }
    }

    /// All models' training.
    pub fn task<'a>(&'a self, recipe: &'a Recipe, rates: &'a [StepRates]) -> TrainingTask<'a> {
        TrainingTask {
            network: &self.network,
            recipe,
            rates,
            data: &self.data,
            seeds: self.models.iter().map(|model| model.seed).collect(),
            states: self
                .models
                .iter()
                .map(|model| model.state.clone())
                .collect(),
        }
    }

    /// Takes the first `count` samples of pass `pass` of `model` through the network, in f64, up to
    /// the gradient of the mean of their losses with respect to the penalties, and hands each to
    /// `visit`.
    pub fn each_forward(
        &self,
        model: &Model,
        pass: usize,
        count: usize,
        mut visit: impl FnMut(&Weights, &mut reference::Activations<f64>),
    ) {
        let Self {
            recipe,
            network,
            parameters,
            data,
            ..
        } = self;
        let weights = Weights::of(&model.state);
        let presentations = Presentations::of(recipe, data, model.seed, pass);
        let mut activations = reference::Activations::new(network);
        for position in 0..count {
            let label = presentations.assemble(position, activations.input_mut());
            let Weights { arena, codes } = &weights;
            reference::forward(network, parameters, arena, codes, &mut activations);
            let (y, dy) = activations.penalties_and_gradient();
            reference::loss::forward(&recipe.loss, y, label.into(), count, dy);
            visit(&weights, &mut activations);
        }
    }
}

/// What the reference computes with, in f64.
pub struct Weights {
    /// The parameters.
    pub arena: Vec<f64>,
    /// The code of every class.
    pub codes: Vec<f64>,
}

impl Weights {
    /// Those of `state`.
    pub fn of(state: &TrainingState) -> Self {
        Self {
            arena: converted(&state.parameter),
            codes: converted(&rbf_codes()),
        }
    }
}
