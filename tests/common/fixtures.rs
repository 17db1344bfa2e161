//! What PyTorch makes of the networks, as `tests/fixtures/make.py` recorded it, and comparing a path
//! of the program with it.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display, Formatter};
use std::ops::ControlFlow;
use std::path::Path;

use lenet_gpu::block_on;
use lenet_gpu::data::{Dataset, IMAGE_PIXELS};
use lenet_gpu::model::{
    Choices, Decay, KERNEL, Loss, Network, Operation, Optimiser, Parameters, Range, Recipe,
    TrainingState,
};
use lenet_gpu::reference::{Presentations, Real};
use lenet_gpu::train::{Preset, Schedule, step_rates};
use lenet_gpu::trainer::{Trainer, TrainingTask};
use safetensors::tensor::{SafeTensors, TensorView};
use serde::Deserialize;

use crate::digits::MNIST;

/// All of `tests/fixtures/`.
pub const NAMES: [&str; 6] = [
    "paper",
    "paper-mse",
    "full-c3",
    "average-softmax",
    "max",
    "lenet-1",
];
/// Steps that were recorded.
const STEPS: usize = 10;
/// The seed of the order in which trainers present digits.
const SEED: u32 = 6;
/// What follows the name of a tensor in that of its sum and sum of squares.
const SUMS: &str = ".sums";

// --- fixtures ------------------------------------------------------------------------------------

/// Values by the names that `make.py` gives them.
pub type Tensors = BTreeMap<String, Vec<f64>>;

/// A network, and what PyTorch makes of it in f64.
pub struct Fixture {
    pub description: Description,
    /// What was recorded: some places of each tensor, and the sums over all places.
    pub tensors: Tensors,
}

/// What was computed.
#[derive(Deserialize)]
pub struct Description {
    pub choices: Choices,
    pub loss: Loss,
    batch: usize,
    adam: Constants,
    sgd: Constants,
    /// Longer tensors are recorded at every `stride`-th place.
    recorded_whole: usize,
    stride: usize,
}

/// The constants of an optimiser.
#[derive(Deserialize)]
struct Constants {
    rate: f32,
    momentum: f32,
    beta2: Option<f32>,
    weight_decay: f32,
}

impl Fixture {
    /// The fixture `name` of [`NAMES`].
    pub fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let bytes = std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = metadata.metadata().as_ref().unwrap();
        let values_of = |bytes: &[u8]| {
            let (values, _) = bytes.as_chunks();
            values.iter().copied().map(f64::from_le_bytes).collect()
        };
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let named_values =
            |(name, tensor): (&str, TensorView)| (name.to_owned(), values_of(tensor.data()));
        Self {
            description: serde_json::from_str(&metadata["fixture"]).unwrap(),
            tensors: tensors.iter().map(named_values).collect(),
        }
    }

    fn recipe(&self, optimiser: Optimiser) -> Recipe {
        let description = &self.description;
        let constants = match optimiser {
            Optimiser::Adam => &description.adam,
            _ => &description.sgd,
        };
        let other = Preset::Plain.recipe();
        Recipe {
            choices: description.choices,
            loss: description.loss,
            optimiser,
            passes: 1,
            batch: description.batch,
            rate: constants.rate,
            // In ten steps from a tenth of the rate to all of it.
            warmup: 1.0,
            decay: Decay::Constant,
            momentum: constants.momentum,
            beta2: constants.beta2.unwrap_or(other.beta2),
            weight_decay: constants.weight_decay,
            ..other
        }
    }

    /// The first digits of the test set: all that are shown in ten steps.
    fn digits(&self) -> Dataset {
        MNIST
            .test
            .clone()
            .take_first(STEPS * self.description.batch)
    }

    /// Compares all tensors with those recorded.
    ///
    /// # Errors
    /// The largest deviation of each tensor that is off by more than is allowed.
    pub fn compare(&self, computed: &Tensors, allowed: &Allowed) -> Result<(), String> {
        let recorded = self.tensors.keys().filter(|name| !name.ends_with(SUMS));
        assert!(recorded.eq(computed.keys()), "other tensors are recorded");
        let off = computed.iter().filter_map(|(name, values)| {
            let deviation = self.largest_deviation(name, values);
            let is_within = deviation.share <= allowed.share_of(name);
            (!is_within).then(|| format!("{name} {deviation}\n"))
        });
        match off.collect::<String>() {
            off if off.is_empty() => Ok(()),
            off => Err(off),
        }
    }

    /// How far the values of tensor `name` and their sums are off.
    fn largest_deviation(&self, name: &str, computed: &[f64]) -> Deviation {
        let (recorded, sums) = (&self.tensors[name], &self.tensors[&format!("{name}{SUMS}")]);
        let stride = match computed.len() > self.description.recorded_whole {
            true => self.description.stride,
            false => 1,
        };
        let places = (0..computed.len()).step_by(stride);
        assert_eq!(places.len(), recorded.len(), "recorded places of {name}");
        let count = computed.len() as f64;
        let size = (sums[1] / count).sqrt();
        // Errors that are independent of one another add up to the root of their number.
        let root = count.sqrt();
        let sum = computed.iter().sum();
        let squares = computed.iter().map(|value| value * value).sum();
        let sums = [
            Deviation::of("summed".to_owned(), sum, sums[0], root * size),
            Deviation::of(
                "squared and summed".to_owned(),
                squares,
                sums[1],
                2.0 * root * size * size,
            ),
        ];
        places
            .zip(recorded)
            .map(|(place, &expected)| {
                Deviation::of(format!("[{place}]"), computed[place], expected, size)
            })
            .chain(sums)
            .max_by(|a, b| a.share.total_cmp(&b.share))
            .expect("the sums are there")
    }
}

