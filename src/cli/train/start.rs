//! Starting a new run.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::args::TrainArgs;
use super::digits::{Digits, part};
use super::training_run::TrainingRun;
use crate::cli::Output;
use crate::cli::options::{RUNS, open};
use crate::cli::plan::PlanRequest;
use crate::compute::Compute;
use crate::store::{RunConfig, RunError, RunFolder};
use crate::train::{Member, Origin};

/// Makes the folders of a new run.
///
/// # Errors
/// If an option makes no sense, the folder exists, or something cannot be opened, read or made.
pub fn prepare(args: &TrainArgs, output: &Output) -> Result<TrainingRun> {
    let recipe = args.recipe.recipe(&args.network)?;
    let checkpoint_every = args.start.checkpoint_every.unwrap_or(1);
    ensure!(
        checkpoint_every > 0,
        "--checkpoint-every is 0, expected at least 1"
    );
    ensure!(
        args.start.samples != Some(0),
        "--samples is 0, expected at least 1"
    );
    let seeds = args.start.seeds()?;
    if let Some(path) = args.out.as_deref().filter(|path| path.exists()) {
        bail!(RunError::Exists(path.to_owned()));
    }
    if let Some(film) = &args.start.film {
        film.ensure_free(args.out.as_deref().unwrap_or(Path::new(RUNS)))?;
    }
    let data = args.data.recorded_folder()?;
    let choice = args.adapter.clone().unwrap_or_default();
    let compute = open(&choice, output)?;
    let config = |seed, compute: &Compute| RunConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        recipe: recipe.clone(),
        seed,
        data: data.clone(),
        trained_on: None,
        validation: args.start.validation.unwrap_or(0),
        samples: args.start.samples,
        checkpoint_every,
        adapter_choice: choice.to_string(),
        adapter: compute.describe(),
        variant: compute.variant_at(recipe.batch),
    };
    let first = config(seeds.start, &compute);
    let digits = Digits::new(&first, args.data.load(part(&first), output)?)?;
    let trained_on = Some(digits.record(args.data.conversion()));
    let request = PlanRequest {
        adapter: &choice,
        plan: args.start.plan.unwrap_or_default(),
        recipe: &recipe,
        digits: &digits.train,
    };
    let compute = request.apply(compute, output)?;
    let folder = match &args.out {
        Some(path) => RunFolder::create(path)?,
        None => RunFolder::create(&free_run_path())?,
    };
    let config = |seed| RunConfig {
        trained_on: trained_on.clone(),
        ..config(seed, &compute)
    };
    let members = members(&folder, seeds.map(config).collect())?;
    Ok(TrainingRun {
        folder: folder.path().to_owned(),
        members,
        digits,
        compute,
        origin: Origin::Scratch,
        film: args.start.film.clone(),
    })
}

/// New runs, each in its own folder within `folder`; a single one in `folder` itself.
fn members(folder: &RunFolder, configs: Vec<RunConfig>) -> Result<Vec<Member>> {
    let alone = configs.len() == 1;
    let member = |config: RunConfig| {
        let folder = match alone {
            true => folder.clone(),
            false => RunFolder::create_of_seed(folder.path(), config.seed)?,
        };
        Ok(Member { config, folder })
    };
    configs.into_iter().map(member).collect()
}

/// `runs/<time>`, followed by a number if that exists.
fn free_run_path() -> PathBuf {
    let time = jiff::Zoned::now().strftime("%Y-%m-%d_%H-%M-%S").to_string();
    let first = Path::new(RUNS).join(&time);
    let numbered = (2..).map(|number| Path::new(RUNS).join(format!("{time}_{number}")));
    std::iter::once(first)
        .chain(numbered)
        .find(|path| !path.exists())
        .expect("some number is free")
}
