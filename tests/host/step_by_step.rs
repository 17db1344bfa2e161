//! Trainers on the processor can be driven step by step, and are made from whole tasks only.

use std::panic::catch_unwind;
use std::sync::LazyLock;

use crate::driving::{Workload, expect_same_as_run, expect_states_after_begun};
use lenet_gpu::cpu::CpuTrainer;
use lenet_gpu::data::Dataset;
use lenet_gpu::model::{Choices, Head, Network, Recipe, StepRates};
use lenet_gpu::reference::ReferenceTrainer;
use lenet_gpu::trainer::TrainingTask;

#[test]
fn the_cpu_path_is_driven_step_by_step() {
    for models in [1, 3] {
        let workload = Workload::of(models);
        let trainer = || Ok(CpuTrainer::new(&workload.task()));
        let Ok(()) = expect_same_as_run(&workload, trainer);
        let Ok(()) = expect_states_after_begun(CpuTrainer::new(&workload.task()));
    }
}

#[test]
fn the_reference_is_driven_step_by_step() {
    for models in [1, 3] {
        let workload = Workload::of(models);
        let trainer = || Ok(ReferenceTrainer::new(workload.task()));
        let Ok(()) = expect_same_as_run(&workload, trainer);
        let Ok(()) = expect_states_after_begun(ReferenceTrainer::new(workload.task()));
    }
}

static LENET_1: LazyLock<Network> = LazyLock::new(|| Network::of(Choices::lenet1()));
static NO_RATES: [StepRates; 0] = [];
static NO_DIGITS: LazyLock<Dataset> =
    LazyLock::new(|| Dataset::new(Vec::new(), Vec::new()).expect("nothing is wrong with it"));

#[test]
#[should_panic(expected = "choices.head")]
fn networks_of_choices_that_do_not_fit_together_are_not_made() {
    Network::of(Choices {
        head: Head::Rbf,
        ..Choices::lenet1()
    });
}

#[test]
fn recipes_that_make_no_sense_are_refused() {
    let workload = Workload::of(1);
    let recipe = Recipe {
        batch: 0,
        ..workload.task().recipe.clone()
    };
    let made = catch_unwind(|| {
        let mut task = workload.task();
        task.recipe = &recipe;
        CpuTrainer::new(&task);
    });
    assert!(made.is_err(), "an empty batch is taken");
}

#[test]
fn tasks_whose_parts_do_not_belong_together_are_refused() {
    type Spoil = fn(&mut TrainingTask);
    let spoilt: [(&str, Spoil); 8] = [
        ("no seed", |task| task.seeds.clear()),
        ("a state less", |task| {
            task.states.pop();
        }),
        ("a step more", |task| task.states[1].step += 1),
        ("a weight less", |task| {
            task.states[1].parameter.pop();
        }),
        ("no moments", |task| task.states[0].second_moment.clear()),
        ("no rates", |task| task.rates = &NO_RATES),
        ("another network", |task| task.network = &LENET_1),
        ("no digits", |task| task.data = &NO_DIGITS),
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