/// The largest deviations that are allowed, as shares of the root mean square of a tensor.
pub struct Allowed {
    /// Of ten steps of Adam.
    pub adam: f64,
    /// Of penalties, gradients, and ten steps of gradient descent.
    pub others: f64,
}

impl Allowed {
    /// A path that computes in f32: rounding through seven layers, and whose tanh and exp it uses. The
    /// sums of C5's 48,000 values are the farthest off, because such errors are not wholly
    /// independent of one another.
    pub const IN_F32: Self = Self {
        adam: 5e-4,
        others: 5e-4,
    };

    fn share_of(&self, tensor: &str) -> f64 {
        match tensor.starts_with("adam.") {
            true => self.adam,
            false => self.others,
        }
    }
}

/// How far a value is off.
struct Deviation {
    /// As a share of the root mean square of its tensor; that of a sum, as a share of what as many
    /// independent values would add up to. NaN if the value is, which sorts above all others.
    share: f64,
    place: String,
    computed: f64,
    expected: f64,
}

impl Deviation {
    fn of(place: String, computed: f64, expected: f64, size: f64) -> Self {
        Self {
            share: ((computed - expected) / size).abs(),
            place,
            computed,
            expected,
        }
    }
}

impl Display for Deviation {
    fn fmt(&self, f: &mut Formatter) -> std::fmt::Result {
        let Self {
            share,
            place,
            computed,
            expected,
        } = self;
        write!(
            f,
            "{place} is {computed}, in PyTorch {expected}: off by {share:.1e} of the usual size"
        )
    }
}

// --- what is computed ----------------------------------------------------------------------------

/// Ten steps of a network's training, and what they start from.
pub struct Problem {
    pub network: Network,
    pub recipe: Recipe,
    pub rates: Schedule,
    /// The digits in the order in which PyTorch was shown them.
    pub digits: Dataset,
    pub start: TrainingState,
    /// The same digits, each where the order of [`SEED`] finds it in its turn.
    shuffled: Dataset,
}

impl Problem {
    fn new(fixture: &Fixture, optimiser: Optimiser) -> Self {
        let recipe = fixture.recipe(optimiser);
        let (network, digits) = (Network::of(recipe.choices), fixture.digits());
        Self {
            rates: step_rates(&recipe, digits.len()),
            start: TrainingState::fresh(initial_arena(&network)),
            shuffled: shuffled(&recipe, &digits),
            digits,
            network,
            recipe,
        }
    }

