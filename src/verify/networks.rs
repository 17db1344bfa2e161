//! Whole networks: a gradient and the answers against the reference in f64, and ten training steps
//! against the reference in f32.

use super::check::Check;
use super::compare::{Outcome, Tolerance};
use super::noise::Noise;
use super::subject::{Subject, Trained, train};
use super::widened;
use crate::cpu::Level;
use crate::data::{Dataset, IMAGE_PIXELS};
use crate::gpu::GpuError;
use crate::model::{
    Architecture, C3Connections, Choices, Coefficients, DIGITS, Decay, Distortion, Head,
    Initialisation, Loss, LossKind, Network, Optimiser, Parameters, Recipe, StepRates, Subsampling,
    TrainingState,
};
use crate::reference::{
    Activations, Presentations, ReferenceNetwork, ReferenceTrainer, batch, loss, second_derivatives,
};
use crate::trainer::TrainingTask;

/// Seeds of the first model's order and initial weights; the others' follow.
const FIRST_SEED: u32 = 5;
const FIRST_START: u32 = 3;
const SAMPLES: usize = 100;
const STEPS: usize = 10;
/// The rates of a step that changes nothing about the gradient.
const UNIT_RATES: StepRates = StepRates {
    rate: 1.0,
    first_correction: 1.0,
    second_correction: 1.0,
    average_share: 1.0,
};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// ∂E/∂parameter of one batch, in f64.
    Gradient,
    /// ∂²E/∂parameter² as SDLM estimates it, in f64.
    Curvature,
    /// Losses of ten steps and the parameters after them, in f32.
    Trajectory,
    /// The penalties of all pictures, in f64.
    Inference,
}

/// A check of a whole network, or of several models of it side by side.
pub struct NetworkCase {
    kind: Kind,
    /// More than one only on an adapter.
    models: usize,
    recipe: Recipe,
    label: String,
}

/// A network and what it is trained with.
struct Setting {
    label: &'static str,
    choices: Choices,
    loss: LossKind,
    distortion: Distortion,
}

const PAPER: Setting = Setting {
    label: "paper, eq. 9",
    choices: Choices {
        architecture: Architecture::Lenet5,
        subsampling: Subsampling::Trainable,
        c3: C3Connections::Table1,
        head: Head::Rbf,
    },
    loss: LossKind::Map,
    distortion: Distortion::NONE,
};
const PAPER_MSE: Setting = Setting {
    label: "paper, eq. 8",
    loss: LossKind::Mse,
    ..PAPER
};
const DECK: Setting = Setting {
    label: "average, softmax",
    choices: Choices {
        subsampling: Subsampling::Average,
        head: Head::Softmax,
        ..PAPER.choices
    },
    ..PAPER_MSE
};
const MAX_FULL: Setting = Setting {
    label: "max, full C3, eq. 9",
    choices: Choices {
        subsampling: Subsampling::Max,
        c3: C3Connections::Full,
        ..PAPER.choices
    },
    ..PAPER
};
const LENET1: Setting = Setting {
    label: "LeNet-1, softmax",
    choices: Choices::lenet1(),
    ..PAPER_MSE
};
const DISTORTED: Setting = Setting {
    label: "paper, eq. 9, distorted",
    distortion: Distortion {
        linear: 0.2,
        shift: 1.0,
        ..Distortion::NONE
    },
    ..PAPER
};
const COPIES: Setting = Setting {
    label: "paper, eq. 9, elastic copies",
    distortion: Distortion {
        rotation: 10.0,
        scale: 0.1,
        shear: 0.1,
        elastic: 0.6,
        fixed_copies: 2,
        ..DISTORTED.distortion
    },
    ..PAPER
};

/// Networks and recipes that between them use every choice and every kernel.
pub fn adapter_networks() -> Vec<NetworkCase> {
    let mut cases = network_cases(&[16], &[30]);
    cases.extend(side_by_side_cases());
    cases
}

