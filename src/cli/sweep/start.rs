//! A sweep that is ready to be trained: a new one, or one that is in a folder.

use std::path::Path;

use anyhow::{Result, ensure};

use super::args::SweepArgs;
use super::axes::combinations;
use crate::cli::Output;
use crate::cli::data_args::load;
use crate::cli::digits::{Digits, Split};
use crate::cli::options::{folder_by_time, load_teachers, open, recorded_choice};
use crate::cli::plan::{PlanChoice, PlanRequest};
use crate::compute::Compute;
use crate::gpu::{AdapterChoice, missing_in_fused_plan};
use crate::model::Model;
use crate::sweep::{Combination, Description, Plan, Setting, Shard, SweepFolder};
use crate::train::TeacherDefaults;

/// Folder that sweeps go into.
const SWEEPS: &str = "sweeps";

/// Digits held out unless another number is asked for.
const VALIDATION: usize = 10_000;

/// A sweep that is ready to be trained.
pub struct Prepared {
    /// Where it is.
    pub folder: SweepFolder,
    /// What it was started with.
    pub description: Description,
    /// The digits of all combinations.
    pub digits: Digits,
    /// The models that combinations learn from.
    pub teachers: Vec<Model>,
    /// Where each combination is computed, in their order.
    pub computes: Vec<Compute>,
}

/// Begins the sweep that `args` describe, or goes on with it if it is in its folder already.
///
/// # Errors
/// If an option makes no sense, the folder holds anything else, or something cannot be opened, read or
/// made. Nothing is left then.
pub fn begin(args: &SweepArgs, output: &Output) -> Result<Prepared> {
    let mut combinations = combinations(&args.vary, &args.case, &args.given.0)?;
    let teachers = load_teachers(&args.teacher, output)?;
    match teachers.is_empty() {
        true => ensure_no_share(&combinations)?,
        false => leave_a_share(&mut combinations, &args.given.0),
    }
    let seeds = args.runs.seeds()?;
    let out = args.out.as_deref().map(SweepFolder::open);
    if let Some(folder) = &out {
        folder.ensure_free()?;
    }
    let data = args.data.recorded_folder()?;
    let choice = args.adapter.clone().unwrap_or_default();
    let compute = open(&choice, output)?;
    let split = Split {
        validation: args.validation.unwrap_or(VALIDATION),
        samples: args.runs.samples,
    };
    let digits = Digits::new(split, args.data.load(split.part(), output)?)?;
    digits.warn_of_teachers(&teachers, args.data.conversion(), output);
    let plan = Plan {
        combinations,
        seeds,
        validation: split.validation,
        samples: split.samples,
        trained_on: digits.record(args.data.conversion()),
        held_out: digits.watched().record(),
        teachers: teachers.iter().map(Model::checksum).collect(),
    };
    plan.check().map_err(anyhow::Error::msg)?;
    let mut description = Description::of(plan);
    description.data = data;
    description.checkpoint_every = args.runs.checkpoint_every.unwrap_or(1);
    description.adapter_choice = choice.to_string();
    description.step_plan = args.runs.plan.and_then(PlanChoice::plan);
    description.fixed = args.given.0.clone();
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let computes = computes(&compute, &choice, &description, shard, &digits, output)?;
    let folder = match out {
        Some(folder) => folder,
        None => SweepFolder::open(folder_by_time(Path::new(SWEEPS))?.path()),
    };
    folder.claim(&description)?;
    folder.keep_teachers(&teachers)?;
    Ok(Prepared {
        teachers,
        folder,
        description,
        digits,
        computes,
    })
}

/// Reads the sweep in the folder `path`, to be gone on with.
///
/// # Errors
/// If there is none, or the adapter or the digits cannot be had or are others.
pub fn resume(path: &Path, args: &SweepArgs, output: &Output) -> Result<Prepared> {
    let folder = SweepFolder::open(path);
    let mut description = folder.read()?;
    let teachers = folder.teachers(&description.plan)?;
    let choice = match &args.adapter {
        Some(choice) => choice.clone(),
        None => recorded_choice(&description.adapter_choice)?,
    };
    let compute = open(&choice, output)?;
    if let Some(data) = args.data.recorded_folder()? {
        description.data = Some(data);
    }
    let digits = digits(&description, output)?;
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let computes = computes(&compute, &choice, &description, shard, &digits, output)?;
    Ok(Prepared {
        folder,
        description,
        digits,
        teachers,
        computes,
    })
}

/// Fails if one of `combinations` leaves teachers a share, of which there are none.
fn ensure_no_share(combinations: &[Combination]) -> Result<()> {
    for combination in combinations {
        let share = combination.recipe.teacher_share;
        ensure!(
            share == 0.0,
            "{}: --teacher-share is {share}, but there are no teachers: name models with --teacher",
            combination.name()
        );
    }
    Ok(())
}

/// Leaves teachers their share in all `combinations` that do not say how large it is, nor what is `given`.
fn leave_a_share(combinations: &mut [Combination], given: &[Setting]) {
    for Combination { settings, recipe } in combinations {
        let mut all = given.iter().chain(settings.iter());
        let is_said = all.any(|setting| setting.option == "teacher-share");
        if !is_said && !recipe.has_teachers() {
            recipe.teacher_share = TeacherDefaults::SHARE;
        }
    }
}

/// The digits of a sweep that was begun.
fn digits(description: &Description, output: &Output) -> Result<Digits> {
    let plan = &description.plan;
    let split = Split {
        validation: plan.validation,
        samples: plan.samples,
    };
    let conversion = plan.trained_on.conversion;
    let loaded = load(
        description.data.as_deref(),
        conversion,
        split.part(),
        output,
    )?;
    let digits = Digits::new(split, loaded)?;
    let found = (digits.record(conversion), digits.watched().record());
    ensure!(
        found == (plan.trained_on.clone(), plan.held_out.clone()),
        "the digits in {} are not those that the sweep was started with, so that errors would not compare: \
         put those back, or say with --data where they are",
        digits.source
    );
    Ok(digits)
}

/// Where each combination is computed, and by which plan; of those outside of `shard`, that is not asked.
fn computes(
    compute: &Compute,
    choice: &AdapterChoice,
    description: &Description,
    shard: Shard,
    digits: &Digits,
    output: &Output,
) -> Result<Vec<Compute>> {
    // Not every recipe has a choice of plans.
    let mut by_batch: Vec<((usize, bool), Compute)> = Vec::new();
    let of_combination = |(place, combination): (usize, &Combination)| {
        let recipe = &combination.recipe;
        let kind = (recipe.batch, missing_in_fused_plan(recipe).is_some());
        let known = by_batch.iter().find(|(known, _)| *known == kind);
        if let Some((_, known)) = known {
            return Ok(known.clone());
        }
        if !shard.has(place) {
            return Ok(compute.clone());
        }
        let request = PlanRequest {
            adapter: choice,
            plan: PlanChoice::of(description.step_plan),
            recipe,
            digits: &digits.train,
        };
        let chosen = request.apply(compute.clone(), output)?;
        by_batch.push((kind, chosen.clone()));
        Ok(chosen)
    };
    let combinations = description.plan.combinations.iter().enumerate();
    combinations.map(of_combination).collect()
}