    /// The training as a task. A trainer presents the digits in PyTorch's order.
    pub fn task(&self) -> TrainingTask<'_> {
        TrainingTask {
            network: &self.network,
            recipe: &self.recipe,
            rates: &self.rates,
            data: &self.shuffled,
            seeds: vec![SEED],
            states: vec![self.start.clone()],
            teachers: Vec::new(),
        }
    }

    /// The digits of the first batch.
    pub fn first_batch(&self) -> Dataset {
        self.digits.clone().take_first(self.recipe.batch)
    }
}

/// `digits` in the places where the first pass from [`SEED`] finds one after the other.
fn shuffled(recipe: &Recipe, digits: &Dataset) -> Dataset {
    let (mut images, mut labels) = (digits.images().to_vec(), digits.labels().to_vec());
    let presentations = Presentations::of(recipe, digits, SEED, 0);
    for position in 0..digits.len() {
        let place = presentations.at(position).sample;
        labels[place] = digits.labels()[position];
        let image = place * IMAGE_PIXELS..(place + 1) * IMAGE_PIXELS;
        images[image].copy_from_slice(digits.image(position));
    }
    Dataset::new(images, labels).expect("the same digits in another order")
}

/// C. Wellons' 32-bit hash lowbias32.
fn scrambled(number: u32) -> u32 {
    let number = (number ^ (number >> 16)).wrapping_mul(0x7feb_352d);
    let number = (number ^ (number >> 15)).wrapping_mul(0x846c_a68b);
    number ^ (number >> 16)
}

/// What `make.py` starts from: a number in ±1 for each place of a tensor, scaled to ±2/√F for weights
/// of F inputs a unit, to ¼ ± ⅛ for coefficients and to ±¼ for biases.
fn initial_arena(network: &Network) -> Vec<f32> {
    let parameters = Parameters::of(network);
    let mut arena = vec![0.0; parameters.arena_len()];
    for (number, range) in parameters.ranges().iter().enumerate() {
        let tensor = TorchTensor::of(network, range);
        let inputs = tensor.len / network.layers()[range.layer].output.maps;
        let initial = |place: usize| {
            let bits = scrambled((number << 16 | place) as u32);
            let drawn = f64::from(bits >> 8) / f64::from(1 << 23) - 1.0;
            match range.name.rsplit('.').next() {
                Some("weight") => 2.0 / (inputs as f64).sqrt() * drawn,
                Some("coefficient") => 0.25 + drawn / 8.0,
                _ => drawn / 4.0,
            }
        };
        for (value, &place) in arena[range.span()].iter_mut().zip(&tensor.places) {
            *value = initial(place) as f32;
        }
    }
    arena
}

/// A range of parameters as a tensor of PyTorch's.
struct TorchTensor {
    /// Values of the tensor.
    len: usize,
    /// The place in it of each value of the range.
    places: Vec<usize>,
}

impl TorchTensor {
    /// The weights of a convolution are [output map, input map, row, column] there, with pairs of maps
    /// that are not joined; everything else is as it is in the arena.
    fn of(network: &Network, range: &Range) -> Self {
        match &network.layers()[range.layer].operation {
            Operation::Convolution(table) if range.name.ends_with(".weight") => {
                let kernel =
                    |pair: usize| (0..KERNEL * KERNEL).map(move |i| pair * KERNEL * KERNEL + i);
                let pairs = table.pairs();
                Self {
                    len: table.outputs() * table.inputs() * KERNEL * KERNEL,
                    places: pairs
                        .flat_map(|pair| kernel(pair.output * table.inputs() + pair.input))
                        .collect(),
                }
            }
            _ => Self {
                len: range.len(),
                places: (0..range.len()).collect(),
            },
        }
    }