/// Models of one network side by side, as only an adapter trains them.
fn side_by_side_cases() -> [NetworkCase; 7] {
    use Kind::{Curvature, Gradient, Trajectory};
    use Optimiser::{Adam, Sdlm, Sgd};
    [
        (Gradient, PAPER, Sgd, 16, 3),
        (Gradient, DECK, Sgd, 7, 5),
        (Curvature, MAX_FULL, Sdlm, 16, 2),
        (Trajectory, PAPER, Adam, 16, 3),
        (Trajectory, PAPER, Sdlm, 1, 3),
        (Trajectory, DISTORTED, Sgd, 7, 3),
        (Trajectory, LENET1, Sgd, 5, 5),
    ]
    .map(|(kind, setting, optimiser, batch, models)| {
        NetworkCase::new(kind, &setting, optimiser, batch).side_by_side(models)
    })
}

/// The same for the CPU path, which goes sample by sample in small batches and in blocks of sixteen,
/// of which the last may be a part, in larger ones.
pub fn processor_networks() -> Vec<NetworkCase> {
    network_cases(&[1, 5, 9, 16, 17, 40, 64], &[1, 5, 9, 17, 100])
}

fn network_cases(gradient_batches: &[usize], inference_batches: &[usize]) -> Vec<NetworkCase> {
    use Optimiser::{Adam, Sdlm, Sgd};
    let mut cases = Vec::new();
    for setting in [PAPER, PAPER_MSE, DECK, MAX_FULL, LENET1, DISTORTED] {
        for &batch in gradient_batches {
            cases.push(NetworkCase::new(Kind::Gradient, &setting, Sgd, batch));
        }
    }
    for setting in [PAPER, PAPER_MSE, DECK, MAX_FULL, LENET1] {
        cases.push(NetworkCase::new(Kind::Curvature, &setting, Sdlm, 16));
    }
    for (setting, optimiser, batch) in [
        (PAPER, Adam, 16),
        (PAPER, Sgd, 1),
        (PAPER_MSE, Sgd, 5),
        (DECK, Adam, 30),
        (MAX_FULL, Sgd, 64),
        (LENET1, Adam, 16),
        (PAPER, Sdlm, 1),
        (DISTORTED, Sgd, 7),
        (COPIES, Sgd, 40),
    ] {
        let kind = Kind::Trajectory;
        cases.push(NetworkCase::new(kind, &setting, optimiser, batch));
    }
    for setting in [PAPER, DECK, MAX_FULL, LENET1] {
        for &batch in inference_batches {
            cases.push(NetworkCase::new(Kind::Inference, &setting, Sgd, batch));
        }
    }
    cases
}

/// A recipe with every part of the update in it.
pub(super) fn adam_recipe() -> Recipe {
    recipe(&PAPER, Optimiser::Adam, 1)
}

fn recipe(setting: &Setting, optimiser: Optimiser, batch: usize) -> Recipe {
    let scale = if setting.choices.head == Head::Softmax {
        1.0
    } else {
        0.05
    };
    Recipe {
        choices: setting.choices,
        initialisation: Initialisation::SqrtFanIn,
        gain: 1.0,
        coefficients: Coefficients::Mean,
        loss: Loss {
            kind: setting.loss,
            scale,
            rubbish: 1.0,
        },
        optimiser,
        distortion: setting.distortion,
        passes: 1,
        batch,
        rate: 0.0,
        warmup: 0.0,
        decay: Decay::Constant,
        momentum: 0.9,
        beta2: 0.99,
        damping: 0.02,
        estimate_samples: 37,
        weight_decay: 0.01,
        average: 0.9,
    }
}

