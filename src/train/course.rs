//! The loop over the passes of a training, in memory and in a folder alike.

use std::mem::replace;
use std::ops::ControlFlow;

use super::{Divergence, TrainError};
use crate::compute::{AnyTrainer, Classifier, Compute};
use crate::gpu::GpuError;
use crate::model::{Model, Network, PassTotals, Recipe, TrainingState};
use crate::platform::Instant;
use crate::trainer::{Trainer, TrainingTask};

/// The models of a [`TrainingTask`] on their way through its passes: what a training does besides its
/// steps, so that whoever shows one decides when to stop, look and go on.
///
/// ```
/// # use std::ops::ControlFlow;
/// # use lenet_gpu::compute::Compute;
/// # use lenet_gpu::data::Dataset;
/// # use lenet_gpu::model::{Network, PassTotals, TrainingState};
/// # use lenet_gpu::train::{Course, Preset, step_rates};
/// # use lenet_gpu::trainer::TrainingTask;
/// # let data = Dataset::new(vec![0; 256 * 784], vec![0; 256])?;
/// let recipe = Preset::Default.recipe();
/// let network = Network::of(recipe.choices);
/// let task = TrainingTask {
///     network: &network,
///     recipe: &recipe,
///     rates: &step_rates(&recipe, data.len()),
///     data: &data,
///     seeds: vec![0],
///     states: vec![TrainingState::start(&network, &recipe, 0)],
///     teachers: Vec::new(),
/// };
/// let mut course = Course::new(&Compute::Cpu, &task, vec![PassTotals::default()])?;
/// lenet_gpu::block_on(async {
///     while !course.is_over() {
///         // At most three steps at a time; the end of a pass comes sooner.
///         course.train_pass(3, |_| ControlFlow::Continue(())).await?;
///         println!("{} steps, loss {:.3}", course.step(), course.totals()[0].mean_loss());
///         if course.is_between_passes() {
///             course.take_totals();
///         }
///     }
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Course<'a> {
    trainer: AnyTrainer<'a>,
    network: &'a Network,
    recipe: &'a Recipe,
    seeds: Vec<u32>,
    steps: usize,
    steps_per_pass: usize,
    step: usize,
    totals: Vec<PassTotals>,
    ahead: Option<Ahead>,
}

/// What of a pass was begun before it was waited for.
struct Ahead {
    steps: usize,
    /// When the adapter had nothing but the pass to do.
    since: Instant,
}

impl<'a> Course<'a> {
    /// Continues `task`; `totals` is what the unfinished pass of each model has measured so far.
    ///
    /// # Errors
    /// If the adapter has no room for it.
    pub fn new(
        compute: &'a Compute,
        task: &TrainingTask<'a>,
        totals: Vec<PassTotals>,
    ) -> Result<Self, GpuError> {
        Ok(Self {
            trainer: compute.trainer(task)?,
            network: task.network,
            recipe: task.recipe,
            seeds: task.seeds.clone(),
            steps: task.rates.steps(),
            steps_per_pass: task.data.len().div_ceil(task.recipe.batch),
            step: task.step(),
            totals,
            ahead: None,
        })
    }

    /// Whether all passes are done.
    pub fn is_over(&self) -> bool {
        self.step >= self.steps
    }

    /// The pass of the next step, from 1.
    pub fn pass(&self) -> usize {
        self.step / self.steps_per_pass + 1
    }

    /// Whether no pass is begun and incomplete.
    pub fn is_between_passes(&self) -> bool {
        self.step.is_multiple_of(self.steps_per_pass)
    }

    /// Steps of a pass.
    pub fn steps_per_pass(&self) -> usize {
        self.steps_per_pass
    }

