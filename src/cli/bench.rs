//! `lenet-gpu bench`.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use super::Output;
use super::options::DataArgs;
use super::summary::thousands;
use crate::bench::{
    Goal, KernelTime, Measurement, MedianRange, Mode, Panel, Profile, Row, StartUp, Sweep, TimeTo,
    draw_bars, profile, start_up, write_csv,
};
use crate::compute::Compute;
use crate::data::Mnist;
use crate::gpu::{AdapterChoice, list_adapters, or_software};
use crate::train::Preset;

/// Longest measurement; more is a slip of the keyboard.
const MOST_SECONDS: f64 = 3600.0;

/// Options of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Adapters to measure, in turns with the CPU path: auto (a software adapter where there is no
    /// GPU), all (every one that can be used), or a list of what `lenet-gpu adapters` names
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "auto",
        value_name = "ADAPTER,…"
    )]
    adapter: Vec<AdapterArg>,
    /// Batch sizes: samples an update in training, computed at once in inference
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1,16,64,256,1024",
        value_name = "N,…"
    )]
    batch: Vec<usize>,
    /// Networks trained side by side, with seeds from --seed on; their samples are added up
    #[arg(long, value_delimiter = ',', default_value = "1", value_name = "N,…")]
    models: Vec<NonZeroUsize>,
    /// The recipe that is trained; its batch size is replaced by those of --batch
    #[arg(long, value_enum, default_value_t = Preset::Default, value_name = "NAME")]
    recipe: Preset,
    /// What to measure
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "train,infer",
        value_name = "MODE,…"
    )]
    mode: Vec<Mode>,
    /// Time the kernels of a training step too, at every batch size
    #[arg(long)]
    kernels: bool,
    /// Rounds, in which all measurements take turns; the median is reported
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of each measurement in each round
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Train the recipe instead, with its own batch size, until the test error is at most this many per cent
    #[arg(
        long,
        value_name = "PERCENT",
        conflicts_with_all = ["batch", "models", "mode", "kernels", "rounds", "seconds"]
    )]
    time_to: Option<f64>,
    /// Seeds that --time-to trains with, from --seed on [default: 3]
    #[arg(
        long,
        value_name = "N",
        requires = "time_to",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    seeds: Option<u32>,
    /// Seed of initial weights and order
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Write every figure to a CSV file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw the result as bars into a PNG file
    #[arg(long, value_name = "FILE.png")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

/// What `--adapter` may say here.
#[derive(Clone, Debug)]
enum AdapterArg {
    All,
    Choice(AdapterChoice),
}

impl FromStr for AdapterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.eq_ignore_ascii_case("all") {
            true => Ok(Self::All),
            false => text.parse().map(Self::Choice),
        }
    }
}

impl AdapterArg {
    /// The adapters it stands for.
    fn choices(&self) -> Vec<AdapterChoice> {
        match self {
            Self::All => list_adapters()
                .into_iter()
                .filter(|adapter| adapter.usable)
                .map(|adapter| AdapterChoice::Index(adapter.index))
                .collect(),
            Self::Choice(choice) => vec![or_software(choice)],
        }
    }
}

impl BenchArgs {
    /// Refuses what would only fail after minutes of measuring.
    fn check(&self) -> Result<()> {
        ensure!(
            self.seconds > 0.0 && self.seconds <= MOST_SECONDS,
            "--seconds is {}, expected a number above 0, at most {MOST_SECONDS}",
            self.seconds
        );
        if let Some(percent) = self.time_to {
            ensure!(
                percent > 0.0 && percent < 100.0,
                "--time-to is {percent}, expected a test error between 0 and 100 per cent"
            );
        }
        for (option, file) in [("--csv", &self.csv), ("--plot", &self.plot)] {
            if let Some(file) = file {
                check_file(option, file)?;
            }
        }
        if let Some(file) = &self.plot {
            let is_png = |extension: &std::ffi::OsStr| extension.eq_ignore_ascii_case("png");
            ensure!(
                file.extension().is_some_and(is_png),
                "--plot is '{}', expected the name of a PNG file, as in speed.png",
                file.display()
            );
        }
        Ok(())
    }

    fn sweep(&self) -> Result<Sweep> {
        Sweep::new(
            self.recipe,
            self.mode.clone(),
            self.batch.clone(),
            self.models.iter().map(|models| models.get()).collect(),
            self.rounds,
            Duration::from_secs_f64(self.seconds),
            self.seed,
        )
    }

    /// The CPU path and the adapters asked for, each once.
    fn choices(&self) -> Vec<AdapterChoice> {
        let mut choices = vec![AdapterChoice::Cpu];
        for choice in self.adapter.iter().flat_map(AdapterArg::choices) {
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        choices
    }
}

/// Refuses a file that could not be written at the end.
fn check_file(option: &str, file: &Path) -> Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    ensure!(
        folder.is_dir(),
        "{option} is '{}', but there is no folder '{}': make it, or name a file elsewhere",
        file.display(),
        folder.display()
    );
    ensure!(
        !file.is_dir(),
        "{option} is '{}', which is a folder: name a file in it",
        file.display()
    );
    Ok(())
}

