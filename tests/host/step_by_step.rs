//! Trainers on the processor can be driven step by step.

use crate::driving::{Workload, expect_same_as_run};
use lenet_gpu::cpu::CpuTrainer;
use lenet_gpu::reference::ReferenceTrainer;

#[test]
fn the_cpu_path_is_driven_step_by_step() {
    for models in [1, 3] {
        let workload = Workload::of(models);
        let trainer = || Ok(CpuTrainer::new(&workload.task()));
        let Ok(()) = expect_same_as_run(&workload, trainer);
    }
}

#[test]
fn the_reference_is_driven_step_by_step() {
    for models in [1, 3] {
        let workload = Workload::of(models);
        let trainer = || Ok(ReferenceTrainer::new(workload.task()));
        let Ok(()) = expect_same_as_run(&workload, trainer);
    }
}
