//! Starting a new run.

use std::path::Path;

use anyhow::{Result, bail};

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
    let recipe = args.recipe.recipe(&args.network, args.passes)?;
    let checkpoint_every = args.start.checkpoint_every.unwrap_or(1);
    let seeds = args.start.seeds()?;
    if let Some(path) = args.out.as_deref().filter(|path| is_taken(path)) {
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
        seeds: (seeds.len() > 1).then(|| seeds.clone()),
        data: data.clone(),
        trained_on: None,
        validation: args.start.validation.unwrap_or(0),
        samples: args.start.samples,
        checkpoint_every,
        adapter_choice: choice.to_string(),
        adapter: compute.describe(),
        variant: compute.variant_at(recipe.batch),
        raises: Vec::new(),
    };
    let first = config(seeds.start, &compute);
    first.check()?;
    let digits = Digits::new(&first, args.data.load(part(&first), output)?)?;
    recipe.check_length(digits.train.len())?;
    let trained_on = Some(digits.record(args.data.conversion()));
    let request = PlanRequest {
        adapter: &choice,
        plan: args.start.plan.unwrap_or_default(),
        recipe: &recipe,
        digits: &digits.train,
    };
    let compute = request.apply(compute, output)?;
    let (folder, is_new) = folder(args.out.as_deref())?;
    let lock = folder.lock()?;
    let members = seeds.clone().map(|seed| {
        let config = RunConfig {
            trained_on: trained_on.clone(),
            ..config(seed, &compute)
        };
        let folder = match config.seeds {
            None => folder.clone(),
            Some(_) => RunFolder::of_seed(folder.path(), seed),
        };
        Member { config, folder }
    });
    Ok(TrainingRun {
        folder: folder.path().to_owned(),
        members: members.collect(),
        digits,
        compute,
        origin: Origin::Scratch,
        film: args.start.film.clone(),
        lock: Some(lock),
        is_new,
    })
}

/// Whether something is in the way of a run at `path`: a file, or a folder that is not empty.
fn is_taken(path: &Path) -> bool {
    let is_empty = |path: &Path| {
        path.read_dir()
            .is_ok_and(|mut inside| inside.next().is_none())
    };
    path.exists() && !is_empty(path)
}

/// The folder `out` for a run, or `runs/<time>`; and whether it was made for it.
fn folder(out: Option<&Path>) -> Result<(RunFolder, bool)> {
    Ok(match out {
        None => {
            let time = jiff::Zoned::now().strftime("%Y-%m-%d_%H-%M-%S").to_string();
            (RunFolder::create_numbered(Path::new(RUNS), &time)?, true)
        }
        Some(path) if path.is_dir() && !is_taken(path) => (RunFolder::open(path), false),
        Some(path) => (RunFolder::create(path)?, true),
    })
}
