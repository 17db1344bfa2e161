//! The reference and the CPU path beside PyTorch in f64: penalties, gradients and ten steps of every
//! network.

use std::convert::Infallible;

use crate::fixtures::{Allowed, ComputePath, Fixture, NAMES, Problem, Trained, computed, train};
use clap::ValueEnum;
use lenet_gpu::cpu::{CpuTrainer, Level, evaluate_at_level};
use lenet_gpu::model::{Architecture, C3Connections, Head, LossKind, Optimiser, Subsampling};
use lenet_gpu::reference::{
    Activations, Real, ReferenceNetwork, ReferenceTrainer, batch, loss, optimiser,
};
use lenet_gpu::trainer::Rates;

/// Rounding of f64 alone, but that the program holds Adam's bias corrections of each step in f32, to 6
/// parts in 10⁸: as all values of a tensor are off alike, so much the more are their sums.
const IN_F64: Allowed = Allowed {
    adam: 1e-5,
    others: 1e-11,
};

// --- paths ---------------------------------------------------------------------------------------

/// The reference's operations and updates, in f64.
struct ReferenceInF64;

/// The reference's trainer, which computes in f32.
struct Reference;

/// The CPU path with the vectors of a level.
struct Cpu(Level);

impl ComputePath for ReferenceInF64 {
    type Real = f64;
    type Error = Infallible;

    fn penalties(&self, problem: &Problem) -> Result<Vec<f64>, Infallible> {
        Ok(penalties(problem))
    }

    fn train(&self, problem: &Problem, steps: usize) -> Result<Trained<f64>, Infallible> {
        let parameter: Vec<f64> = converted(&problem.start.parameter);
        let zeros = vec![0.0; parameter.len()];
        let mut trained = Trained {
            losses: Vec::new(),
            first_moment: zeros.clone(),
            second_moment: zeros,
            parameter,
        };
        for step in 0..steps {
            let (loss, gradient) = mean_loss(problem, step, &trained.parameter);
            trained.losses.push(loss);
            update(problem, step, &gradient, &mut trained);
        }
        Ok(trained)
    }
}

impl ComputePath for Reference {
    type Real = f32;
    type Error = Infallible;

    fn penalties(&self, problem: &Problem) -> Result<Vec<f32>, Infallible> {
        Ok(penalties(problem))
    }

    fn train(&self, problem: &Problem, steps: usize) -> Result<Trained<f32>, Infallible> {
        train(ReferenceTrainer::new(problem.task()), steps)
    }
}

impl ComputePath for Cpu {
    type Real = f32;
    type Error = Infallible;

    fn penalties(&self, problem: &Problem) -> Result<Vec<f32>, Infallible> {
        let (network, arena) = (&problem.network, &problem.start.parameter);
        let digits = problem.first_batch();
        Ok(evaluate_at_level(
            self.0,
            network,
            arena,
            &digits,
            digits.len(),
        ))
    }

    fn train(&self, problem: &Problem, steps: usize) -> Result<Trained<f32>, Infallible> {
        train(CpuTrainer::at_level(self.0, &problem.task()), steps)
    }
}

fn converted<T: Real>(values: &[f32]) -> Vec<T> {
    values.iter().map(|&value| T::of(value.into())).collect()
}

/// The reference's penalties [n,class] of the first batch.
fn penalties<T: Real>(problem: &Problem) -> Vec<T> {
    let network = ReferenceNetwork::new(&problem.network);
    let arena = converted(&problem.start.parameter);
    let mut activations = Activations::new(&problem.network);
    let mut penalties = Vec::new();
    let digits = problem.first_batch();
    for digit in 0..digits.len() {
        batch::assemble(digits.image(digit), activations.input_mut());
        network.forward(&arena, &mut activations);
        penalties.extend_from_slice(activations.penalties());
    }
    penalties
}

