//! The starting point of every case: a network, its models, and what they are shown.

use crate::data::{Dataset, IMAGE_PIXELS};
use crate::model::{Network, Parameters, Recipe, StepRates, TrainingState};
use crate::trainer::{Rates, TrainingTask};
use crate::verify::noise::Noise;
use crate::verify::tensor::{Inputs, Quantity, Tensor};

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
    let images = noise.bytes(256, SAMPLES * IMAGE_PIXELS);
    Dataset::new(images, noise.labels(SAMPLES)).expect("its labels are digits")
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
    pub fn task<'a>(&'a self, recipe: &'a Recipe, rates: &'a dyn Rates) -> TrainingTask<'a> {
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
}

impl Inputs for StartingPoint {
    fn tensors(&self) -> Vec<Tensor> {
        let pictures = Tensor {
            shape: vec![self.data.len(), IMAGE_PIXELS],
            ..self.data.images().to_vec().tensor("pictures")
        };
        let labels = self.data.labels().to_vec().tensor("labels");
        let models = self.models.iter().enumerate();
        let parameters = models
            .map(|(number, model)| model.state.parameter.tensor(&format!("parameter_{number}")));
        [pictures, labels].into_iter().chain(parameters).collect()
    }
}
