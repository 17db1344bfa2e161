//! The adapter beside PyTorch in f64: penalties, gradients and ten steps of every network.

use crate::adapter::adapter_test;
use crate::fixtures::{Allowed, ComputePath, Fixture, NAMES, Problem, Trained, computed, train};
use lenet_gpu::block_on;
use lenet_gpu::gpu::{Device, Evaluator, GpuError, GpuTrainer, StepPlan};
use libtest_mimic::{Completion, Trial};

pub fn tests() -> Vec<Trial> {
    let by_plans =
        |name| [StepPlan::Layered, StepPlan::Fused].map(|plan| as_in_pytorch(name, plan));
    NAMES.into_iter().flat_map(by_plans).collect()
}

fn as_in_pytorch(name: &'static str, plan: StepPlan) -> Trial {
    adapter_test(format!("{name} as in PyTorch, {plan}"), move |device| {
        let device = device.with_variant(device.variant().by_plan(plan));
        let fixture = Fixture::load(name);
        let computed = computed(&Adapter(&device), &fixture)?;
        fixture.compare(&computed, &Allowed::IN_F32)?;
        Ok(Completion::Completed)
    })
}

/// An adapter.
struct Adapter<'a>(&'a Device);

impl ComputePath for Adapter<'_> {
    type Real = f32;
    type Error = GpuError;

    fn penalties(&self, problem: &Problem) -> Result<Vec<f32>, GpuError> {
        let (network, arena) = (&problem.network, &problem.start.parameter);
        let digits = problem.first_batch();
        let evaluator = Evaluator::new(self.0, network, arena, &digits, digits.len())?;
        block_on(evaluator.penalties(self.0))
    }

    fn train(&self, problem: &Problem, steps: usize) -> Result<Trained<f32>, GpuError> {
        train(GpuTrainer::new(self.0, &problem.task())?, steps)
    }
}