/// Random pictures with random labels: nothing to learn, but everything to compute.
fn noise_data() -> Dataset {
    let mut noise = Noise::new(20);
    let mut bytes = |limit, count| -> Vec<u8> {
        noise
            .below(limit, count)
            .into_iter()
            .map(|value| value as u8)
            .collect()
    };
    Dataset {
        images: bytes(256, SAMPLES * IMAGE_PIXELS),
        labels: bytes(DIGITS as u32, SAMPLES),
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Gradient => "network.gradient",
            Self::Curvature => "network.curvature",
            Self::Trajectory => "network.trajectory",
            Self::Inference => "network.inference",
        }
    }
}

/// What every case starts from.
struct StartingPoint {
    network: Network,
    parameters: Parameters,
    models: Models,
    data: Dataset,
}

/// Every model's seed, and the state it starts from.
struct Models {
    seeds: Vec<u32>,
    states: Vec<TrainingState>,
}

impl Models {
    fn iter(&self) -> impl Iterator<Item = (u32, &TrainingState)> {
        self.seeds.iter().copied().zip(&self.states)
    }
}

impl NetworkCase {
    fn new(kind: Kind, setting: &Setting, optimiser: Optimiser, batch: usize) -> Self {
        let update = match (kind, optimiser) {
            (Kind::Trajectory, Optimiser::Adam) => ", Adam",
            (Kind::Trajectory, Optimiser::Sgd) => ", SGD",
            (Kind::Trajectory, Optimiser::Sdlm) => ", SDLM",
            (Kind::Gradient | Kind::Curvature | Kind::Inference, _) => "",
        };
        Self {
            kind,
            models: 1,
            recipe: recipe(setting, optimiser, batch),
            label: format!("{}{update}, batch {batch}", setting.label),
        }
    }

    /// The same with `models` models side by side.
    fn side_by_side(self, models: usize) -> Self {
        Self {
            models,
            label: format!("{}, {models} models", self.label),
            ..self
        }
    }

    /// Whether it is one of the gradients, which alone decide if an update is right.
    pub fn is_gradient(&self) -> bool {
        matches!(self.kind, Kind::Gradient)
    }

    /// Kind, network and recipe.
    pub fn name(&self) -> String {
        format!("{} {}", self.kind.name(), self.label)
    }

