//! A training step on an adapter: what it trains and what it is made from, whatever its plan; and the
//! buffers and launches of the layered plan.

use crate::model::Recipe;
use crate::trainer::TrainingTask;

use super::answers::Answers;
use super::batch::{Batch, BatchSource, ResidentData};
use super::groups::Batches;
use super::launch::Launches;
use super::metrics::MetricsRing;
use super::network::{Activations, Gradients, LayeredNetwork};
use super::preconditioner::Preconditioner;
use super::progress::Progress;
use super::rates::RatesRing;
use super::state::{Schedule, StateViews};
use super::teachers::Teachers;
use super::{Device, GpuError, View};

/// The buffers that every plan of a training step has.
pub(super) struct StepBuffers {
    /// The digits it is trained on.
    pub data: ResidentData,
    /// How far training is, and the rates of the next steps.
    pub schedule: Schedule,
    /// What is trained.
    pub state: StateViews,
    /// The metrics of the latest steps.
    pub ring: MetricsRing,
}

impl StepBuffers {
    /// The buffers of a step of `task`, with its data and states.
    pub fn new(device: &Device, task: &TrainingTask) -> Result<Self, GpuError> {
        Ok(Self {
            data: ResidentData::upload(device, task.data)?,
            schedule: Schedule {
                progress: Progress::upload(device, task.step(), &task.seeds)?,
                rates: RatesRing::holding(device, task.rates, task.step())?,
            },
            state: StateViews::upload(device, task.network, &task.states)?,
            ring: MetricsRing::new(device, task.seeds.len())?,
        })
    }
}

/// The buffers through which the layers of a step pass on what they compute.
pub(super) struct LayeredStep<'a> {
    network: &'a LayeredNetwork,
    field_side: usize,
    batch: Batch,
    activations: Activations,
    teachers: Option<Teachers>,
    gradients: Gradients,
    preconditioner: Option<Preconditioner>,
    losses: View,
}

impl<'a> LayeredStep<'a> {
    /// The buffers of a step of `task`, by the layers of `network`, which compute with the parameters
    /// that are trained.
    pub fn new(
        device: &Device,
        task: &TrainingTask,
        step: &StepBuffers,
        network: &'a LayeredNetwork,
    ) -> Result<Self, GpuError> {
        let batches = Batches {
            models: task.seeds.len(),
            size: task.recipe.batch,
        };
        let activations = Activations::new(device, task.network, batches)?;
        let gradient = device.zeros("gradient", step.state.arena_len() * size_of::<f32>())?;
        Ok(Self {
            field_side: task.network.input().height,
            batch: Batch::new(device, batches)?,
            gradients: Gradients::new(device, network, &activations, gradient)?,
            preconditioner: Preconditioner::new(device, task.network, task.recipe, &step.state)?,
            teachers: Teachers::new(device, task, &activations)?,
            losses: device.zeros("losses", batches.room() * size_of::<f32>())?,
            network,
            activations,
        })
    }

    /// The launches of one step of `recipe` on `step`.
    pub fn launches(&self, recipe: &Recipe, step: &StepBuffers) -> Launches {
        let source = BatchSource {
            data: &step.data,
            progress: &step.schedule.progress,
            shuffled: true,
            distortion: &recipe.distortion,
            field_side: self.field_side,
        };
        let (activations, gradients) = (&self.activations, &self.gradients);
        let answers = Answers {
            activations,
            batch: &self.batch,
            progress: &step.schedule.progress,
        };
        let mut launches = Launches::default();
        self.batch
            .push_assembly(&mut launches, &source, activations);
        self.network.push_forward(&mut launches, activations);
        let (loss, gradient, losses) = (&recipe.loss, gradients.penalties(), &self.losses);
        let launch = match &self.teachers {
            Some(teachers) => {
                teachers.push(&mut launches, recipe, &self.batch, &source, activations);
                answers.taught_loss(loss, teachers.targets(), gradient, losses)
            }
            None => answers.loss(loss, gradient, losses),
        };
        launches.section("loss");
        launches.push(launch);
        self.network
            .push_backward(&mut launches, activations, gradients);
        let (progress, gradient) = (&step.schedule.progress, gradients.parameters());
        if let Some(preconditioner) = &self.preconditioner {
            launches.section("preconditioning");
            preconditioner.push(&mut launches, progress, activations, &step.state, gradient);
        }
        launches.section("update");
        step.state
            .push_update(&mut launches, recipe, &step.schedule, gradient);
        launches.section("metrics");
        launches.push(answers.metrics(&recipe.loss, &self.losses, &step.ring));
        launches
    }
}
