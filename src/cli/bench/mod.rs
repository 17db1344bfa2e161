//! `lenet-gpu bench`.

mod args;
mod earlier;
mod tables;

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::Output;
use super::data_args::Loaded;
use super::options::open;
use crate::bench::{
    Comparison, DispatchCost, Goal, Measurement, Panel, Profile, Record, Row, StartUp, Sweep,
    Throughput, TimeTo, Wanted, draw_bars, profile, start_up, write_csv,
};
use crate::compute::Compute;
use crate::data::{Mnist, Part};
use earlier::Earlier;
use tables::{print_cost, print_left_out, print_profile, print_rows, print_starts, print_times};

pub use args::BenchArgs;

pub(super) fn run(args: &BenchArgs, output: &Output) -> Result<ExitCode> {
    args.check()?;
    let earlier = args.compare.as_deref().map(Earlier::load).transpose()?;
    let sweep = match &earlier {
        Some(earlier) => earlier.sweep()?,
        None => args.sweep()?,
    };
    let Loaded {
        mnist: data,
        warnings,
    } = args.data.load(Part::ALL, output)?;
    let mut document = match args.dispatch {
        true => dispatch(args, &sweep, &data, output)?,
        false => measure(args, &sweep, earlier.as_ref(), &data, output)?,
    };
    document["data_warnings"] = json!(warnings);
    output.json(&document);
    Ok(ExitCode::SUCCESS)
}

/// Measures throughput, or the time to an error. Returns what `--json` prints, as do all of these.
fn measure(
    args: &BenchArgs,
    sweep: &Sweep,
    earlier: Option<&Earlier>,
    data: &Mnist,
    output: &Output,
) -> Result<Value> {
    let choices = match earlier {
        Some(earlier) => earlier.choices(data)?,
        None => choices(args, output)?,
    };
    let (computes, starts) = start(&choices, data, sweep.seed, output)?;
    match args.goal() {
        Some(goal) => time_to(args, &goal, &computes, &starts, data, output),
        None => throughput(args, sweep, earlier, &computes, &starts, data, output),
    }
}

/// The computes asked for.
fn choices(args: &BenchArgs, output: &Output) -> Result<Vec<Wanted>> {
    let choices = args.wanted()?;
    if choices.len() == 1 && args.wants_an_adapter() {
        output.note("No adapter to compare with: measuring the CPU path alone.");
    }
    Ok(choices)
}

/// Opens the computes to be measured and says which they are.
fn start(
    choices: &[Wanted],
    data: &Mnist,
    seed: u32,
    output: &Output,
) -> Result<(Vec<Compute>, Vec<StartUp>)> {
    let (mut computes, mut starts) = (Vec::new(), Vec::new());
    for choice in choices {
        let (compute, start) = start_up(choice, data, seed)?;
        output.note(format!("Measuring {}.", compute.describe()));
        computes.push(compute);
        starts.push(start);
    }
    Ok((computes, starts))
}

fn dispatch(args: &BenchArgs, sweep: &Sweep, data: &Mnist, output: &Output) -> Result<Value> {
    let mut computes = Vec::new();
    for choice in &args.choices()? {
        computes.push(open(choice, output)?);
    }
    let costs = DispatchCost::measure(sweep, &computes, data, &|line| output.note(line))?;
    costs.iter().for_each(|cost| print_cost(cost, output));
    let measurements = costs.iter().flat_map(DispatchCost::measurements);
    let panels = [Panel::of_costs(&costs)];
    write_files(args, &measurements.collect::<Vec<_>>(), &panels, output)?;
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "adapters": computes.iter().map(Compute::describe).collect::<Vec<_>>(),
        "rounds": args.rounds,
        "seconds": args.seconds,
        "costs": costs,
    }))
}

fn throughput(
    args: &BenchArgs,
    sweep: &Sweep,
    earlier: Option<&Earlier>,
    computes: &[Compute],
    starts: &[StartUp],
    data: &Mnist,
    output: &Output,
) -> Result<Value> {
    let note = |line| output.note(line);
    let Throughput { rows, left_out } = sweep.measure(computes, data, &note)?;
    let profiles = match args.kernels {
        true => profile(sweep, computes, data, &note)?,
        false => Vec::new(),
    };
    print_rows(&rows, output);
    print_left_out(&left_out, output);
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
    let comparisons = earlier.map(|earlier| earlier.compare(computes, &rows, output));
    let comparisons = comparisons.unwrap_or_default();
    let measurements = measurements.chain(comparisons.iter().flat_map(Comparison::measurements));
    let mut panels = Panel::of_rows(&rows);
    panels.extend(profiles.iter().map(Panel::of_profile));
    write_files(args, &measurements.collect::<Vec<_>>(), &panels, output)?;
    if let Some(file) = &args.save {
        Record::of(sweep, data, computes, &rows).save(file)?;
        output.note(format!(
            "All rounds are in {0}: --compare {0}",
            file.display()
        ));
    }
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "adapters": computes.iter().map(Compute::describe).collect::<Vec<_>>(),
        "rounds": sweep.rounds,
        "seconds": sweep.time.as_secs_f64(),
        "starts": starts,
        "rows": rows,
        "left_out": left_out,
        "compared": earlier.map(|earlier| earlier.json(&comparisons)),
        "profiles": profiles,
    }))
}

fn time_to(
    args: &BenchArgs,
    goal: &Goal,
    computes: &[Compute],
    starts: &[StartUp],
    data: &Mnist,
    output: &Output,
) -> Result<Value> {
    let times = goal.measure(computes, data, &|line| output.note(line))?;
    print_times(goal, &times, output);
    print_starts(starts, output);
    let measurements = starts.iter().flat_map(StartUp::measurements);
    let measurements = measurements.chain(times.iter().flat_map(TimeTo::measurements));
    let panels = [Panel::of_times(&times)];
    write_files(args, &measurements.collect::<Vec<_>>(), &panels, output)?;
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "adapters": computes.iter().map(Compute::describe).collect::<Vec<_>>(),
        "data": data.source,
        "starts": starts,
        "times": times,
    }))
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
