//! Whole networks: a gradient against the reference in f64, and ten training steps against the
//! reference in f32.

use std::ops::ControlFlow;

use super::compare::{Outcome, Tolerance};
use super::noise::Noise;
use crate::cpu;
use crate::data::{Dataset, IMAGE_PIXELS};
use crate::gpu::{Device, GpuError, Trainer};
use crate::model::{
    C3Connections, Choices, DIGITS, Decay, Distortion, Head, Initialisation, Loss, LossKind,
    Network, Optimiser, Parameters, Recipe, StepRates, Subsampling, TrainingState, rbf_codes,
};

const SEED: u32 = 5;
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
}

/// A check of a whole network.
pub struct NetworkCase {
    kind: Kind,
    recipe: Recipe,
    label: &'static str,
}

/// Networks and recipes that between them use every choice and every kernel.
pub fn network_cases() -> Vec<NetworkCase> {
    let paper = Choices::default();
    let deck = Choices {
        subsampling: Subsampling::Average,
        head: Head::Softmax,
        ..paper
    };
    let max_full = Choices {
        subsampling: Subsampling::Max,
        c3: C3Connections::Full,
        ..paper
    };
    let networks = [
        ("paper, eq. 9", paper, LossKind::Map),
        ("paper, eq. 8", paper, LossKind::Mse),
        ("average, softmax", deck, LossKind::Mse),
        ("max, full C3, eq. 9", max_full, LossKind::Map),
        ("LeNet-1, softmax", Choices::lenet1(), LossKind::Mse),
    ];
    let gradients = networks.map(|(label, choices, loss)| NetworkCase {
        kind: Kind::Gradient,
        recipe: recipe(choices, loss, Optimiser::Sgd, 16),
        label,
    });
    let curvatures = networks.map(|(label, choices, loss)| NetworkCase {
        kind: Kind::Curvature,
        recipe: recipe(choices, loss, Optimiser::Sdlm, 16),
        label,
    });
    let trajectories = [
        (
            "paper, eq. 9, Adam, batch 16",
            paper,
            LossKind::Map,
            Optimiser::Adam,
            16,
        ),
        (
            "paper, eq. 9, SGD, batch 1",
            paper,
            LossKind::Map,
            Optimiser::Sgd,
            1,
        ),
        (
            "paper, eq. 8, SGD, batch 7",
            paper,
            LossKind::Mse,
            Optimiser::Sgd,
            7,
        ),
        (
            "average, softmax, Adam, batch 30",
            deck,
            LossKind::Mse,
            Optimiser::Adam,
            30,
        ),
        (
            "max, full C3, SGD, batch 64",
            max_full,
            LossKind::Map,
            Optimiser::Sgd,
            64,
        ),
        (
            "LeNet-1, softmax, Adam, batch 16",
            Choices::lenet1(),
            LossKind::Mse,
            Optimiser::Adam,
            16,
        ),
        (
            "paper, eq. 9, SDLM, batch 1",
            paper,
            LossKind::Map,
            Optimiser::Sdlm,
            1,
        ),
    ]
    .map(|(label, choices, loss, optimiser, batch)| NetworkCase {
        kind: Kind::Trajectory,
        recipe: recipe(choices, loss, optimiser, batch),
        label,
    });
    gradients
        .into_iter()
        .chain(curvatures)
        .chain(trajectories)
        .collect()
}

/// A recipe with every part of the update in it.
pub(super) fn adam_recipe() -> Recipe {
    recipe(Choices::default(), LossKind::Map, Optimiser::Adam, 1)
}