pub(super) fn run(args: &BenchArgs, output: &Output) -> Result<ExitCode> {
    args.check()?;
    let sweep = args.sweep()?;
    let data = args.data.load()?;
    let (computes, starts) = open(args, &data, output)?;
    match args.time_to {
        Some(error_percent) => {
            let goal = Goal {
                preset: args.recipe,
                error_percent,
                seed: args.seed,
                seeds: args.seeds.unwrap_or(3),
            };
            time_to(args, &goal, &computes, &starts, &data, output)
        }
        None => throughput(args, &sweep, &computes, &starts, &data, output),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Opens what is to be measured, and says so.
fn open(args: &BenchArgs, data: &Mnist, output: &Output) -> Result<(Vec<Compute>, Vec<StartUp>)> {
    let choices = args.choices();
    let only_cpu_wanted =
        |wanted: &AdapterArg| matches!(wanted, AdapterArg::Choice(AdapterChoice::Cpu));
    if choices.len() == 1 && !args.adapter.iter().all(only_cpu_wanted) {
        output.note("No adapter to compare with: measuring the CPU path alone.");
    }
    let (mut computes, mut starts) = (Vec::new(), Vec::new());
    for choice in &choices {
        let (compute, start) = start_up(choice, data, args.seed)?;
        output.note(format!("Measuring {}.", compute.describe()));
        computes.push(compute);
        starts.push(start);
    }
    Ok((computes, starts))
}

fn throughput(
    args: &BenchArgs,
    sweep: &Sweep,
    computes: &[Compute],
    starts: &[StartUp],
    data: &Mnist,
    output: &Output,
) -> Result<()> {
    let note = |line| output.note(line);
    let rows = sweep.measure(computes, data, &note)?;
    let profiles = match args.kernels {
        true => profile(sweep, computes, data, &note)?,
        false => Vec::new(),
    };
    print_rows(&rows, output);
    print_starts(starts, output);
    profiles
        .iter()
        .for_each(|profile| print_profile(profile, output));
    if args.kernels && profiles.is_empty() {
        output.result("The CPU path has no kernels to time: name an adapter with --adapter.");
    }
    let figures = starts.iter().flat_map(StartUp::measurements);
    let figures = figures.chain(rows.iter().flat_map(Row::measurements));
    let figures = figures.chain(profiles.iter().flat_map(Profile::measurements));
    let mut panels = Panel::of_rows(&rows);
    panels.extend(profiles.iter().map(Panel::of_profile));
    write_files(args, &figures.collect::<Vec<_>>(), &panels, output)?;
    output.json(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "adapters": computes.iter().map(Compute::describe).collect::<Vec<_>>(),
        "rounds": args.rounds,
        "seconds": args.seconds,
        "starts": starts,
        "rows": rows,
        "profiles": profiles,
    }));
    Ok(())
}

fn time_to(
    args: &BenchArgs,
    goal: &Goal,
    computes: &[Compute],
    starts: &[StartUp],
    data: &Mnist,
    output: &Output,
) -> Result<()> {
    let times = goal.measure(computes, data, &|line| output.note(line))?;
    print_times(goal, &times, output);
    print_starts(starts, output);
    let figures = starts.iter().flat_map(StartUp::measurements);
    let figures = figures.chain(times.iter().flat_map(TimeTo::measurements));
    let panels = [Panel::of_times(&times)];
    write_files(args, &figures.collect::<Vec<_>>(), &panels, output)?;
    output.json(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "adapters": computes.iter().map(Compute::describe).collect::<Vec<_>>(),
        "data": data.source,
        "starts": starts,
        "times": times,
    }));
    Ok(())
}

fn write_files(
    args: &BenchArgs,
    figures: &[Measurement],
    panels: &[Panel],
    output: &Output,
) -> Result<()> {
    if let Some(file) = &args.csv {
        write_csv(figures, file)?;
        output.note(format!("The figures are in {}.", file.display()));
    }
    if let Some(file) = &args.plot {
        draw_bars(panels, file)?;
        output.note(format!("The bars are in {}.", file.display()));
    }
    Ok(())
}

fn print_rows(rows: &[Row], output: &Output) {
    output.result(format!(
        "{:<40} {:<7} {:<6} {:>5} {:>6} {:>10} {:>21} {:>8} {:>8} {:>7}",
        "adapter",
        "backend",
        "mode",
        "batch",
        "models",
        "samples/s",
        "lowest to highest",
        "GFLOP/s",
        "of peak",
        "to CPU"
    ));
    for row in rows {
        let beside = rows
            .iter()
            .find(|other| {
                other.backend == "cpu"
                    && other.mode == row.mode
                    && (other.batch, other.models) == (row.batch, row.models)
            })
            .map(|cpu| format!("{:.2}x", row.samples_per_second / cpu.samples_per_second));
        output.result(format!(
            "{:<40} {:<7} {:<6} {:>5} {:>6} {:>10} {:>10} {:>10} {:>8.1} {:>8} {:>7}",
            row.adapter,
            row.backend,
            row.mode.name(),
            row.batch,
            row.models,
            thousands(row.samples_per_second as usize),
            thousands(row.lowest as usize),
            thousands(row.highest as usize),
            row.gflops,
            or_dash(row.percent_of_peak, |value| format!("{value:.1} %")),
            beside.unwrap_or_default(),
        ));
    }
}