    /// Steps made so far.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Trains to the end of the pass, but at most `most` steps or those that were begun ahead, or until
    /// `report` breaks: it is given what all models together have measured in the pass, again and again.
    /// Returns whether it got there.
    ///
    /// # Errors
    /// If the adapter fails or a loss is no longer finite.
    pub async fn train_pass(
        &mut self,
        most: usize,
        mut report: impl FnMut(&PassTotals) -> ControlFlow<()>,
    ) -> Result<bool, TrainError> {
        let (pass, models) = (self.pass(), self.seeds.len());
        let to_end = pass * self.steps_per_pass - self.step;
        let ahead = self.ahead.as_ref().map_or(0, |ahead| ahead.steps);
        let left = to_end.min(most.max(ahead));
        let seconds_before = self.totals[0].seconds;
        let Ahead {
            steps: begun,
            since: started,
        } = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.start_pass(to_end).await?,
        };
        let (totals, mut done) = (&mut self.totals, 0);
        let training = self.trainer.run(left - begun, |metrics| {
            let seconds = seconds_before + started.elapsed().as_secs_f64();
            for step in metrics.chunks(models) {
                for (totals, metrics) in totals.iter_mut().zip(step) {
                    totals.add(metrics);
                }
            }
            totals
                .iter_mut()
                .for_each(|totals| totals.seconds = seconds);
            done += metrics.len() / models;
            let together = PassTotals::of_all(totals.iter());
            let wish = report(&together);
            // A loss that is NaN never gets better.
            match together.loss.is_finite() {
                true => wish,
                false => ControlFlow::Break(()),
            }
        });
        training.await?;
        for (model, totals) in self.totals.iter().enumerate() {
            self.ensure_finite(model, pass, totals.loss)?;
        }
        self.step += done;
        Ok(done == left)
    }

    /// What is due before the first of the `left` steps that are left of a pass.
    async fn start_pass(&mut self, left: usize) -> Result<Ahead, GpuError> {
        let since = Instant::now();
        if left == self.steps_per_pass {
            self.trainer.estimate_second_derivatives().await?;
        }
        Ok(Ahead { steps: 0, since })
    }

    /// Begins the next pass, if there is one, after what the trainer was asked for: so an adapter has
    /// something to do while the host finishes the last pass. The processor is the host, and does one
    /// thing after the other.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn begin_ahead(&mut self) -> Result<(), GpuError> {
        if self.is_over() || !self.trainer.works_ahead() {
            return Ok(());
        }
        let mut ahead = self.start_pass(self.steps_per_pass).await?;
        loop {
            match self.trainer.begin_ahead(self.steps_per_pass - ahead.steps) {
                0 => break,
                begun => ahead.steps += begun,
            }
        }
        self.ahead = Some(ahead);
        Ok(())
    }

    /// Waits for what the trainer was asked for before the pass that was begun ahead, if any: that
    /// one's time counts from then.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn arrival<T>(
        &mut self,
        asked: impl Future<Output = Result<T, GpuError>>,
    ) -> Result<T, GpuError> {
        let arrived = asked.await?;
        if let Some(ahead) = &mut self.ahead {
            ahead.since = Instant::now();
        }
        Ok(arrived)
    }

    /// What each model has measured in the pass that is not complete.
    pub fn totals(&self) -> &[PassTotals] {
        &self.totals
    }

    /// What each model has measured in the pass that is complete. The next one measures from 0.
    pub fn take_totals(&mut self) -> Vec<PassTotals> {
        let from_0 = vec![PassTotals::default(); self.totals.len()];
        replace(&mut self.totals, from_0)
    }

    /// Asks for the states after the updates so far, each with the model in it, in the order of the
    /// seeds.
    ///
    /// # Errors
    /// If the adapter fails.
    pub fn models(
        &self,
    ) -> impl Future<Output = Result<Vec<(TrainingState, Model)>, GpuError>> + use<'a> {
        let (network, recipe) = (self.network, self.recipe);
        let states = self.trainer.states();
        async move {
            let with_model = |state: TrainingState| {
                let model = Model::of_state(network, recipe, &state);
                (state, model)
            };
            Ok(states.await?.into_iter().map(with_model).collect())
        }
    }

    /// Asks for the penalties [n,class] that each model gives every picture of `watched`, after the
    /// updates so far.
    ///
    /// # Errors
    /// If the adapter fails.
    pub fn penalties(
        &self,
        watched: &Classifier<'a>,
    ) -> impl Future<Output = Result<Vec<Vec<f32>>, GpuError>> + use<'a> {
        let models = 0..self.seeds.len();
        let asked: Vec<_> = models
            .map(|model| self.trainer.penalties(model, watched))
            .collect();
        async move {
            let mut penalties = Vec::new();
            for asked in asked {
                penalties.push(asked.await?);
            }
            Ok(penalties)
        }
    }

    /// Fails if a parameter of `models`, those after pass `pass`, is no longer finite.
    ///
    /// # Errors
    /// With the first model of which one is not.
    pub fn ensure_finite_models(
        &self,
        pass: usize,
        models: &[(TrainingState, Model)],
    ) -> Result<(), Divergence> {
        for (place, (_, model)) in models.iter().enumerate() {
            let sum = model.arena.iter().map(|&value| f64::from(value)).sum();
            self.ensure_finite(place, pass, sum)?;
        }
        Ok(())
    }

    fn ensure_finite(&self, model: usize, pass: usize, loss: f64) -> Result<(), Divergence> {
        match loss.is_finite() {
            true => Ok(()),
            false => Err(Divergence {
                seed: self.seeds[model],
                pass,
                loss,
                rate: self.recipe.rate,
                loss_scale: self.recipe.loss.scale,
            }),
        }
    }
}
