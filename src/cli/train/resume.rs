//! Resuming a run.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::digits::Digits;
use super::training_run::TrainingRun;
use crate::cli::Output;
use crate::cli::options::open;
use crate::compute::Compute;
use crate::data::Mnist;
use crate::gpu::AdapterChoice;
use crate::store::{RunConfig, RunFolder};
use crate::train::{Member, Origin};

/// Reads the run in the folder `path`, to be computed on `adapter` or else on the one it was started
/// on.
///
/// # Errors
/// If it is not the folder of a run, or the adapter or the digits cannot be had.
pub fn prepare(
    path: &Path,
    adapter: Option<&AdapterChoice>,
    output: &Output,
) -> Result<TrainingRun> {
    let members = members_in(path)?;
    let config = &members[0].config;
    let data = Mnist::load(config.data.as_deref())?;
    let digits = Digits::new(config, data)?;
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