/// The mean loss of the batch of step `step`, and its gradient.
fn mean_loss(problem: &Problem, step: usize, arena: &[f64]) -> (f64, Vec<f64>) {
    let network = ReferenceNetwork::new(&problem.network);
    let mut activations = Activations::new(&problem.network);
    let (mut sum, mut gradient) = (0.0, vec![0.0; arena.len()]);
    let (recipe, digits) = (&problem.recipe, &problem.digits);
    let count = recipe.batch;
    for digit in step * count..(step + 1) * count {
        batch::assemble(digits.image(digit), activations.input_mut());
        network.forward(arena, &mut activations);
        let (y, dy) = activations.penalties_and_gradient();
        sum += loss::forward(&recipe.loss, y, digits.labels()[digit].into(), count, dy);
        network.backward(arena, &mut activations, &mut gradient);
    }
    (sum / count as f64, gradient)
}

/// The update of step `step`.
fn update(problem: &Problem, step: usize, gradient: &[f64], trained: &mut Trained<f64>) {
    let constants = optimiser::Constants::of(&problem.recipe);
    let rates = &problem.rates.at(step);
    let Trained {
        parameter,
        first_moment,
        second_moment,
        ..
    } = trained;
    match problem.recipe.optimiser {
        Optimiser::Adam => optimiser::adam(
            &constants,
            rates,
            gradient,
            first_moment,
            second_moment,
            parameter,
        ),
        _ => optimiser::sgd(&constants, rates, gradient, first_moment, parameter),
    }
}

// --- tests ---------------------------------------------------------------------------------------

/// Holds a path against every fixture.
#[track_caller]
fn check<P: ComputePath<Error = Infallible>>(path: &P, allowed: &Allowed) {
    for name in NAMES {
        let fixture = Fixture::load(name);
        let Ok(computed) = computed(path, &fixture);
        if let Err(off) = fixture.compare(&computed, allowed) {
            panic!("{name}:\n{off}");
        }
    }
}

#[test]
fn the_reference_in_f64() {
    check(&ReferenceInF64, &IN_F64);
}

#[test]
fn the_reference_in_f32() {
    check(&Reference, &Allowed::IN_F32);
}

#[test]
fn the_cpu_path_at_every_level() {
    for level in Level::available() {
        println!("{}", level.name());
        check(&Cpu(level), &Allowed::IN_F32);
    }
}

/// One wrong number, in any tensor or sum of a fixture.
#[test]
fn a_fixture_with_a_wrong_number_is_found() {
    const NAME: &str = "lenet-1";
    let right = Fixture::load(NAME);
    let Ok(computed) = computed(&ReferenceInF64, &right);
    for name in right.tensors.keys() {
        let mut wrong = Fixture::load(NAME);
        let values = wrong.tensors.get_mut(name).unwrap();
        *values.last_mut().unwrap() += 1.0;
        let off = wrong.compare(&computed, &IN_F64).unwrap_err();
        let tensor = name.trim_end_matches(".sums");
        assert!(off.starts_with(tensor) && off.lines().count() == 1, "{off}");
    }
}

/// A single fault of the program at a place that is not recorded.
#[test]
fn a_fault_between_the_recorded_places_is_found() {
    const TENSOR: &str = "gradient.C5.weight";
    let fixture = Fixture::load("paper");
    let Ok(mut computed) = computed(&ReferenceInF64, &fixture);
    let values = computed.get_mut(TENSOR).unwrap();
    assert!(fixture.tensors[TENSOR].len() < values.len());
    // Places 0 and 61 are recorded.
    values[1] *= 1.001;
    let off = fixture.compare(&computed, &IN_F64).unwrap_err();
    assert!(off.starts_with(TENSOR) && off.contains("summed"), "{off}");
}

#[test]
fn the_fixtures_use_every_choice() {
    let fixtures = NAMES.map(Fixture::load);
    fn expect_all<T: ValueEnum + PartialEq>(used: [T; NAMES.len()]) {
        let missing = |variant: &&T| !used.contains(variant);
        assert_eq!(T::value_variants().iter().filter(missing).count(), 0);
    }
    let choices = fixtures
        .each_ref()
        .map(|fixture| fixture.description.choices);
    expect_all::<Architecture>(choices.map(|choices| choices.architecture));
    expect_all::<Subsampling>(choices.map(|choices| choices.subsampling));
    expect_all::<C3Connections>(choices.map(|choices| choices.c3));
    expect_all::<Head>(choices.map(|choices| choices.head));
    expect_all::<LossKind>(
        fixtures
            .each_ref()
            .map(|fixture| fixture.description.loss.kind),
    );
}
