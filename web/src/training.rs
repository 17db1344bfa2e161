//! Training, as the visitor wishes.

use std::ops::ControlFlow;
use std::time::Duration;

use lenet_gpu::compute::Compute;
use lenet_gpu::data::Mnist;
use lenet_gpu::model::{Model, Network, PassTotals, TrainingState};
use lenet_gpu::train::{Course, Preset, TrainError, step_rates};
use lenet_gpu::trainer::TrainingTask;
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_time::Instant;

use crate::control::Control;
use crate::host::Host;
use crate::score::Answers;
use crate::values::{plain, training_failure};

/// How long steps are made before the worker's other messages get a turn. An adapter runs dry at the end,
/// so it is given more.
const TURN_OF_ADAPTER: Duration = Duration::from_millis(200);
const TURN_OF_PROCESSOR: Duration = Duration::from_millis(40);
/// From one look at the model to the next: each copies it from the adapter and sends eleven digits through
/// it.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);
/// Turns per second where the speed is limited.
const TURNS_PER_SECOND: f64 = 10.0;

/// What is trained, and how far it has got. A training goes on from here, on another device if need be.
#[derive(Clone)]
pub struct Progress {
    /// The recipe's name.
    pub preset: Preset,
    /// The seed of the weights and of the order of the digits.
    pub seed: u32,
    /// The state at the last look.
    pub state: TrainingState,
    /// What the unfinished pass had measured then.
    pub totals: PassTotals,
    /// Whether a pass was complete then, and its test digits are still to be answered.
    pub unscored: bool,
}

impl Progress {
    /// Before the first step.
    pub fn start(preset: Preset, seed: u32) -> Self {
        let recipe = preset.recipe();
        Self {
            preset,
            seed,
            state: TrainingState::start(&Network::of(recipe.choices), &recipe, seed),
            totals: PassTotals::default(),
            unscored: false,
        }
    }

    /// The model at the last look.
    pub fn model(&self) -> Model {
        let recipe = self.preset.recipe();
        Model::of_state(&Network::of(recipe.choices), &recipe, &self.state)
    }
}

/// What a few steps measured.
#[derive(Serialize)]
struct Measured {
    step: usize,
    pass: f64,
    /// Mean loss of the digits in these steps.
    loss: f64,
    /// The part of them that was answered wrongly, in per cent.
    error_percent: f64,
    count: usize,
    seconds: f64,
}

/// What a whole pass measured.
#[derive(Serialize)]
struct PassDone {
    pass: usize,
    loss: f64,
    train_error_percent: f64,
    samples_per_second: f64,
}

/// A training that is under way. `keep` is given what is to be kept at every look.
pub struct Training<'a> {
    pub compute: &'a Compute,
    pub digits: &'a Mnist,
    pub control: &'a Control,
    pub host: &'a Host,
    pub keep: &'a dyn Fn(Progress, &Model),
    pub scored: &'a dyn Fn(Answers),
}

impl Training<'_> {
    /// Trains on from `from` until it is done or is to stop. Returns whether it is done.
    ///
    /// # Errors
    /// If the adapter fails or training diverges.
    pub async fn run(&self, from: Progress) -> Result<bool, JsValue> {
        let recipe = from.preset.recipe();
        let network = Network::of(recipe.choices);
        let task = TrainingTask {
            network: &network,
            recipe: &recipe,
            rates: &step_rates(&recipe, self.digits.train.len()),
            data: &self.digits.train,
            seeds: vec![from.seed],
            states: vec![from.state.clone()],
            teachers: Vec::new(),
        };
        let course = Course::new(self.compute, &task, vec![from.totals]);
        let course = course.map_err(|error| training_failure(&error.into()))?;
        let mut run = Run {
            training: self,
            preset: from.preset,
            seed: from.seed,
            course,
            seconds_per_step: None,
            looked: Instant::now(),
        };
        if from.unscored {
            run.score(&from.model()).await?;
        }
        while !run.course.is_over() {
            let Some(most) = self.control.most(self.host).await else {
                return Ok(false);
            };
            run.turn(most).await?;
        }
        Ok(true)
    }
}

struct Run<'a, 'b> {
    training: &'a Training<'a>,
    preset: Preset,
    seed: u32,
    course: Course<'b>,
    /// Of the latest turn.
    seconds_per_step: Option<f64>,
    /// When the model was last looked at.
    looked: Instant,
}

