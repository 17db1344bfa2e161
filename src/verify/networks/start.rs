//! The starting point of every case: a network, its models, and what they are shown.

use crate::data::{Dataset, IMAGE_PIXELS};
use crate::model::{
    self, Choices, Head, Loss, LossKind, Network, Parameters, Recipe, StepRates, TrainingState,
};
use crate::trainer::{Rates, TrainingTask};
use crate::verify::noise::Noise;
use crate::verify::tensor::{Inputs, Quantity, Tensor};

/// The seeds of the first model's order and of its initial weights; the others' follow.
const FIRST_SEED: u32 = 5;
const FIRST_START: u32 = 3;
/// The seed of the initial weights of the first model's first teacher.
const FIRST_TEACHER: u32 = 40;
const SAMPLES: usize = 100;
/// The loss of teachers with the softmax head.
const CROSS_ENTROPY: Loss = Loss {
    kind: LossKind::Mse,
    scale: 1.0,
    rubbish: 1.0,
};
/// The rates of a step that changes nothing about the gradient.
pub const UNIT_RATES: StepRates = StepRates {
    rate: 1.0,
    first_correction: 1.0,
    second_correction: 1.0,
    average_share: 1.0,
};

/// Random pictures with random labels, some of them of fields without a digit: nothing to learn, but everything to compute.
fn noise_data() -> Dataset {
    let mut noise = Noise::new(20);
    let images = noise.bytes(256, SAMPLES * IMAGE_PIXELS);
    Dataset::with_unlabelled(images, noise.labels_or_none(SAMPLES))
}

/// What every case starts from.
pub struct StartingPoint {
    pub recipe: Recipe,
    pub network: Network,
    pub parameters: Parameters,
    pub data: Dataset,
    pub models: Vec<Model>,
}

/// A model's seed, the state it starts from, and whom it learns from: nobody if the recipe leaves teachers no
/// share.
pub struct Model {
    pub seed: u32,
    pub state: TrainingState,
    pub teachers: Vec<model::Model>,
}

impl StartingPoint {
    /// `models` models of `recipe`.
    pub fn new(recipe: &Recipe, models: usize) -> Self {
        let network = Network::of(recipe.choices);
        let model = |number| Model {
            seed: FIRST_SEED + number,
            state: TrainingState::start(&network, recipe, FIRST_START + number),
            teachers: match recipe.has_teachers() {
                true => teachers(recipe, number),
                false => Vec::new(),
            },
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
            teachers: match recipe.has_teachers() {
                true => self
                    .models
                    .iter()
                    .map(|model| &model.teachers[..])
                    .collect(),
                false => Vec::new(),
            },
        }
    }
}

/// Networks with initial weights as teachers of the model at place `model`: two of the recipe's own network,
/// and between them one that reads a smaller field.
fn teachers(recipe: &Recipe, model: u32) -> Vec<model::Model> {
    let choices = [recipe.choices, Choices::lenet1(), recipe.choices];
    let teacher = |(choices, place): (Choices, u32)| {
        let network = Network::of(choices);
        let state = TrainingState::start(&network, recipe, FIRST_TEACHER + 3 * model + place);
        model::Model {
            network,
            loss: match choices.head {
                Head::Rbf => recipe.loss,
                Head::Softmax => CROSS_ENTROPY,
            },
            arena: state.parameter,
            trained_on: None,
            string_fields: 0,
        }
    };
    choices.into_iter().zip(0..).map(teacher).collect()
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
        let teachers = self.models.iter().enumerate().flat_map(|(number, model)| {
            let name = move |place| format!("teacher_{number}_{place}");
            let teachers = model.teachers.iter().enumerate();
            teachers.map(move |(place, teacher)| teacher.arena.tensor(&name(place)))
        });
        [pictures, labels]
            .into_iter()
            .chain(parameters)
            .chain(teachers)
            .collect()
    }
}
