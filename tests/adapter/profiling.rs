//! The times of single dispatches: whichever way they are taken, more work takes longer.

use crate::adapter::adapter_test;
use lenet_gpu::bench::{MedianRange, multiply_adds};
use lenet_gpu::block_on;
use lenet_gpu::gpu::{Device, GpuError, Plan};
use libtest_mimic::{Completion, Failed, Trial};

const LENGTH: usize = 1 << 14;
const FEW_ROUNDS: usize = 8;
const MANY_ROUNDS: usize = 128;

pub fn tests() -> Vec<Trial> {
    let by_timestamps = adapter_test("timestamps tell long from short", |device| {
        if !device.has_timestamps() {
            return Ok(Completion::ignored_with("the adapter has no timestamps"));
        }
        let plan = short_and_long(device)?;
        const STEPS: usize = 21;
        let seconds = block_on(plan.profile(device, STEPS))?;
        assert_eq!(seconds.len(), STEPS * plan.dispatches().len());
        // A software adapter computes on a processor that others use, too: the median of several.
        let of_kernel = |index| {
            let times: Vec<f64> = seconds.iter().skip(index).step_by(2).copied().collect();
            MedianRange::of(&times).expect("there are several").median
        };
        expect_longer(of_kernel(0), of_kernel(1))?;
        Ok(Completion::Completed)
    });
    let by_repetition = adapter_test("repetition tells long from short", |device| {
        let plan = short_and_long(device)?;
        // The host's clock also sees what else the machine does: the median of several.
        let seconds = |index| {
            let times = (0..7).map(|_| block_on(plan.time_repeated(device, index, 50)));
            let times: Vec<f64> = times.collect::<Result<_, GpuError>>()?;
            Ok::<f64, GpuError>(MedianRange::of(&times).expect("there are seven").median)
        };
        expect_longer(seconds(0)?, seconds(1)?)?;
        Ok(Completion::Completed)
    });
    vec![by_timestamps, by_repetition]
}

/// The same kernel twice, the second time with 16 times the work; run once, so that it is compiled.
fn short_and_long(device: &Device) -> Result<Plan, GpuError> {
    let plan = multiply_adds(device, LENGTH, &[FEW_ROUNDS, MANY_ROUNDS])?;
    block_on(plan.run(device))?;
    Ok(plan)
}

fn expect_longer(short: f64, long: f64) -> Result<(), Failed> {
    match short > 0.0 && long > 2.0 * short {
        true => Ok(()),
        false => Err(format!("{short} s for little work, {long} s for 16 times as much").into()),
    }
}