impl Run<'_, '_> {
    /// Makes some steps, at most `most`, and shows what came of them.
    async fn turn(&mut self, most: usize) -> Result<(), JsValue> {
        let Training { control, host, .. } = *self.training;
        let before = self.course.totals()[0];
        let first = self.course.step();
        let began = Instant::now();
        let going_on = |_: &PassTotals| match control.interrupts() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let steps = self.steps_of_turn().min(most);
        let trained = self.course.train_pass(steps, going_on).await;
        trained.map_err(|error| training_failure(&error))?;
        let made = self.course.step() - first;
        let seconds = began.elapsed().as_secs_f64();
        if made > 0 {
            // The first turn compiles kernels.
            let compiled = first > 0 || self.seconds_per_step.is_some();
            self.seconds_per_step = Some(match compiled {
                true => seconds / made as f64,
                false => f64::INFINITY,
            });
            control.made(made);
            host.measured(plain(&self.measured(&before)));
        }
        let rests = control.interrupts();
        if self.course.is_between_passes() && made > 0 {
            self.pass_done().await?;
        } else if rests || self.looked.elapsed() >= BETWEEN_LOOKS {
            self.look(false).await?;
        }
        let limit = control.steps_per_second().filter(|_| !rests);
        let due = limit.map_or(0.0, |limit| made as f64 / limit);
        let early = due - began.elapsed().as_secs_f64();
        host.turn(1e3 * early.max(0.0)).await;
        Ok(())
    }

    fn steps_of_turn(&self) -> usize {
        if let Some(limit) = self.training.control.steps_per_second() {
            return (limit / TURNS_PER_SECOND).round().max(1.0) as usize;
        }
        let turn = match self.training.compute {
            Compute::Cpu => TURN_OF_PROCESSOR,
            Compute::Gpu(_) => TURN_OF_ADAPTER,
        };
        let steps = self
            .seconds_per_step
            .map_or(1.0, |seconds| turn.as_secs_f64() / seconds);
        (steps as usize).max(1)
    }

    fn measured(&self, before: &PassTotals) -> Measured {
        let now = self.course.totals()[0];
        let since = PassTotals {
            loss: now.loss - before.loss,
            errors: now.errors - before.errors,
            count: now.count - before.count,
            seconds: now.seconds - before.seconds,
        };
        let step = self.course.step();
        Measured {
            step,
            pass: step as f64 / self.course.steps_per_pass() as f64,
            loss: since.mean_loss(),
            error_percent: since.error_percent(),
            count: since.count,
            seconds: since.seconds,
        }
    }

    /// Keeps what there is now and lets the page see it.
    async fn look(&mut self, unscored: bool) -> Result<Model, JsValue> {
        let failure = |error: TrainError| training_failure(&error);
        let models = self.course.models().await;
        let mut models = models.map_err(|error| failure(error.into()))?;
        let pass = self.course.pass();
        let finite = self.course.ensure_finite_models(pass, &models);
        finite.map_err(|error| failure(error.into()))?;
        let (state, model) = models.remove(0);
        let progress = Progress {
            preset: self.preset,
            seed: self.seed,
            state,
            totals: self.course.totals()[0],
            unscored,
        };
        (self.training.keep)(progress, &model);
        self.looked = Instant::now();
        self.training.host.looked();
        Ok(model)
    }

    async fn pass_done(&mut self) -> Result<(), JsValue> {
        let totals = self.course.take_totals()[0];
        let model = self.look(true).await?;
        let Training { host, .. } = *self.training;
        host.pass_done(plain(&PassDone {
            pass: self.course.step() / self.course.steps_per_pass(),
            loss: totals.mean_loss(),
            train_error_percent: totals.error_percent(),
            samples_per_second: totals.count as f64 / totals.seconds,
        }));
        self.score(&model).await
    }

    /// Has the test digits answered.
    async fn score(&self, model: &Model) -> Result<(), JsValue> {
        let Training {
            compute,
            digits,
            host,
            ..
        } = *self.training;
        let answers = Answers::of(compute, model, &digits.test, host).await?;
        (self.training.scored)(answers);
        Ok(())
    }
}
