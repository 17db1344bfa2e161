//! Trainers on the processor can be driven step by step, and are made from whole tasks only.

use std::panic::catch_unwind;

use crate::driving::{Workload, expect_same_as_run};
use lenet_gpu::cpu::CpuTrainer;
use lenet_gpu::reference::ReferenceTrainer;
use lenet_gpu::trainer::TrainingTask;

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

#[test]
fn tasks_whose_parts_do_not_belong_together_are_refused() {
    type Spoil = fn(&mut TrainingTask);
    let spoilt: [(&str, Spoil); 5] = [
        ("no seed", |task| task.seeds.clear()),
        ("a state less", |task| {
            task.states.pop();
        }),
        ("a step more", |task| task.states[1].step += 1),
        ("a weight less", |task| {
            task.states[1].parameter.pop();
        }),
        ("no moments", |task| task.states[0].second_moment.clear()),
    ];
    let workload = Workload::of(2);
    assert_eq!(workload.task().step(), 0);
    for (what, spoil) in spoilt {
        let made = catch_unwind(|| {
            let mut task = workload.task();
            spoil(&mut task);
            CpuTrainer::new(&task);
        });
        assert!(made.is_err(), "a task with {what} is taken");
    }
}
