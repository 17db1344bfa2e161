//! A trainer on an adapter can be driven step by step.

use std::thread;

use crate::adapter::adapter_test;
use crate::driving::{Workload, expect_same_as_run, expect_states_after_begun};
use lenet_gpu::block_on;
use lenet_gpu::gpu::{Evaluator, GpuTrainer};
use lenet_gpu::model::TrainingState;
use lenet_gpu::trainer::Trainer;
use libtest_mimic::{Completion, Trial};

pub fn tests() -> Vec<Trial> {
    vec![
        same_as_run(1),
        same_as_run(3),
        two_submissions_are_under_way(),
        several_threads_wait(),
        penalties_of_a_pass(),
    ]
}

fn same_as_run(models: u32) -> Trial {
    adapter_test(
        format!("{models} models are driven by hand"),
        move |device| {
            let workload = Workload::of(models);
            expect_same_as_run(&workload, || GpuTrainer::new(device, &workload.task()))?;
            expect_states_after_begun(GpuTrainer::new(device, &workload.task())?)?;
            Ok(Completion::Completed)
        },
    )
}

/// Two threads wait for one device: each is told, or asks again.
fn several_threads_wait() -> Trial {
    adapter_test("several threads wait for one device", |device| {
        thread::scope(|scope| {
            let train = || {
                let workload = Workload::of(1);
                let trainer = || GpuTrainer::new(device, &workload.task());
                expect_same_as_run(&workload, trainer)
            };
            let threads = [(); 3].map(|()| scope.spawn(train));
            let ended = threads.map(|thread| thread.join().expect("trainings agree"));
            ended.into_iter().collect::<Result<(), _>>()
        })?;
        Ok(Completion::Completed)
    })
}

/// Each model's penalties are those of its weights when they were asked for, though updates that were
/// begun later are waited for at the same time; and one evaluator serves all models, again and again.
fn penalties_of_a_pass() -> Trial {
    adapter_test("penalties are asked for between steps", |device| {
        let workload = Workload::of(3);
        let task = workload.task();
        let evaluator_of = |state: &TrainingState| {
            let weights = state.model(task.recipe);
            Evaluator::new(device, task.network, weights, task.data, 16)
        };
        let kept = evaluator_of(&task.states[0])?;
        let mut trainer = GpuTrainer::new(device, &task)?;
        for _ in 0..3 {
            assert!(trainer.begin(1) > 0);
            let states = trainer.states();
            let penalties: Vec<_> = (0..trainer.models())
                .map(|model| trainer.penalties(model, &kept))
                .collect();
            assert!(trainer.begin_ahead(1) > 0);
            for (state, penalties) in block_on(states)?.iter().zip(penalties) {
                let expected = block_on(evaluator_of(state)?.penalties(device))?;
                assert!(block_on(penalties)? == expected, "other penalties");
            }
            while block_on(trainer.finish())?.is_some() {}
        }
        Ok(Completion::Completed)
    })
}

fn two_submissions_are_under_way() -> Trial {
    adapter_test("two submissions are under way", |device| {
        let workload = Workload::of(1);
        let mut trainer = GpuTrainer::new(device, &workload.task())?;
        assert!(block_on(trainer.finish())?.is_none(), "nothing was begun");
        // A trainer begins with single steps, whose time it does not know yet.
        assert_eq!(
            [trainer.begin(9), trainer.begin(9), trainer.begin(9)],
            [1, 1, 0]
        );
        let metrics = block_on(trainer.finish())?;
        assert_eq!(metrics.map(|steps| steps.len()), Some(1));
        assert!(trainer.begin(9) > 0, "a submission has ended");
        Ok(Completion::Completed)
    })
}
