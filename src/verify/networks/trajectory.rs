//! The losses of ten steps, and what they leave of the parameters and their moments, in f32.

use super::compare::compare_lengths;
use super::start::StartingPoint;
use super::subject::{Subject, Trained, train};
use crate::gpu::GpuError;
use crate::model::{Optimiser, Parameters, Range, StepMetrics, StepRates, TrainingState};
use crate::reference::ReferenceTrainer;
use crate::trainer::TrainingTask;
use crate::verify::compare::{Outcome, Tolerance};

const STEPS: usize = 10;
/// β₁ and β₂ of the recipe, for which the rates correct the moments.
const BETAS: (f32, f32) = (0.9, 0.99);

/// Of losses and parameters.
pub const TOLERANCE: Tolerance = Tolerance {
    absolute: 2e-4,
    relative: 2e-3,
    reason: "ten steps of the same, each starting from the last one's differences",
};

/// Of moments, with the root mean square of those of a layer's weights, or of its biases, as the unit of
/// the absolute part: gradients of different layers are of different sizes.
const OF_MOMENTS: Tolerance = Tolerance {
    absolute: 5e-3,
    relative: 5e-3,
    reason: "rounding of f32 through seven layers, in each of ten steps that build on each other",
};

/// Adam's first step is the sign of the gradient, and its next ones are divided by the gradient's size:
/// where that is all rounding, they are arbitrary. After ten steps, gradients are off by up to 6·10⁻⁴ of
/// the root mean square of those of their layer; those that were 10⁻² of it or more in the first step
/// are known well enough for all steps, which are divided by a mean that the first gradient is part of.
const DECIDED: f64 = 1e-2;
/// The share of the parameters for which that has to hold; it does for 98 %.
const MOST: f64 = 0.9;

/// Ten steps of training.
pub async fn run(subject: Subject<'_>, start: &StartingPoint) -> Result<Outcome, GpuError> {
    let rates = rates();
    let task = start.task(&start.recipe, &rates);
    let computed = subject.train(&task, STEPS).await?;
    let expected = Expected::of(&task).await;
    let mut outcome = Outcome::default();
    for (model, (state, measured)) in computed.iter().enumerate() {
        expected.compare_measured(&mut outcome, model, measured);
        expected.compare_state(&mut outcome, model, state);
    }
    compare_lengths(&mut outcome, "models", &computed, start.models.len());
    Ok(outcome)
}

fn rates() -> Vec<StepRates> {
    let correction = |beta: f32, step| 1.0 / (1.0 - beta.powi(step as i32 + 1));
    let of_step = |step| StepRates {
        rate: 0.002,
        first_correction: correction(BETAS.0, step),
        second_correction: correction(BETAS.1, step),
        average_share: 0.1,
    };
    (0..STEPS).map(of_step).collect()
}

/// What the reference makes of a task.
struct Expected {
    parameters: Parameters,
    trained: Vec<Trained>,
    /// Of every model, the places in its arenas of parameters that are not moved by rounding.
    decided: Vec<Vec<bool>>,
}

impl Expected {
    async fn of(task: &TrainingTask<'_>) -> Self {
        let after = async |steps| {
            let Ok(trained) = train(ReferenceTrainer::new(task.clone()), task, steps).await;
            trained
        };
        let parameters = Parameters::of(task.network);
        let of_model = |(state, _): &Trained| match task.recipe.optimiser {
            Optimiser::Adam => decided(&parameters, state),
            Optimiser::Sgd | Optimiser::Sdlm => vec![true; parameters.arena_len()],
        };
        Self {
            decided: after(1).await.iter().map(of_model).collect(),
            trained: after(STEPS).await,
            parameters,
        }
    }

    /// Compares what every step of a model measured.
    fn compare_measured(&self, outcome: &mut Outcome, model: usize, measured: &[StepMetrics]) {
        let (_, expected) = &self.trained[model];
        for (step, (computed, expected)) in measured.iter().zip(expected).enumerate() {
            let index = || format!("[step {step}]");
            outcome.compare("losses", index, computed.loss, expected.loss, &TOLERANCE);
            let (computed, expected) = (computed.count as f64, expected.count as f64);
            outcome.compare("counts", index, computed, expected, &Tolerance::EXACT);
        }
        compare_lengths(outcome, "losses", measured, expected.len());
    }

    /// Compares a model's state after all steps.
    fn compare_state(&self, outcome: &mut Outcome, model: usize, state: &TrainingState) {
        let (expected, _) = &self.trained[model];
        let arena = |name, of: fn(&TrainingState) -> &[f32]| Arena {
            name,
            computed: of(state),
            expected: of(expected),
        };
        let moments = [
            arena("first moments of ", |state| &state.first_moment),
            arena("second moments of ", |state| &state.second_moment),
        ];
        let parameters = [
            arena("", |state| &state.parameter),
            arena("averages of ", |state| &state.averaged),
        ];
        for range in self.parameters.ranges() {
            for arena in &moments {
                let unit = root_mean_square(&arena.expected[range.span()]);
                let tolerance = Tolerance {
                    absolute: OF_MOMENTS.absolute * unit,
                    ..OF_MOMENTS
                };
                arena.compare(outcome, range, range.span(), &tolerance);
            }
            for arena in &parameters {
                let decided = range.span().filter(|&place| self.decided[model][place]);
                arena.compare(outcome, range, decided, &TOLERANCE);
            }
        }
    }
}

