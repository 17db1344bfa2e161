//! `lenet-gpu tune`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::Output;
use super::data_args::{DataArgs, Loaded};
use super::options::open_found;
use crate::compute::Compute;
use crate::data::Part;
use crate::gpu::{AdapterChoice, DeviceOptions, Found, Otherwise};
use crate::platform::block_on;
use crate::store::{BatchTuning, Trial, Tuning};
use crate::train::Preset;
use crate::tune::Search;

/// Options of `tune`.
#[derive(Debug, Args)]
pub struct TuneArgs {
    /// The adapter to tune; auto takes a software adapter where there is no GPU
    #[arg(long, default_value = "auto", value_name = "ADAPTER")]
    adapter: AdapterChoice,
    /// Batch sizes to judge candidates by
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1,64,256",
        value_name = "N,…"
    )]
    batch: Vec<usize>,
    /// Seconds of each measurement; every candidate takes twelve of them per batch size
    #[arg(long, default_value_t = 0.3)]
    seconds: f64,
    /// Print the choice without keeping it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: &TuneArgs, output: &Output) -> Result<ExitCode> {
    let search = Search::new(args.batch.clone(), args.seconds)?;
    let Loaded {
        mnist: data,
        warnings,
    } = args.data.load(Part::ALL, output)?;
    let found = block_on(Found::of(&args.adapter, Otherwise::Software))?;
    let device = match open_found(found, DeviceOptions::default(), output)? {
        Compute::Gpu(device) => device,
        Compute::Cpu => bail!(
            "the CPU path chooses its vectors by itself; tune needs an adapter (`lenet-gpu \
             adapters` lists them)"
        ),
    };
    output.note(format!("It starts with {}.", device.variant()));
    let tuning = search.run(&device, &data, &|trial| output.note(line_of(trial)))?;
    for known in &tuning.by_batch {
        output.result(line_of_batch(known));
    }
    output.result(verdict(&tuning));
    output.json(&json!({ "tuning": tuning, "kept": !args.dry_run, "data_warnings": warnings }));
    if !args.dry_run {
        let file = tuning.store(device.description())?;
        output.note(format!(
            "Kept in {}; runs on this adapter use it.",
            file.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What was measured at a batch size.
fn line_of_batch(known: &BatchTuning) -> String {
    let milliseconds = |seconds: f64| format!("{:.3} ms", seconds * 1e3);
    let cpu = known.cpu_seconds.map(milliseconds).unwrap_or_default();
    format!(
        "Batch {}: a step takes {} layered, {} fused, {cpu} on the CPU path.",
        known.batch,
        milliseconds(known.layered_seconds),
        milliseconds(known.fused_seconds),
    )
}

/// What `auto` will take, and by how much it is faster than what comes next.
fn verdict(tuning: &Tuning) -> String {
    let presets = [Preset::Default, Preset::Paper].map(|preset| {
        let batch = preset.recipe().batch;
        let taken = match tuning.for_batch(batch) {
            Some(known) => taken_at(known),
            None => "a race, as no batch of about that size was measured".to_owned(),
        };
        format!("for `{}` (batch {batch}) {taken}", preset.name())
    });
    format!("`auto` takes {}.", presets.join(" and "))
}

fn taken_at(known: &BatchTuning) -> String {
    if let Some(gain) = known.gain_of_cpu() {
        return format!("the CPU path, {gain:.1} times as fast as the adapter");
    }
    let (fastest, next) = (
        known.adapter_seconds(),
        known.layered_seconds.max(known.fused_seconds),
    );
    format!(
        "the {} plan, {:.1} times as fast as the other",
        known.variant.plan,
        next / fastest
    )
}

fn line_of(trial: &Trial) -> String {
    let ratios: Vec<String> = trial
        .ratios
        .iter()
        .map(|ratio| format!("{ratio:.2}"))
        .collect();
    let ratios = ratios.join(" and ");
    let verdict = match (trial.correct, trial.kept) {
        (Some(false), _) => ", but it differs from the reference",
        (_, true) => ": kept",
        (_, false) => "",
    };
    format!(
        "{}: {ratios} of the time of the best so far{verdict}",
        trial.variant
    )
}
