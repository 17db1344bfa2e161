//! A training step on an adapter: its buffers and its launches.

use crate::model::Recipe;
use crate::trainer::TrainingTask;

use super::answers::Answers;
use super::batch::{Batch, BatchSource, ResidentData};
use super::groups::Batches;
use super::launch::Launches;
use super::metrics::MetricsRing;
use super::network::{Activations, Gradients, LayeredNetwork};
use super::progress::Progress;
use super::rates::RatesRing;
use super::state::{Schedule, StateViews};
use super::{Device, GpuError, View};

/// The buffers of a training step.
pub(super) struct StepBuffers {
    /// The digits it is trained on.
    pub data: ResidentData,
    /// How far training is, and the rates of the next steps.
    pub schedule: Schedule,
    /// What is trained.
    pub state: StateViews,
    /// The layers, which compute with the parameters of the state.
    pub network: LayeredNetwork,
    /// The metrics of the latest steps.
    pub ring: MetricsRing,
    field_side: usize,
    batch: Batch,
    activations: Activations,
    gradients: Gradients,
    losses: View,
}

impl StepBuffers {
    /// The buffers of a step of `task`, with its data and states.
    pub fn new(device: &Device, task: &TrainingTask) -> Result<Self, GpuError> {
        let models = task.seeds.len();
        let batches = Batches {
            models,
            size: task.recipe.batch,
        };
        let state = StateViews::upload(device, task.network, &task.states)?;
        let network = LayeredNetwork::new(device, task.network, &state.parameter, models)?;
        let activations = Activations::new(device, task.network, batches)?;
        let gradient = device.zeros("gradient", state.arena_len() * size_of::<f32>())?;
        Ok(Self {
            data: ResidentData::upload(device, task.data)?,
            schedule: Schedule {
                progress: Progress::upload(device, task.step(), &task.seeds)?,
                rates: RatesRing::holding(device, task.rates, task.step())?,
            },
            ring: MetricsRing::new(device, models)?,
            field_side: task.network.input().height,
            batch: Batch::new(device, batches)?,
            gradients: Gradients::new(device, &network, &activations, gradient)?,
            losses: device.zeros("losses", batches.room() * size_of::<f32>())?,
            state,
            network,
            activations,
        })
    }

    /// The launches of one step of `recipe`.
    pub fn launches(&self, recipe: &Recipe) -> Launches {
        let source = BatchSource {
            data: &self.data,
            progress: &self.schedule.progress,
            shuffled: true,
            distortion: &recipe.distortion,
            field_side: self.field_side,
        };
        let (activations, gradients) = (&self.activations, &self.gradients);
        let answers = Answers {
            activations,
            batch: &self.batch,
            progress: &self.schedule.progress,
        };
        let mut launches = Launches::default();
        self.batch
            .push_assembly(&mut launches, &source, activations);
        self.network.push_forward(&mut launches, activations);
        launches.section("loss");
        launches.push(answers.loss(&recipe.loss, gradients.penalties(), &self.losses));
        self.network
            .push_backward(&mut launches, activations, gradients);
        launches.section("update");
        self.state.push_update(
            &mut launches,
            recipe,
            &self.schedule,
            gradients.parameters(),
        );
        launches.section("metrics");
        launches.push(answers.metrics(&self.losses, &self.ring));
        launches
    }
}
