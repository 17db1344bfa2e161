//! Resuming a run.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::digits::Digits;
use super::training_run::{TrainingRun, count_passes};
use crate::cli::Output;
use crate::cli::options::open;
use crate::compute::Compute;
use crate::data::Mnist;
use crate::gpu::AdapterChoice;
use crate::store::{RunConfig, RunFolder};
use crate::train::{Member, Origin};

/// Reads the run in the folder `path`, to be computed on `adapter` or else on the one it was started
/// on, for `passes` passes or else as many as it was planned for.
///
/// # Errors
/// If it is not the folder of a run, or is being trained, or the adapter or the digits cannot be had.
pub fn prepare(
    path: &Path,
    adapter: Option<&AdapterChoice>,
    passes: Option<usize>,
    output: &Output,
) -> Result<TrainingRun> {
    let mut members = members_in(path, passes.is_some())?;
    let lock = RunFolder::open(path).lock()?;
    if let Some(passes) = passes {
        raise(&mut members, passes, output)?;
    }
    let config = &members[0].config;
    let data = Mnist::load(config.data.as_deref())?;
    let digits = Digits::new(config, data)?;
    let choice = match adapter {
        Some(choice) => choice.clone(),
        None => recorded_choice(config)?,
    };
    let compute = restored(open(&choice, output)?, config, output);
    Ok(TrainingRun {
        folder: path.to_owned(),
        members,
        digits,
        compute,
        origin: Origin::Checkpoint,
        film: None,
        lock: Some(lock),
        is_new: false,
    })
}

/// Plans all members for `passes` passes.
fn raise(members: &mut [Member], passes: usize, output: &Output) -> Result<()> {
    let planned = members.iter().map(|member| member.config.recipe.passes);
    let planned = planned.max().expect("a run has members");
    ensure!(
        passes >= planned,
        "--passes is {passes}, but the run is planned for {}: it can be made longer, not shorter",
        count_passes(planned)
    );
    if passes > planned {
        output.note(format!(
            "Planned for {} instead of {planned}: from here on the rate is that of the longer schedule.",
            count_passes(passes)
        ));
    }
    for member in members {
        member.config.recipe.passes = passes;
    }
    Ok(())
}

/// `compute` with the variant of the kernels that the run was started with, if it is the same adapter;
/// otherwise says what that means.
fn restored(compute: Compute, config: &RunConfig, output: &Output) -> Compute {
    if !compute.is_like(&config.adapter) {
        output.note(format!(
            "This run was started on {}: another adapter continues it, but not bit for bit.",
            config.adapter
        ));
        return compute;
    }
    match (compute, config.variant) {
        (Compute::Gpu(device), Some(variant)) => {
            Compute::Gpu(Box::new(device.with_variant(variant)))
        }
        (compute, _) => compute,
    }
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

/// The runs of several seeds in the folder `path`, or the single run there. Where some were planned for
/// more passes than others, because a program was killed as it made them longer, they are taken only if
/// `may_differ` in that.
fn members_in(path: &Path, may_differ: bool) -> Result<Vec<Member>> {
    let mut folders = RunFolder::open_seeds(path);
    // Without settings are those of a program that was killed as it made them.
    folders.retain(|folder| folder.has_config() || !folder.is_untouched());
    if folders.is_empty() {
        folders.push(RunFolder::open(path));
    }
    let member = |folder: RunFolder| {
        let config = folder.read_config()?;
        Ok(Member { config, folder })
    };
    let mut members: Vec<Member> = folders.into_iter().map(member).collect::<Result<_>>()?;
    ensure_alike(&members, may_differ)?;
    let first = members[0].config.clone();
    // One of several seeds may also be named by itself.
    let together = first.seeds.clone();
    for seed in together
        .filter(|_| members[0].folder.path() != path)
        .into_iter()
        .flatten()
    {
        if members.iter().all(|member| member.config.seed != seed) {
            members.push(Member {
                config: first.of_seed(seed),
                folder: RunFolder::of_seed(path, seed),
            });
        }
    }
    members.sort_by_key(|member| member.config.seed);
    Ok(members)
}

/// Fails unless `members` differ in nothing but their seeds or, if they `may_differ` in these, their
/// numbers of passes.
fn ensure_alike(members: &[Member], may_differ: bool) -> Result<()> {
    let first = &members[0];
    for member in members {
        let mut config = member.config.of_seed(first.config.seed);
        config.raises.clone_from(&first.config.raises);
        let same_passes = config.recipe.passes == first.config.recipe.passes;
        config.recipe.passes = first.config.recipe.passes;
        ensure!(
            config == first.config && (same_passes || may_differ),
            "'{}' was started with other settings than '{}': runs of several seeds that differ in \
             more are resumed one by one{}",
            member.folder.path().display(),
            first.folder.path().display(),
            match config == first.config {
                true => ", or together with the --passes that some of them have already",
                false => "",
            }
        );
    }
    Ok(())
}
