//! Resuming a run.

use std::path::Path;

use anyhow::{Result, ensure};

use super::args::TrainArgs;
use super::first_stage::{FirstStage, restored};
use super::training_run::{TrainingRun, count_passes, take_up_teachers};
use crate::cli::Output;
use crate::cli::data_args::{DataArgs, load};
use crate::cli::digits::{Digits, Split};
use crate::cli::options::{open, recorded_choice};
use crate::cli::plan::{PlanChoice, PlanRequest};
use crate::model::DataRecord;
use crate::store::RunFolder;
use crate::train::{Member, Origin};

/// Reads the run in the folder `path`, to be computed on `adapter` or else on the one it was started
/// on, for as many passes as it was planned for; all that unless `args` say otherwise.
///
/// # Errors
/// If it is not the folder of a run, or is being trained, or the adapter or the digits cannot be had or
/// are others.
pub fn prepare(path: &Path, args: &TrainArgs, output: &Output) -> Result<TrainingRun> {
    let mut members = members_in(path, args.passes.is_some())?;
    let lock = RunFolder::open(path).lock()?;
    if let Some(passes) = args.passes {
        raise(&mut members, passes, output)?;
    }
    let digits = digits(&mut members, &args.data, output)?;
    let config = &members[0].config;
    let choice = match &args.adapter {
        Some(choice) => choice.clone(),
        None => recorded_choice(&config.adapter_choice)?,
    };
    let opened = open(&choice, output)?;
    let compute = restored(opened.clone(), config, output);
    let request = PlanRequest {
        adapter: &choice,
        plan: PlanChoice::Auto,
        recipe: &config.recipe,
        digits: &digits.train,
    };
    let teachers = FirstStage::of_begun(&members, &request, &opened, output)?;
    if teachers.is_none() {
        take_up_teachers(&mut members)?;
    }
    Ok(TrainingRun {
        teachers,
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

/// The digits of the runs, where `data` says or else where they were. If it does say, the runs record it.
fn digits(members: &mut [Member], data: &DataArgs, output: &Output) -> Result<Digits> {
    let config = &members[0].config;
    let record = config.trained_on.clone();
    let conversion = record.as_ref().map(|record| record.conversion);
    let conversion = conversion.unwrap_or_default();
    let folder = data.recorded_folder()?.or(config.data.clone());
    let split = Split::of(config);
    let loaded = load(folder.as_deref(), conversion, split.part(), output)?;
    let digits = Digits::new(split, loaded)?;
    let found = digits.record(conversion);
    if let Some(record) = &record {
        check_digits(record, &found, &digits.source, data, output)?;
    }
    if data.data.is_some() {
        for member in members {
            member.config.data = folder.clone();
            member.config.trained_on = Some(found.clone());
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
        Ok(Member::new(config, folder))
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
            let folder = RunFolder::of_seed(path, seed);
            members.push(Member::new(first.of_seed(seed), folder));
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
