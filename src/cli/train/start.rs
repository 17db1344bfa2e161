//! Starting a new run.

use std::path::Path;

use anyhow::{Result, bail};

use super::args::TrainArgs;
use super::first_stage::{self, FirstStage};
use super::training_run::TrainingRun;
use crate::cli::Output;
use crate::cli::digits::{Digits, Split};
use crate::cli::options::{RUNS, folder_by_time, open};
use crate::cli::plan::PlanRequest;
use crate::compute::Compute;
use crate::store::{RunConfig, RunError, RunFolder, is_vacant};
use crate::train::{Member, Origin};

/// Makes the folders of a new run.
///
/// # Errors
/// If an option makes no sense, the folder exists, or something cannot be opened, read or made.
pub fn prepare(args: &TrainArgs, output: &Output) -> Result<TrainingRun> {
    let mut recipe = args.recipe.recipe(&args.network, args.passes)?;
    let (preset, share) = (args.recipe.preset(), args.recipe.teacher_share());
    let (teachers, given) = args.teachers.resolve(preset, share, &mut recipe, output)?;
    let checkpoint_every = args.runs.checkpoint_every.unwrap_or(1);
    let seeds = args.runs.seeds()?;
    if let Some(path) = args.out.as_deref().filter(|path| !is_vacant(path)) {
        bail!(RunError::Exists(path.to_owned()));
    }
    if let Some(film) = &args.start.film {
        film.ensure_free(args.out.as_deref().unwrap_or(Path::new(RUNS)))?;
    }
    let data = args.data.recorded_folder()?;
    let choice = args.adapter.clone().unwrap_or_default();
    let opened = open(&choice, output)?;
    let config = |compute: &Compute| RunConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        recipe: recipe.clone(),
        seed: seeds.start,
        seeds: (seeds.len() > 1).then(|| seeds.clone()),
        data: data.clone(),
        trained_on: None,
        validation: args.start.validation.unwrap_or(0),
        samples: args.runs.samples,
        checkpoint_every,
        adapter_choice: choice.to_string(),
        adapter: compute.describe(),
        variant: compute.variant_at(recipe.batch),
        teachers: teachers.clone(),
        raises: Vec::new(),
    };
    let planned = config(&opened);
    planned.check()?;
    let split = Split::of(&planned);
    let digits = Digits::new(split, args.data.load(split.part(), output)?)?;
    recipe.check_length(recipe.samples_of(digits.train.len()))?;
    let request = PlanRequest {
        adapter: &choice,
        plan: args.runs.plan.unwrap_or_default(),
        recipe: &recipe,
        digits: &digits.train,
    };
    let compute = request.apply(opened.clone(), output)?;
    let of_teachers = first_stage::compute(teachers.as_ref(), &request, &opened, output)?;
    digits.warn_of_teachers(&given, args.data.conversion(), output);
    let (folder, is_new) = folder(args.out.as_deref())?;
    let lock = folder.lock()?;
    let first = RunConfig {
        trained_on: Some(digits.record(args.data.conversion())),
        ..config(&compute)
    };
    let mut members = Member::all(&first, &folder);
    let teachers = of_teachers.map(|compute| FirstStage::of_new(&members, compute));
    for member in &mut members {
        member.teachers.clone_from(&given);
    }
    Ok(TrainingRun {
        origin: match teachers {
            // They have been written down together with their teachers.
            Some(_) => Origin::Checkpoint,
            None => Origin::Scratch,
        },
        teachers,
        folder: folder.path().to_owned(),
        members,
        digits,
        compute,
        film: args.start.film.clone(),
        lock: Some(lock),
        is_new,
    })
}

/// The folder `out` for a run, or `runs/<time>`; and whether it was made for it.
fn folder(out: Option<&Path>) -> Result<(RunFolder, bool)> {
    Ok(match out {
        None => (folder_by_time(Path::new(RUNS))?, true),
        Some(path) if path.is_dir() && is_vacant(path) => (RunFolder::open(path), false),
        Some(path) => (RunFolder::create(path)?, true),
    })
}
