//! What an adapter can do at most, measured.

use std::time::Instant;

use serde::Serialize;

use super::MULTIPLY_ADD_FLOPS;
use super::work::GIGA;
use crate::gpu::{Device, Dispatch, GpuError, Plan, kernels};
use crate::platform::block_on;
use crate::reference::peak::MULTIPLY_ADDS_PER_ROUND;

/// The fastest that two simple kernels ran, see `shaders/peak.wgsl`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Peaks {
    /// 10⁹ floating-point operations per second, as multiply-adds in registers.
    pub gflops: f64,
    /// 10⁹ bytes per second, read and written, as a copy of 128 MiB.
    pub gigabytes_per_second: f64,
}

/// Shortest time that a measurement may take, so that the submission is negligible beside it.
const SHORTEST: f64 = 0.05;
/// Measurements of which the fastest is the peak: nothing makes a kernel seem faster than it is.
const MEASUREMENTS: usize = 5;

/// Bytes of an f32.
const F32: usize = size_of::<f32>();
/// Values per vec4.
const LANES: usize = 4;

impl Peaks {
    /// Measures `device`.
    ///
    /// # Errors
    /// If its memory has no room for two buffers of 128 MiB, or fails.
    pub fn measure(device: &Device) -> Result<Self, GpuError> {
        Ok(Self {
            gflops: multiply_adds_per_second(device)? * MULTIPLY_ADD_FLOPS / GIGA,
            gigabytes_per_second: bytes_copied_per_second(device)? / GIGA,
        })
    }
}

fn multiply_adds_per_second(device: &Device) -> Result<f64, GpuError> {
    const LENGTH: usize = 1 << 18;
    const ROUNDS: usize = 64;
    let work = LENGTH * LANES * ROUNDS * MULTIPLY_ADDS_PER_ROUND;
    let plan = multiply_adds(device, LENGTH, &[ROUNDS])?;
    Ok(work as f64 / seconds_of(device, &plan)?)
}

/// A plan of multiply-adds in registers: for each of `rounds` a dispatch that makes as many rounds of
/// them on the values of `length` vec4.
///
/// # Errors
/// If the adapter has no room for two buffers of `length` vec4, or fails.
pub fn multiply_adds(device: &Device, length: usize, rounds: &[usize]) -> Result<Plan, GpuError> {
    let bytes = length * LANES * F32;
    let input = device.zeros("peak input", bytes)?;
    let output = device.zeros("peak output", bytes)?;
    let mut plan = Plan::default();
    for &rounds in rounds {
        let kernel = kernels::peak::multiply_add(length, rounds);
        let buffers = [("input", &input), ("output", &output)];
        plan.push_dispatch(Dispatch::new(device, kernel, &buffers)?);
    }
    Ok(plan)
}

fn bytes_copied_per_second(device: &Device) -> Result<f64, GpuError> {
    // The largest binding that WebGPU promises: more than the caches of most adapters hold.
    const LENGTH: usize = (128 << 20) / (LANES * F32);
    let numbers: Vec<u32> = (0..(LENGTH * LANES) as u32).collect();
    let input = device.upload("peak input", &numbers)?;
    let output = device.zeros("peak output", LENGTH * LANES * F32)?;
    let bytes = input.size() + output.size();
    let mut plan = Plan::default();
    let buffers = [("input", &input), ("output", &output)];
    let copy = kernels::peak::copy(LENGTH);
    plan.push_dispatch(Dispatch::new(device, copy, &buffers)?);
    Ok(bytes as f64 / seconds_of(device, &plan)?)
}

/// Seconds that the first dispatch of `plan` takes at its fastest, many in a row.
fn seconds_of(device: &Device, plan: &Plan) -> Result<f64, GpuError> {
    let run = |times: usize| {
        let started = Instant::now();
        block_on(plan.run_dispatch(device, 0, times))?;
        Ok::<f64, GpuError>(started.elapsed().as_secs_f64())
    };
    let mut times = 1;
    while run(times)? < SHORTEST {
        times *= 2;
    }
    let mut fastest = f64::INFINITY;
    for _ in 0..MEASUREMENTS {
        fastest = fastest.min(run(times)?);
    }
    Ok(fastest / times as f64)
}
