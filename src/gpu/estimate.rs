//! The estimate of second derivatives that SDLM makes before each pass, as a plan of its own.

use crate::model::{DIGITS, Recipe};

use super::evaluator::{BatchViews, ResidentData};
use super::groups::Batches;
use super::kernels::{self, batch::BatchShape};
use super::network::{Activations, Curvatures, ForwardPass, NetworkTables};
use super::progress::Progress;
use super::{Device, GpuError, Plan, View};

/// Mean second derivatives of every model's loss over some samples of a pass: its first ones, in the
/// model's own order of the pass and with its distortions.
pub(super) struct Estimate {
    plan: Plan,
    progress: View,
    seeds: Vec<u32>,
    /// Batches of the estimate's size in a pass: the first of them is where a pass starts.
    batches_per_pass: usize,
}

impl Estimate {
    /// An estimate under the parameters in `arena` that is left in `curvature`, both arenas.
    pub fn new(
        device: &Device,
        tables: &NetworkTables,
        recipe: &Recipe,
        data: &ResidentData,
        seeds: &[u32],
        arena: &View,
        curvature: &View,
    ) -> Result<Self, GpuError> {
        let batch = recipe.estimate_samples.min(data.samples);
        let batches = Batches {
            models: seeds.len(),
            size: batch,
        };
        let room = batches.room();
        let activations = Activations::new(device, &tables.network, batches)?;
        let curvatures = Curvatures::new(device, &tables.network, batches)?;
        let penalty_gradient = device.zeros("gradient", room * DIGITS * size_of::<f32>())?;
        let losses = device.zeros("losses", room * size_of::<f32>())?;
        let progress = device.upload("progress", &Progress::at(0, seeds))?;

        let mut plan = Plan::default();
        let batch_views = BatchViews::new(device, batches)?;
        let shape = BatchShape {
            batches,
            samples: data.samples,
            versions: recipe.distortion.versions(),
            shuffle: true,
            field_side: tables.network.input().height,
        };
        batch_views.push_assembly(
            device,
            &mut plan,
            shape,
            data,
            &progress,
            &activations.input,
            &recipe.distortion,
        )?;
        tables.push_forward(device, &mut plan, arena, batches, &activations)?;
        let penalties = [
            ("penalties", activations.penalties()),
            ("labels", &batch_views.labels),
            ("progress", &progress),
        ];
        let gradient = [("gradient", &penalty_gradient), ("losses", &losses)];
        plan.push(
            device,
            kernels::loss::forward(&recipe.loss, room, DIGITS),
            &[&penalties[..], &gradient].concat(),
        )?;
        // Without a kernel, as for eq. 8, the second derivatives with respect to the penalties stay 0.
        if let Some(kernel) = kernels::loss::second(&recipe.loss, room, DIGITS) {
            let second = [("curvature", curvatures.penalties())];
            plan.push(device, kernel, &[&penalties[..], &second].concat())?;
        }
        let measured = ForwardPass {
            batches,
            activations: &activations,
            penalty_gradient: &penalty_gradient,
        };
        tables.push_second_backward(device, &mut plan, arena, &measured, &curvatures, curvature)?;
        Ok(Self {
            plan,
            progress,
            seeds: seeds.to_vec(),
            batches_per_pass: data.samples.div_ceil(batch),
        })
    }

    /// Makes the estimates for pass `pass`, from 0, and waits for it.
    pub fn run(&self, device: &Device, pass: usize) -> Result<(), GpuError> {
        let step = pass * self.batches_per_pass;
        device.write(&self.progress, &Progress::at(step, &self.seeds));
        self.plan.run(device)
    }
}
