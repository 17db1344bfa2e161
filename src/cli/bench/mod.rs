//! `lenet-gpu bench`.

mod args;
mod tables;

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::Output;
use crate::bench::{
    Goal, Measurement, Panel, Profile, Row, StartUp, Sweep, TimeTo, draw_bars, profile, start_up,
    write_csv,
};
use crate::compute::Compute;
use crate::data::Mnist;
use tables::{print_profile, print_rows, print_starts, print_times};

pub use args::BenchArgs;

pub(super) fn run(args: &BenchArgs, output: &Output) -> Result<ExitCode> {
    args.check()?;
    let sweep = args.sweep()?;
    let data = args.data.load()?;
    let (computes, starts) = open(args, &data, output)?;
    match args.goal() {
        Some(goal) => time_to(args, &goal, &computes, &starts, &data, output),
        None => throughput(args, &sweep, &computes, &starts, &data, output),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the computes to be measured and says which they are.
fn open(args: &BenchArgs, data: &Mnist, output: &Output) -> Result<(Vec<Compute>, Vec<StartUp>)> {
    let choices = args.choices()?;
    if choices.len() == 1 && args.wants_an_adapter() {
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
    let measurements = starts.iter().flat_map(StartUp::measurements);
    let measurements = measurements.chain(rows.iter().flat_map(Row::measurements));
    let measurements = measurements.chain(profiles.iter().flat_map(Profile::measurements));
    let mut panels = Panel::of_rows(&rows);
    panels.extend(profiles.iter().map(Panel::of_profile));
    write_files(args, &measurements.collect::<Vec<_>>(), &panels, output)?;
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
    let measurements = starts.iter().flat_map(StartUp::measurements);
    let measurements = measurements.chain(times.iter().flat_map(TimeTo::measurements));
    let panels = [Panel::of_times(&times)];
    write_files(args, &measurements.collect::<Vec<_>>(), &panels, output)?;
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
    measurements: &[Measurement],
    panels: &[Panel],
    output: &Output,
) -> Result<()> {
    if let Some(file) = &args.csv {
        write_csv(measurements, file)?;
        output.note(format!("All measurements are in {}.", file.display()));
    }
    if let Some(file) = &args.plot {
        draw_bars(panels, file)?;
        output.note(format!("The bars are in {}.", file.display()));
    }
    Ok(())
}
