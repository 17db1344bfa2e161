//! The command `kernels`: every kernel of every plan, compiled for every family.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::budget;
use crate::family::{Compiled, FAMILIES, Family};
use crate::plans::{Launch, StepPlan};
use crate::radv::Statistics;
use crate::spirv::Pipeline;

/// A plan, compiled for a family.
#[derive(Serialize)]
pub struct Report {
    plan: &'static str,
    family: Family,
    gpu: String,
    driver: String,
    launches: Vec<CompiledLaunch>,
}

/// A launch of a plan, compiled for a family.
#[derive(Serialize)]
struct CompiledLaunch {
    section: &'static str,
    kernel: &'static str,
    invocations: usize,
    workgroups: usize,
    share: f64,
    is_hot: bool,
    #[serde(flatten)]
    statistics: Statistics,
    /// What of the budget it breaks, where it has to keep within it.
    breaks: Vec<String>,
}

/// Compiles `plans` for all families.
///
/// # Errors
/// If a kernel cannot be compiled for one.
pub fn compile(plans: &[StepPlan]) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    for plan in plans {
        for family in FAMILIES {
            reports.push(report(plan, family)?);
        }
    }
    Ok(reports)
}

fn report(plan: &StepPlan, family: Family) -> Result<Report> {
    let pipelines: Vec<&Pipeline> = plan
        .launches
        .iter()
        .map(|launch| &launch.pipeline)
        .collect();
    let Compiled {
        gpu,
        driver,
        statistics,
    } = family.compile(&pipelines)?;
    let has_budget = plan.is_for_gpus && family.has_budget;
    let launches = plan.launches.iter().zip(statistics);
    let launches =
        launches.map(|(launch, statistics)| compiled_launch(launch, statistics, has_budget));
    Ok(Report {
        plan: plan.name,
        family,
        gpu,
        driver,
        launches: launches.collect(),
    })
}

fn compiled_launch(launch: &Launch, statistics: Statistics, has_budget: bool) -> CompiledLaunch {
    let is_hot = budget::is_hot(launch);
    CompiledLaunch {
        section: launch.section,
        kernel: launch.kernel.name,
        invocations: launch.invocations(),
        workgroups: launch.workgroups(),
        share: launch.share,
        is_hot,
        breaks: match is_hot && has_budget {
            true => budget::broken(&statistics),
            false => Vec::new(),
        },
        statistics,
    }
}

impl Report {
    /// Prints it as a table in Markdown.
    pub fn print(&self) {
        let Self {
            plan,
            family,
            gpu,
            driver,
            ..
        } = self;
        println!("## {plan}: {} ({})\n", family.name, family.generation);
        println!("{gpu}, {driver}. **Bold**: more than a twentieth of the step's arithmetic.\n");
        println!(
            "| kernel | invocations | work | wave | VGPRs | SGPRs | spills | waves/SIMD \
             | LDS bytes | code bytes | latency | inverse throughput |"
        );
        println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        for launch in &self.launches {
            launch.print();
        }
        println!();
    }

    /// The launches that break the budget, in words.
    pub fn broken(&self) -> impl Iterator<Item = String> {
        let broken = self
            .launches
            .iter()
            .filter(|launch| !launch.breaks.is_empty());
        broken.map(|launch| {
            let CompiledLaunch {
                section,
                kernel,
                breaks,
                ..
            } = launch;
            let (plan, family) = (self.plan, self.family.name);
            format!(
                "{plan}, {family}: {section} {kernel}: {}",
                breaks.join(", ")
            )
        })
    }
}

impl CompiledLaunch {
    fn print(&self) {
        let emphasis = if self.is_hot { "**" } else { "" };
        let name = format!("{emphasis}{} {}{emphasis}", self.section, self.kernel);
        let work = match self.share > 0.0 {
            true => format!("{:.1} %", 100.0 * self.share),
            false => String::new(),
        };
        let Statistics {
            wave_size,
            vector_registers,
            scalar_registers,
            spilled_registers,
            waves_per_simd,
            workgroup_memory,
            code_bytes,
            latency,
            inverse_throughput,
        } = self.statistics;
        println!(
            "| {name} | {} | {work} | {wave_size} | {vector_registers} | {scalar_registers} \
             | {spilled_registers} | {waves_per_simd} | {workgroup_memory} | {code_bytes} \
             | {latency} | {inverse_throughput} |",
            self.invocations
        );
    }
}

/// Writes `reports` as JSON.
///
/// # Errors
/// If the file cannot be written.
pub fn write_json(reports: &[Report], path: &Path) -> Result<()> {
    let name = || path.display().to_string();
    let file = File::create(path).with_context(name)?;
    serde_json::to_writer_pretty(file, reports).with_context(name)
}