    /// The tensor of the range's `values`, with 0 for pairs that are not joined.
    fn filled(&self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut tensor = vec![0.0; self.len];
        for (&place, value) in self.places.iter().zip(values) {
            tensor[place] = value;
        }
        tensor
    }
}

// --- paths ---------------------------------------------------------------------------------------

/// A way in which the program computes.
pub trait ComputePath {
    /// The precision.
    type Real: Real + Into<f64>;
    /// What can go wrong.
    type Error: Debug;

    /// The penalties [n,class] of the first batch, before any step.
    fn penalties(&self, problem: &Problem) -> Result<Vec<Self::Real>, Self::Error>;

    /// The first `steps` steps.
    fn train(&self, problem: &Problem, steps: usize) -> Result<Trained<Self::Real>, Self::Error>;
}

/// What some steps of training leave.
pub struct Trained<T> {
    /// The mean loss of each step's batch.
    pub losses: Vec<f64>,
    pub parameter: Vec<T>,
    pub first_moment: Vec<T>,
    pub second_moment: Vec<T>,
}

/// `steps` steps of a trainer of one model.
pub fn train<T: Trainer>(mut trainer: T, steps: usize) -> Result<Trained<f32>, T::Error> {
    let mut losses = Vec::new();
    block_on(trainer.run(steps, |measured| {
        losses.extend(measured.iter().map(|step| step.loss / step.count as f64));
        ControlFlow::Continue(())
    }))?;
    let state = block_on(trainer.states())?.remove(0);
    Ok(Trained {
        losses,
        parameter: state.parameter,
        first_moment: state.first_moment,
        second_moment: state.second_moment,
    })
}

/// Everything that a fixture has, computed by `path`.
///
/// # Errors
/// If the path fails altogether.
pub fn computed<P: ComputePath>(path: &P, fixture: &Fixture) -> Result<Tensors, P::Error> {
    let adam = Problem::new(fixture, Optimiser::Adam);
    let sgd = Problem::new(fixture, Optimiser::Sgd);
    let penalties = path.penalties(&sgd)?.into_iter().map(Into::into);
    // The velocity after the first step is the gradient itself.
    let gradient = path.train(&sgd, 1)?.first_moment;

    let mut tensors = Tensors::from([("penalties".to_owned(), penalties.collect())]);
    insert_arena(&mut tensors, "gradient", &sgd.network, &gradient);
    insert_ten_steps(&mut tensors, "adam", path, &adam)?;
    insert_ten_steps(&mut tensors, "sgd", path, &sgd)?;
    Ok(tensors)
}

/// Puts what the ten steps of `problem` make into `tensors`.
fn insert_ten_steps<P: ComputePath>(
    tensors: &mut Tensors,
    name: &str,
    path: &P,
    problem: &Problem,
) -> Result<(), P::Error> {
    let trained = path.train(problem, STEPS)?;
    let parameters = trained.parameter.into_iter().zip(&problem.start.parameter);
    let change: Vec<f64> = parameters
        .map(|(end, &start)| end.into() - f64::from(start))
        .collect();

    tensors.insert(format!("{name}.losses"), trained.losses);
    let quantity = |quantity: &str| format!("{name}.{quantity}");
    let network = &problem.network;
    insert_arena(tensors, &quantity("change"), network, &change);
    let moment = trained.first_moment;
    insert_arena(tensors, &quantity("first_moment"), network, &moment);
    if problem.recipe.optimiser == Optimiser::Adam {
        let moment = trained.second_moment;
        insert_arena(tensors, &quantity("second_moment"), network, &moment);
    }
    Ok(())
}

/// Puts each range of `arena` into `tensors`, as PyTorch has it.
fn insert_arena<T: Copy + Into<f64>>(
    tensors: &mut Tensors,
    prefix: &str,
    network: &Network,
    arena: &[T],
) {
    for range in Parameters::of(network).ranges() {
        let values = arena[range.span()].iter().map(|&value| value.into());
        let tensor = TorchTensor::of(network, range).filled(values);
        tensors.insert(format!("{prefix}.{}", range.name), tensor);
    }
}
