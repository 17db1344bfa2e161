//! What an adapter can do at most, measured.

use std::time::Instant;

use serde::Serialize;

use super::MULTIPLY_ADD_FLOPS;
use super::work::GIGA;
use crate::gpu::{Device, GpuError, Kernel, Plan, View, kernels};
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
    let values = LENGTH * LANES;
    let input = device.zeros("peak input", values * F32)?;
    let output = device.zeros("peak output", values * F32)?;
    let kernel = kernels::peak::multiply_add(LENGTH, ROUNDS);
    let work = values * ROUNDS * MULTIPLY_ADDS_PER_ROUND;
    Ok(work as f64 / seconds_of(device, kernel, &input, &output)?)
}

fn bytes_copied_per_second(device: &Device) -> Result<f64, GpuError> {
    // The largest binding that WebGPU promises: more than the caches of most adapters hold.
    const LENGTH: usize = (128 << 20) / (LANES * F32);
    let numbers: Vec<u32> = (0..(LENGTH * LANES) as u32).collect();
    let input = device.upload("peak input", &numbers)?;
    let output = device.zeros("peak output", LENGTH * LANES * F32)?;
    let bytes = input.size() + output.size();
    Ok(bytes as f64 / seconds_of(device, kernels::peak::copy(LENGTH), &input, &output)?)
}

/// Seconds that `kernel` takes at its fastest, many in a row.
fn seconds_of(
    device: &Device,
    kernel: Kernel,
    input: &View,
    output: &View,
) -> Result<f64, GpuError> {
    let mut plan = Plan::default();
    plan.push(device, kernel, &[("input", input), ("output", output)])?;
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
