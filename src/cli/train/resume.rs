//! Resuming a run.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::digits::{Digits, part};
use super::training_run::TrainingRun;
use crate::cli::Output;
use crate::cli::data_args::{DataArgs, load};
use crate::cli::options::open;
use crate::compute::Compute;
use crate::gpu::AdapterChoice;
use crate::model::DataRecord;
use crate::store::{RunConfig, RunFolder};
use crate::train::{Member, Origin};

/// Reads the run in the folder `path`, to be computed on `adapter` or else on the one it was started
/// on; the digits are where `data` says, or else where they were when it was started.
///
/// # Errors
/// If it is not the folder of a run, or the adapter or the digits cannot be had or are others.
pub fn prepare(
    path: &Path,
    adapter: Option<&AdapterChoice>,
    data: &DataArgs,
    output: &Output,
) -> Result<TrainingRun> {
    let mut members = members_in(path)?;
    let digits = digits(&mut members, data, output)?;
    let config = &members[0].config;
    let compute = match adapter {
        Some(choice) => open(choice, output)?,
        None => open(&recorded_choice(config)?, output)?,
    };
    let compute = match (compute, config.variant) {
        (Compute::Gpu(device), Some(variant)) => {
            Compute::Gpu(Box::new(device.with_variant(variant)))
        }
        (compute, _) => compute,
    };
    if compute.describe() != config.adapter {
        output.note(format!(
            "This run was started on {}: another adapter continues it, but not bit for bit.",
            config.adapter
        ));
    }
    Ok(TrainingRun {
        folder: path.to_owned(),
        members,
        digits,
        compute,
        origin: Origin::Checkpoint,
        film: None,
    })
}

/// The digits of the runs, where `data` says or else where they were. If it does say, the runs record it.
fn digits(members: &mut [Member], data: &DataArgs, output: &Output) -> Result<Digits> {
    let config = &members[0].config;
    let record = config.trained_on.clone();
    let conversion = record.as_ref().map(|record| record.conversion);
    let conversion = conversion.unwrap_or_default();
    let folder = data.recorded_folder()?.or(config.data.clone());
    let loaded = load(folder.as_deref(), conversion, part(config), output)?;
    let digits = Digits::new(config, loaded)?;
    let found = digits.record(conversion);
    if let Some(record) = &record {
        check_digits(record, &found, &digits.source, data, output)?;
    }
    if data.data.is_some() {
        for member in members {
            member.config.data = folder.clone();
            member.config.trained_on = Some(found.clone());
            member.folder.write_config(&member.config)?;
        }
    }
    Ok(digits)
}

/// Compares the digits of `source` with those that the run was started with. Other ones are trained on
/// only if they were asked for.
fn check_digits(
    record: &DataRecord,
    found: &DataRecord,
    source: &str,
    data: &DataArgs,
    output: &Output,
) -> Result<()> {
    if record.train != found.train {
        ensure!(
            data.data.is_some(),
            "the digits to train on in {source} are not those that the run was started with: their \
             checksum was {} and is {}; put those back, or say with --data where they are (or that \
             others are meant)",
            record.train.checksum,
            found.train.checksum
        );
        output.result(
            "Warning: these are other digits than those that the run was started with; it goes on with \
             these.",
        );
    }
    if record.test != found.test {
        output.result(
            "Note: the test digits are others than those that the run was started with: errors from here \
             on do not compare with those before.",
        );
    }
    Ok(())
}

/// The adapter as it was asked for when the run was started.
fn recorded_choice(config: &RunConfig) -> Result<AdapterChoice> {
    let choice = config.adapter_choice.parse().map_err(anyhow::Error::msg);
    choice.with_context(|| {
        format!(
            "the run's config.json has '{}' as its adapter; name another with --adapter",
            config.adapter_choice
        )
    })
}

/// The runs of several seeds in the folder `path`, or the single run there.
fn members_in(path: &Path) -> Result<Vec<Member>> {
    let mut folders = RunFolder::open_seeds(path);
    if folders.is_empty() {
        folders.push(RunFolder::open(path));
    }
    let member = |folder: RunFolder| {
        let config = folder.read_config()?;
        Ok(Member { config, folder })
    };
    let members: Vec<Member> = folders.into_iter().map(member).collect::<Result<_>>()?;
    let first = &members[0];
    for member in &members {
        let config = RunConfig {
            seed: first.config.seed,
            ..member.config.clone()
        };
        ensure!(
            config == first.config,
            "'{}' was started with other settings than '{}': runs of several seeds that differ in \
             more are resumed one by one",
            member.folder.path().display(),
            first.folder.path().display()
        );
    }
    Ok(members)
}