    /// The check of the CPU path with the vectors of `level`.
    pub(super) fn at_level(self, level: Level) -> Check<'static> {
        let name = format!("{} {} {}", self.kind.name(), level.name(), self.label);
        Check::new(name, self.tolerance(), move || {
            self.run(Subject::Processor(level))
        })
    }

    /// How far off losses, gradients, parameters and penalties may be.
    pub fn tolerance(&self) -> Tolerance {
        match self.kind {
            Kind::Gradient => Tolerance {
                absolute: 2e-5,
                relative: 1e-3,
                reason: "rounding of f32 through seven layers and the drivers' tanh and exp",
            },
            Kind::Curvature => Tolerance {
                absolute: 2e-5,
                relative: 1e-3,
                reason: "sums of squares of what seven layers rounded to f32",
            },
            Kind::Trajectory => Tolerance {
                absolute: 2e-4,
                relative: 2e-3,
                reason: "ten steps of the same, each starting from the last one's differences",
            },
            Kind::Inference => Tolerance {
                absolute: 1e-3,
                relative: 1e-4,
                reason: "rounding of f32 through seven layers; a distance sums 84 squares",
            },
        }
    }

    /// Runs the check.
    ///
    /// # Errors
    /// If the adapter fails altogether.
    pub fn run(&self, subject: Subject) -> Result<Outcome, GpuError> {
        let network = Network::of(self.recipe.choices);
        let start = StartingPoint {
            parameters: Parameters::of(&network),
            models: self.models(&network),
            data: noise_data(),
            network,
        };
        match self.kind {
            Kind::Gradient => self.run_gradient(subject, &start),
            Kind::Curvature => self.run_curvature(subject, &start),
            Kind::Trajectory => self.run_trajectory(subject, &start),
            Kind::Inference => self.run_inference(subject, &start),
        }
    }

    fn models(&self, network: &Network) -> Models {
        let numbers = 0..self.models as u32;
        let start = |number| TrainingState::start(network, &self.recipe, FIRST_START + number);
        Models {
            seeds: numbers.clone().map(|number| FIRST_SEED + number).collect(),
            states: numbers.map(start).collect(),
        }
    }

    /// One step of plain gradient descent at rate 1: what the parameters lost is the gradient.
    fn run_gradient(&self, subject: Subject, start: &StartingPoint) -> Result<Outcome, GpuError> {
        let recipe = Recipe {
            weight_decay: 0.0,
            average: 0.0,
            ..self.recipe.clone()
        };
        let trained = subject.train(&start.task(&recipe, &[UNIT_RATES]), 1)?;
        let mut outcome = Outcome::default();
        for ((seed, model), (state, _)) in start.models.iter().zip(&trained) {
            // The velocity after the first step is the gradient itself.
            let computed = &state.first_moment;
            let expected = self.reference_gradient(start, seed, model);
            self.compare_arenas(&mut outcome, start, computed, |i| expected[i]);
        }
        compare_lengths(&mut outcome, "models", &trained, self.models);
        Ok(outcome)
    }

    /// ∂E/∂parameter of a model's first batch in f64.
    fn reference_gradient(
        &self,
        start: &StartingPoint,
        seed: u32,
        state: &TrainingState,
    ) -> Vec<f64> {
        let StartingPoint { network, data, .. } = start;
        let (arena, reference) = (widened(&state.parameter), ReferenceNetwork::new(network));
        let presentations = Presentations::of(&self.recipe, data, seed, 0);
        let mut gradient = vec![0.0; arena.len()];
        let mut activations = Activations::new(network);
        for position in 0..self.recipe.batch {
            let label = presentations.assemble(position, activations.input_mut());
            reference.forward(&arena, &mut activations);
            let (y, dy) = activations.penalties_and_gradient();
            loss::forward(&self.recipe.loss, y, label.into(), self.recipe.batch, dy);
            reference.backward(&arena, &mut activations, &mut gradient);
        }
        gradient
    }

    /// The estimate before the second pass, whose order is another than the first one's.
    fn run_curvature(&self, subject: Subject, start: &StartingPoint) -> Result<Outcome, GpuError> {
        let mut task = start.task(&self.recipe, &[UNIT_RATES]);
        let second_pass = |state: &TrainingState| TrainingState {
            step: start.data.len().div_ceil(self.recipe.batch),
            ..state.clone()
        };
        task.states = start.models.states.iter().map(second_pass).collect();
        let trained = subject.train(&task, 0)?;
        let mut outcome = Outcome::default();
        for ((seed, model), (state, _)) in start.models.iter().zip(&trained) {
            let expected = self.reference_curvature(start, seed, model);
            self.compare_arenas(&mut outcome, start, &state.second_moment, |i| expected[i]);
        }
        compare_lengths(&mut outcome, "models", &trained, self.models);
        Ok(outcome)
    }

    /// Mean ∂²E/∂parameter² of a model over the first samples of its second pass, in f64.
    fn reference_curvature(
        &self,
        start: &StartingPoint,
        seed: u32,
        state: &TrainingState,
    ) -> Vec<f64> {
        let StartingPoint { network, data, .. } = start;
        let presentations = Presentations::of(&self.recipe, data, seed, 1);
        let arena = widened(&state.parameter);
        second_derivatives(network, &self.recipe, &presentations, &arena)
    }

    fn run_trajectory(&self, subject: Subject, start: &StartingPoint) -> Result<Outcome, GpuError> {
        let rates: Vec<StepRates> = (0..STEPS)
            .map(|step| StepRates {
                rate: 0.002,
                first_correction: 1.0 / (1.0 - 0.9f32.powi(step as i32 + 1)),
                second_correction: 1.0 / (1.0 - 0.99f32.powi(step as i32 + 1)),
                average_share: 0.1,
            })
            .collect();
        let task = start.task(&self.recipe, &rates);
        let computed = subject.train(&task, STEPS)?;
        let Ok(expected) = train(ReferenceTrainer::new(task.clone()), &task, STEPS);
        let mut outcome = Outcome::default();
        for (computed, expected) in computed.iter().zip(&expected) {
            self.compare_trajectory(&mut outcome, start, computed, expected);
        }
        compare_lengths(&mut outcome, "models", &computed, self.models);
        Ok(outcome)
    }

    /// What a model's steps measured, and its state after them.
    fn compare_trajectory(
        &self,
        outcome: &mut Outcome,
        start: &StartingPoint,
        (state, computed): &Trained,
        (expected_state, expected): &Trained,
    ) {
        for (step, (computed, expected)) in computed.iter().zip(expected).enumerate() {
            let index = || format!("[step {step}]");
            let tolerance = self.tolerance();
            outcome.compare("losses", index, computed.loss, expected.loss, &tolerance);
            let (computed, expected) = (computed.count as f64, expected.count as f64);
            outcome.compare("counts", index, computed, expected, &Tolerance::EXACT);
        }
        compare_lengths(outcome, "losses", computed, expected.len());
        // Adam divides by the gradient's own size: where that is rounding noise, so is the update.
        // Its parameters are held by the optimiser's own cases and, here, through the losses.
        if self.recipe.optimiser != Optimiser::Adam {
            self.compare_arenas(outcome, start, &state.parameter, |i| {
                expected_state.parameter[i].into()
            });
            self.compare_arenas(outcome, start, &state.averaged, |i| {
                expected_state.averaged[i].into()
            });
        }
    }

    fn run_inference(&self, subject: Subject, start: &StartingPoint) -> Result<Outcome, GpuError> {
        let StartingPoint {
            network,
            models,
            data,
            ..
        } = start;
        let state = &models.states[0];
        let computed = subject.penalties(network, &state.parameter, data, self.recipe.batch)?;
        let (arena, reference) = (widened(&state.parameter), ReferenceNetwork::new(network));
        let mut activations = Activations::new(network);
        let mut outcome = Outcome::default();
        for (sample, computed) in computed.chunks(DIGITS).enumerate() {
            batch::assemble(data.image(sample), activations.input_mut());
            reference.forward(&arena, &mut activations);
            let expected = activations.penalties();
            for (class, (&computed, &expected)) in computed.iter().zip(expected).enumerate() {
                let index = || format!("[{sample}][{class}]");
                let tolerance = self.tolerance();
                outcome.compare("penalties", index, computed.into(), expected, &tolerance);
            }
        }
        compare_lengths(&mut outcome, "penalties", &computed, data.len() * DIGITS);
        Ok(outcome)
    }

    fn compare_arenas(
        &self,
        outcome: &mut Outcome,
        start: &StartingPoint,
        computed: &[f32],
        expected: impl Fn(usize) -> f64,
    ) {
        let tolerance = self.tolerance();
        for range in start.parameters.ranges() {
            for (i, place) in range.span().enumerate() {
                let index = || format!("[{i}]");
                let (computed, expected) = (computed[place].into(), expected(place));
                outcome.compare(&range.name, index, computed, expected, &tolerance);
            }
        }
    }
}

/// So that nothing passes for being left out.
fn compare_lengths<T>(outcome: &mut Outcome, buffer: &str, computed: &[T], expected: usize) {
    let (index, computed) = (|| "[length]".to_owned(), computed.len() as f64);
    outcome.compare(buffer, index, computed, expected as f64, &Tolerance::EXACT);
}

impl StartingPoint {
    fn task<'a>(&'a self, recipe: &'a Recipe, rates: &'a [StepRates]) -> TrainingTask<'a> {
        TrainingTask {
            network: &self.network,
            recipe,
            rates,
            data: &self.data,
            seeds: self.models.seeds.clone(),
            states: self.models.states.clone(),
        }
    }
}