fn recipe(choices: Choices, kind: LossKind, optimiser: Optimiser, batch: usize) -> Recipe {
    let scale = if choices.head == Head::Softmax {
        1.0
    } else {
        0.05
    };
    Recipe {
        choices,
        initialisation: Initialisation::SqrtFanIn,
        gain: 1.0,
        loss: Loss {
            kind,
            scale,
            rubbish: 1.0,
        },
        optimiser,
        distortion: Distortion::NONE,
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

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

impl NetworkCase {
    /// Kind, network and recipe.
    pub fn name(&self) -> String {
        let kind = match self.kind {
            Kind::Gradient => "gradient",
            Kind::Curvature => "curvature",
            Kind::Trajectory => "trajectory",
        };
        format!("network.{kind} {}", self.label)
    }

    /// How far off losses, gradients and parameters may be.
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
        }
    }

    /// Runs the check.
    ///
    /// # Errors
    /// If the adapter fails altogether.
    pub fn run(&self, device: &Device) -> Result<Outcome, GpuError> {
        let network = Network::of(self.recipe.choices);
        let parameters = Parameters::of(&network);
        let state = TrainingState::start(&network, &self.recipe, 3);
        let data = noise_data();
        match self.kind {
            Kind::Gradient => self.run_gradient(device, &network, &parameters, &state, &data),
            Kind::Curvature => self.run_curvature(device, &network, &parameters, &state, &data),
            Kind::Trajectory => self.run_trajectory(device, &network, &parameters, &state, &data),
        }
    }

    /// One step of plain gradient descent at rate 1: what the parameters lost is the gradient.
    fn run_gradient(
        &self,
        device: &Device,
        network: &Network,
        parameters: &Parameters,
        state: &TrainingState,
        data: &Dataset,
    ) -> Result<Outcome, GpuError> {
        let recipe = Recipe {
            weight_decay: 0.0,
            average: 0.0,
            ..self.recipe.clone()
        };
        let rates = [UNIT_RATES];
        let mut trainer = Trainer::new(device, network, &recipe, &rates, data, SEED, state)?;
        trainer.run(1, |_| ControlFlow::Continue(()))?;
        // The velocity after the first step is the gradient itself.
        let computed = trainer.state()?.first_moment;
        let expected = self.reference_gradient(network, parameters, state, data);
        let mut outcome = Outcome::default();
        self.compare_arenas(&mut outcome, parameters, &computed, |i| expected[i]);
        Ok(outcome)
    }

    /// ∂E/∂parameter of the first batch in f64.
    fn reference_gradient(
        &self,
        network: &Network,
        parameters: &Parameters,
        state: &TrainingState,
        data: &Dataset,
    ) -> Vec<f64> {
        let (arena, codes) = (widened(&state.parameter), widened(&rbf_codes()));
        let samples = cpu::batch::select_samples(0, self.recipe.batch, data.len(), 1, Some(SEED));
        let mut gradient = vec![0.0; arena.len()];
        let mut activations = cpu::Activations::new(network);
        for &sample in &samples {
            cpu::batch::assemble(data.image(sample), activations.input_mut());
            cpu::forward(network, parameters, &arena, &codes, &mut activations);
            let label = data.labels[sample].into();
            let (y, dy) = activations.penalties_and_gradient();
            cpu::loss::forward(&self.recipe.loss, y, label, samples.len(), dy);
            cpu::backward(
                network,
                parameters,
                &arena,
                &codes,
                &mut activations,
                &mut gradient,
            );
        }
        gradient
    }

    /// The estimate before the second pass, whose order is another than the first one's.
    fn run_curvature(
        &self,
        device: &Device,
        network: &Network,
        parameters: &Parameters,
        state: &TrainingState,
        data: &Dataset,
    ) -> Result<Outcome, GpuError> {
        let recipe = &self.recipe;
        let state = TrainingState {
            step: data.len().div_ceil(recipe.batch),
            ..state.clone()
        };
        let rates = [UNIT_RATES];
        let mut trainer = Trainer::new(device, network, recipe, &rates, data, SEED, &state)?;
        trainer.estimate_second_derivatives()?;
        let computed = trainer.state()?.second_moment;
        let expected = self.reference_curvature(network, parameters, &state, data);
        let mut outcome = Outcome::default();
        self.compare_arenas(&mut outcome, parameters, &computed, |i| expected[i]);
        Ok(outcome)
    }

    /// Mean ∂²E/∂parameter² over the first samples of the second pass, in f64.
    fn reference_curvature(
        &self,
        network: &Network,
        parameters: &Parameters,
        state: &TrainingState,
        data: &Dataset,
    ) -> Vec<f64> {
        let (arena, codes) = (widened(&state.parameter), widened(&rbf_codes()));
        let count = self.recipe.estimate_samples;
        let second_pass = data.len().div_ceil(count);
        let samples = cpu::batch::select_samples(second_pass, count, data.len(), 1, Some(SEED));
        let mut curvature = vec![0.0; arena.len()];
        let mut activations = cpu::Activations::new(network);
        let mut curvatures = cpu::Curvatures::new(network);
        for &sample in &samples {
            cpu::batch::assemble(data.image(sample), activations.input_mut());
            cpu::forward(network, parameters, &arena, &codes, &mut activations);
            let label = data.labels[sample].into();
            let (y, dy) = activations.penalties_and_gradient();
            cpu::loss::forward(&self.recipe.loss, y, label, count, dy);
            cpu::loss::second(&self.recipe.loss, y, count, curvatures.penalties_mut());
            cpu::second_backward(
                network,
                parameters,
                &arena,
                &codes,
                &activations,
                &mut curvatures,
                &mut curvature,
            );
        }
        curvature
    }

    fn run_trajectory(
        &self,
        device: &Device,
        network: &Network,
        parameters: &Parameters,
        state: &TrainingState,
        data: &Dataset,
    ) -> Result<Outcome, GpuError> {
        let rates: Vec<StepRates> = (0..STEPS)
            .map(|step| StepRates {
                rate: 0.002,
                first_correction: 1.0 / (1.0 - 0.9f32.powi(step as i32 + 1)),
                second_correction: 1.0 / (1.0 - 0.99f32.powi(step as i32 + 1)),
                average_share: 0.1,
            })
            .collect();
        let recipe = &self.recipe;
        let mut trainer = Trainer::new(device, network, recipe, &rates, data, SEED, state)?;
        let (mut computed, mut expected) = (Vec::new(), Vec::new());
        trainer.estimate_second_derivatives()?;
        trainer.run(STEPS, |steps| {
            computed.extend_from_slice(steps);
            ControlFlow::Continue(())
        })?;
        let mut reference = cpu::Trainer::new(network, recipe, &rates, data, SEED, state.clone());
        reference.estimate_second_derivatives();
        reference.run(STEPS, |steps| {
            expected.extend_from_slice(steps);
            ControlFlow::Continue(())
        });

        let mut outcome = Outcome::default();
        for (step, (computed, expected)) in computed.iter().zip(&expected).enumerate() {
            let index = || format!("[step {step}]");
            let tolerance = self.tolerance();
            outcome.compare("losses", index, computed.loss, expected.loss, &tolerance);
            let (computed, expected) = (computed.count as f64, expected.count as f64);
            outcome.compare("counts", index, computed, expected, &Tolerance::EXACT);
        }
        // Adam divides by the gradient's own size: where that is rounding noise, so is the update.
        // Its parameters are held by the optimiser's own cases and, here, through the losses.
        if recipe.optimiser != Optimiser::Adam {
            let (computed, expected) = (trainer.state()?, reference.state());
            self.compare_arenas(&mut outcome, parameters, &computed.parameter, |i| {
                expected.parameter[i].into()
            });
            self.compare_arenas(&mut outcome, parameters, &computed.averaged, |i| {
                expected.averaged[i].into()
            });
        }
        Ok(outcome)
    }

    fn compare_arenas(
        &self,
        outcome: &mut Outcome,
        parameters: &Parameters,
        computed: &[f32],
        expected: impl Fn(usize) -> f64,
    ) {
        let tolerance = self.tolerance();
        for range in parameters.ranges() {
            for (i, place) in range.span().enumerate() {
                let index = || format!("[{i}]");
                let (computed, expected) = (computed[place].into(), expected(place));
                outcome.compare(&range.name, index, computed, expected, &tolerance);
            }
        }
    }
}
