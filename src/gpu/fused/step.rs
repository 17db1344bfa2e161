//! The buffers and the launches of a fused step.

use crate::gpu::launch::{Launch, Launches};
use crate::gpu::metrics::MetricsRing;
use crate::gpu::rates::RatesRing;
use crate::gpu::step::StepBuffers;
use crate::gpu::{Batches, Device, GpuError, View, kernels};
use crate::trainer::TrainingTask;

use super::layout::FusedLayout;
use super::tables::{ranges_table, tables};

/// Words of the shaders' `Now`.
pub const NOW_WORDS: usize = 6;

/// What the two kernels of a fused step pass on, and what they look up.
pub struct FusedStep {
    layout: FusedLayout,
    tables: View,
    ranges: View,
    work: View,
    now: View,
}

impl FusedStep {
    /// The buffers of a step of `task`.
    pub fn new(device: &Device, task: &TrainingTask) -> Result<Self, GpuError> {
        let (models, network) = (task.seeds.len(), task.network);
        let batches = Batches {
            models,
            size: task.recipe.batch,
        };
        let layout = FusedLayout::new(network, batches, device.variant().fused_block);
        let work = models * layout.work() * size_of::<f32>();
        Ok(Self {
            tables: device.upload("tables", &tables(network, &layout, RatesRing::STEPS))?,
            ranges: device.upload("ranges", &ranges_table(network, &layout))?,
            work: device.zeros("records of samples", work)?,
            now: device.zeros("step", models * NOW_WORDS * size_of::<u32>())?,
            layout,
        })
    }

    /// The launches of one step of `task` on `step`.
    pub fn launches(&self, task: &TrainingTask, step: &StepBuffers) -> Launches {
        let (layout, network, recipe) = (&self.layout, task.network, task.recipe);
        let (data, state, schedule) = (&step.data, &step.state, &step.schedule);
        let mut launches = Launches::default();
        launches.section("samples");
        launches.push(Launch::new(
            kernels::fused_sample::forward_backward(network, recipe, layout, data.samples),
            [
                ("progress", &schedule.progress.view),
                ("data_labels", &data.labels),
                ("images", &data.images),
                ("rates", &schedule.rates.view),
                ("parameter", &state.parameter),
                ("parameter_quads", &state.parameter),
                ("tables", &self.tables),
                ("work", &self.work),
                ("now", &self.now),
            ],
        ));
        launches.section("update");
        launches.push(Launch::new(
            kernels::fused_update::update(network, recipe, layout, MetricsRing::STEPS),
            [
                ("ranges", &self.ranges),
                ("now", &self.now),
                ("work", &self.work),
                ("first_moment", &state.first_moment),
                ("second_moment", &state.second_moment),
                ("parameter", &state.parameter),
                ("averaged", &state.averaged),
                ("progress", &schedule.progress.view),
                ("ring", &step.ring.view),
            ],
        ));
        launches
    }
}
