//! The command `step`: what a step should last on a GPU, by a model on paper.
//!
//! A launch begins after the one before has ended. It then lasts as long as the slowest of three:
//! one invocation by itself, with all of its waiting; all arithmetic together; or all traffic.

use anyhow::Result;

use crate::chain::waits;
use crate::plans::{Launch, StepPlan};

/// A GPU, as far as the model knows it. None of these numbers was measured by this project.
struct Gpu {
    name: &'static str,
    /// Microseconds from the end of a launch to the start of the next, which depends on it.
    launch: f64,
    /// Microseconds of a load: from the large cache, which holds all tensors of a step.
    load: f64,
    /// Lanes, each of which does a multiply-add per cycle.
    lanes: f64,
    /// Cycles per microsecond.
    clock: f64,
    /// Share of the peak that a kernel attains which fills all lanes.
    attained: f64,
    /// Bytes per microsecond from the large cache.
    bandwidth: f64,
}

const GPUS: [Gpu; 2] = [
    Gpu {
        name: "large discrete GPU",
        launch: 4.0,
        load: 0.2,
        lanes: 10_000.0,
        clock: 2_000.0,
        attained: 0.33,
        bandwidth: 2e6,
    },
    Gpu {
        name: "integrated GPU",
        launch: 5.0,
        load: 0.2,
        lanes: 512.0,
        clock: 2_000.0,
        attained: 0.25,
        bandwidth: 1e5,
    },
];

/// Floating-point operations of a lane per cycle.
const FLOPS_PER_CYCLE: f64 = 2.0;

impl Gpu {
    /// Microseconds of one invocation of `launch` by itself.
    fn alone(&self, launch: &Launch) -> Result<f64> {
        let flops = launch.flops / launch.invocations() as f64;
        Ok(waits(&launch.kernel)? * self.load + flops / (FLOPS_PER_CYCLE * self.clock))
    }

    /// Microseconds of the arithmetic of all invocations, on all lanes.
    fn arithmetic(&self, launch: &Launch) -> f64 {
        launch.flops / (self.attained * FLOPS_PER_CYCLE * self.lanes * self.clock)
    }

    /// Microseconds of what it reads and writes.
    fn traffic(&self, launch: &Launch) -> f64 {
        launch.bytes as f64 / self.bandwidth
    }

    /// Microseconds from the end of the launch before to its own end.
    fn microseconds(&self, launch: &Launch) -> Result<f64> {
        let slowest = self.alone(launch)?;
        let slowest = slowest
            .max(self.arithmetic(launch))
            .max(self.traffic(launch));
        Ok(self.launch + slowest)
    }

    fn print(&self) {
        println!(
            "- {}: {} µs from launch to launch, {} µs for a load, {} lanes at {} MHz of which \
             {:.0} % is attained ({:.1} TFLOP/s at most), {} GB/s",
            self.name,
            self.launch,
            self.load,
            self.lanes,
            self.clock,
            100.0 * self.attained,
            FLOPS_PER_CYCLE * self.lanes * self.clock * 1e-6,
            self.bandwidth * 1e-3,
        );
    }
}

/// Prints what a step of `batch` samples by `plan` should last, launch by launch.
///
/// # Errors
/// If the chain of loads of one of its kernels is not known.
pub fn print(plan: &StepPlan, batch: usize) -> Result<()> {
    println!("## {}, batch {batch}\n", plan.name);
    GPUS.iter().for_each(Gpu::print);
    let [large, integrated] = &GPUS;
    println!();
    println!(
        "| launch | invocations | workgroups | waits | MFLOP | KB | {} µs | {} µs |",
        large.name, integrated.name
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let mut totals = [0.0; GPUS.len()];
    for launch in &plan.launches {
        let times = [
            large.microseconds(launch)?,
            integrated.microseconds(launch)?,
        ];
        println!(
            "| {} {} | {} | {} | {} | {:.2} | {:.0} | {:.1} | {:.1} |",
            launch.section,
            launch.kernel.name,
            launch.invocations(),
            launch.workgroups(),
            waits(&launch.kernel)?,
            launch.flops * 1e-6,
            launch.bytes as f64 * 1e-3,
            times[0],
            times[1],
        );
        totals
            .iter_mut()
            .zip(times)
            .for_each(|(total, time)| *total += time);
    }
    let [large, integrated] = totals;
    let launches = plan.launches.len();
    println!("| {launches} launches | | | | | | {large:.0} | {integrated:.0} |");
    let [large, integrated] = totals.map(|microseconds| batch as f64 / microseconds * 1e6);
    println!("| samples/s | | | | | | {large:.0} | {integrated:.0} |\n");
    Ok(())
}
