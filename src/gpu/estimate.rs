//! The estimate of second derivatives that SDLM makes before each pass: a plan of its own.

use crate::trainer::TrainingTask;

use super::answers::Answers;
use super::batch::{Batch, BatchSource};
use super::groups::Batches;
use super::launch::Launches;
use super::network::{Activations, Curvatures, LayeredNetwork};
use super::progress::Progress;
use super::step::StepBuffers;
use super::{Device, GpuError, Plan};

/// Mean second derivatives of every model's loss over some samples of a pass: its first ones, in
/// the model's own order of the pass and with its distortions.
pub(super) struct Estimate {
    plan: Plan,
    progress: Progress,
    /// Batches of the estimate's size in a pass: the first of them is where a pass starts.
    batches_per_pass: usize,
}

impl Estimate {
    /// The estimate for `task`, whose steps use `step`: under the parameters there, by `layers`, on the
    /// data there. It is left in place of the second moments.
    pub fn new(
        device: &Device,
        task: &TrainingTask,
        step: &StepBuffers,
        layers: &LayeredNetwork,
    ) -> Result<Self, GpuError> {
        let (network, recipe) = (task.network, task.recipe);
        let size = recipe.estimate_samples.min(step.data.samples);
        let batches = Batches {
            models: task.seeds.len(),
            size,
        };
        let progress = Progress::upload(device, 0, &task.seeds)?;
        let batch = Batch::new(device, batches)?;
        let activations = Activations::new(device, network, batches)?;
        let curvature = step.state.second_moment.clone();
        let curvatures = Curvatures::new(device, layers, &activations, curvature)?;
        let losses = device.zeros("losses", batches.room() * size_of::<f32>())?;

        let source = BatchSource {
            data: &step.data,
            progress: &progress,
            shuffled: true,
            distortion: &recipe.distortion,
            field_side: network.input().height,
        };
        let answers = Answers {
            activations: &activations,
            batch: &batch,
            progress: &progress,
        };
        let mut launches = Launches::default();
        batch.push_assembly(&mut launches, &source, &activations);
        layers.push_forward(&mut launches, &activations);
        launches.push(answers.loss(&recipe.loss, &curvatures.penalty_gradient, &losses));
        if let Some(launch) = answers.second_loss(&recipe.loss, curvatures.penalties()) {
            launches.push(launch);
        }
        layers.push_second_backward(&mut launches, &activations, &curvatures);
        Ok(Self {
            plan: Plan::of(device, launches)?,
            progress,
            batches_per_pass: step.data.samples.div_ceil(size),
        })
    }

    /// Makes the estimates for pass `pass`, counted from 0, and waits for them.
    pub async fn run(&self, device: &Device, pass: usize) -> Result<(), GpuError> {
        self.progress.go_to(device, pass * self.batches_per_pass);
        self.plan.run(device).await
    }
}