fn print_starts(starts: &[StartUp], output: &Output) {
    output.result("");
    output.result(format!(
        "{:<40} {:<7} {:>10} {:>12}",
        "adapter", "backend", "start-up s", "first step s"
    ));
    for start in starts {
        output.result(format!(
            "{:<40} {:<7} {:>10.3} {:>12.3}",
            start.adapter, start.backend, start.start_up_seconds, start.first_step_seconds
        ));
    }
}

fn print_profile(profile: &Profile, output: &Output) {
    let peaks = &profile.peaks;
    output.result("");
    output.result(format!(
        "A training step of batch {} on {}, {}: {} dispatches, timed by {}.",
        profile.batch, profile.adapter, profile.backend, profile.dispatches, profile.method
    ));
    output.result(format!(
        "Measured peaks: {:.1} GFLOP/s of multiply-adds, {:.1} GB/s of copying.",
        peaks.gflops, peaks.gigabytes_per_second
    ));
    output.result(format!(
        "{:<8} {:<26} {:>10} {:>7} {:>9} {:>8} {:>9} {:>8}",
        "layer", "kernel", "µs", "share", "GFLOP/s", "of peak", "GB/s", "of peak"
    ));
    for kernel in &profile.kernels {
        print_kernel(kernel, output);
    }
    let share = |microseconds| 100.0 * microseconds / profile.wall_microseconds.median;
    for (what, microseconds) in [
        ("sum of kernels", profile.sum_microseconds),
        ("gap between them", profile.gap_microseconds),
        ("wall of a step", profile.wall_microseconds.median),
    ] {
        output.result(format!(
            "{what:<35} {microseconds:>10.1} {:>5.1} %",
            share(microseconds)
        ));
    }
}

fn print_kernel(time: &KernelTime, output: &Output) {
    output.result(format!(
        "{:<8} {:<26} {:>10.1} {:>5.1} % {:>9} {:>8} {:>9} {:>8}",
        time.layer,
        time.kernel,
        time.microseconds.median,
        time.share_percent,
        or_dash(time.gflops, |value| format!("{value:.2}")),
        or_dash(time.gflops_percent_of_peak, |value| format!("{value:.1} %")),
        or_dash(time.gigabytes_per_second, |value| format!("{value:.2}")),
        or_dash(time.gigabytes_percent_of_peak, |value| format!(
            "{value:.1} %"
        )),
    ));
}

fn print_times(goal: &Goal, times: &[TimeTo], output: &Output) {
    output.result(format!(
        "Recipe {} to {} % test error, {} seeds from {}; median of those that reached it:",
        goal.preset.name(),
        goal.error_percent,
        goal.seeds,
        goal.seed
    ));
    output.result(format!(
        "{:<40} {:<7} {:>8} {:>9} {:>19} {:>7} {:>19} {:>12}",
        "adapter",
        "backend",
        "reached",
        "seconds",
        "lowest to highest",
        "passes",
        "lowest to highest",
        "evaluation s"
    ));
    for time in times {
        let evaluation: Vec<f64> = time
            .attempts
            .iter()
            .map(|attempt| attempt.evaluation_seconds)
            .collect();
        let [seconds, slowest, fastest] = columns(time.seconds, 2);
        let [passes, fewest, most] = columns(time.passes, 1);
        output.result(format!(
            "{:<40} {:<7} {:>8} {seconds:>9} {slowest:>9} {fastest:>9} {passes:>7} {fewest:>9} {most:>9} {:>12}",
            time.adapter,
            time.backend,
            format!("{} of {}", time.reached, time.attempts.len()),
            or_dash(MedianRange::of(&evaluation), |spread| format!("{:.2}", spread.median)),
        ));
    }
    for time in times {
        for attempt in time.attempts.iter().filter(|attempt| !attempt.reached) {
            output.result(format!(
                "Seed {} on {}, {}, did not reach it: {:.2} % after all {} passes.",
                attempt.seed, time.adapter, time.backend, attempt.error_percent, attempt.passes
            ));
        }
    }
}

/// Median, lowest and highest, with `decimals` decimals.
fn columns(spread: Option<MedianRange>, decimals: usize) -> [String; 3] {
    let column = |value: fn(MedianRange) -> f64| {
        or_dash(spread, |spread| format!("{:.decimals$}", value(spread)))
    };
    [
        column(|spread| spread.median),
        column(|spread| spread.lowest),
        column(|spread| spread.highest),
    ]
}

/// `value` as `text` writes it, or a dash where there is none.
fn or_dash<T, D: Display>(value: Option<T>, text: impl Fn(T) -> D) -> String {
    value.map_or("–".to_owned(), |value| text(value).to_string())
}