/// An arena after all steps.
struct Arena<'a> {
    name: &'static str,
    computed: &'a [f32],
    expected: &'a [f32],
}

impl Arena<'_> {
    /// Compares the values at `places` of `range`.
    fn compare(
        &self,
        outcome: &mut Outcome,
        range: &Range,
        places: impl Iterator<Item = usize>,
        tolerance: &Tolerance,
    ) {
        let buffer = format!("{}{}", self.name, range.name);
        for place in places {
            let index = || format!("[{}]", place - range.offset);
            let (computed, expected) = (self.computed[place].into(), self.expected[place].into());
            outcome.compare(&buffer, index, computed, expected, tolerance);
        }
    }
}

/// The places of parameters whose gradient is more than rounding, given the state that the reference's
/// first step of Adam leaves.
///
/// # Panics
/// If these are not most of them.
fn decided(parameters: &Parameters, after_one: &TrainingState) -> Vec<bool> {
    // The first moment is a share of the gradient, the same of all.
    let gradient = &after_one.first_moment;
    let mut decided = vec![false; gradient.len()];
    let (mut count, mut all) = (0, 0);
    for range in parameters.ranges() {
        let least = DECIDED * root_mean_square(&gradient[range.span()]);
        for place in range.span() {
            decided[place] = f64::from(gradient[place].abs()) >= least;
            count += usize::from(decided[place]);
        }
        all += range.len();
    }
    let most = MOST * all as f64;
    assert!(
        count as f64 >= most,
        "{count} of {all} parameters have a gradient"
    );
    decided
}

fn root_mean_square(values: &[f32]) -> f64 {
    let squares = values.iter().map(|&value| f64::from(value).powi(2));
    (squares.sum::<f64>() / values.len() as f64).sqrt()
}

/// The harness must find what is wrong with an update, also where the losses do not show it.
#[cfg(test)]
mod negative_controls {
    use super::super::settings::PAPER;
    use super::*;
    use crate::platform::block_on;

    /// The training by the reference, after each step of which `spoil` changes the state, given the one
    /// before.
    fn train_with(
        task: &TrainingTask,
        spoil: fn(&TrainingState, &mut TrainingState),
    ) -> Vec<Trained> {
        let start = |state: &TrainingState| (state.clone(), Vec::new());
        let mut trained: Vec<Trained> = task.states.iter().map(start).collect();
        for _ in 0..STEPS {
            let task = TrainingTask {
                states: trained.iter().map(|(state, _)| state.clone()).collect(),
                ..task.clone()
            };
            let Ok(after) = block_on(train(ReferenceTrainer::new(task.clone()), &task, 1));
            for ((state, measured), (mut after, of_step)) in trained.iter_mut().zip(after) {
                spoil(state, &mut after);
                *state = after;
                measured.extend(of_step);
            }
        }
        trained
    }

    /// Outcomes of the losses alone, and of the states alone, where `spoil` changes them.
    fn outcomes_of(spoil: fn(&TrainingState, &mut TrainingState)) -> (Outcome, Outcome) {
        let start = StartingPoint::new(&PAPER.recipe(Optimiser::Adam, 16), 1);
        let rates = rates();
        let task = start.task(&start.recipe, &rates);
        let expected = block_on(Expected::of(&task));
        let (mut of_losses, mut of_states) = (Outcome::default(), Outcome::default());
        for (model, (state, measured)) in train_with(&task, spoil).iter().enumerate() {
            expected.compare_measured(&mut of_losses, model, measured);
            expected.compare_state(&mut of_states, model, state);
        }
        (of_losses, of_states)
    }

    #[test]
    fn the_right_update_passes() {
        let (of_losses, of_states) = outcomes_of(|_, _| ());
        assert!(of_losses.passed() && of_states.passed());
    }

    #[test]
    fn second_moments_that_never_decay_are_found_though_the_losses_are_right() {
        let (of_losses, of_states) = outcomes_of(|before, after| {
            let share = 1.0 - BETAS.1;
            for (v, before) in after.second_moment.iter_mut().zip(&before.second_moment) {
                *v += share * before;
            }
        });
        assert!(of_losses.passed(), "{of_losses:?}");
        assert!(of_states.off > 0);
    }

    #[test]
    fn parameters_that_are_left_out_are_found_though_the_losses_are_right() {
        let (of_losses, of_states) = outcomes_of(|before, after| {
            let parameters = after.parameter.iter_mut().zip(&before.parameter);
            for (w, &before) in parameters.skip(1).step_by(1000) {
                *w = before;
            }
        });
        assert!(of_losses.passed(), "{of_losses:?}");
        assert!(of_states.off > 0);
    }
}
