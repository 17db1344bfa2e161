//! A trainer on an adapter can be driven step by step.

use crate::adapter::adapter_test;
use crate::driving::{Workload, expect_same_as_run};
use lenet_gpu::block_on;
use lenet_gpu::gpu::GpuTrainer;
use lenet_gpu::trainer::Trainer;
use libtest_mimic::{Completion, Trial};

pub fn tests() -> Vec<Trial> {
    vec![
        same_as_run(1),
        same_as_run(3),
        two_submissions_are_under_way(),
    ]
}

fn same_as_run(models: u32) -> Trial {
    adapter_test(
        format!("{models} models are driven by hand"),
        move |device| {
            let workload = Workload::of(models);
            expect_same_as_run(&workload, || GpuTrainer::new(device, &workload.task()))?;
            Ok(Completion::Completed)
        },
    )
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
