//! Options that several commands share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use super::Output;
use super::compiling::Compiling;
use crate::compute::{Compute, Ensemble};
use crate::gpu::{AdapterChoice, DeviceOptions, Found, Otherwise};
use crate::model::{Architecture, C3Connections, Choices, Head, Model, Subsampling};
use crate::platform::block_on;
use crate::store::{RunError, RunFolder, tuned};
use crate::sweep::SweepFolder;

/// Folder that runs go into.
pub const RUNS: &str = "runs";

/// Makes a folder in `parent` that is named after the time.
///
/// # Errors
/// If it cannot be made.
pub fn folder_by_time(parent: &Path) -> Result<RunFolder, RunError> {
    let time = jiff::Zoned::now().strftime("%Y-%m-%d_%H-%M-%S").to_string();
    RunFolder::create_numbered(parent, &time)
}

/// `--adapter`.
#[derive(Debug, Args)]
pub struct AdapterArgs {
    /// Where to compute: auto (a hardware GPU if there is one, else the CPU), cpu, vulkan, metal,
    /// dx12, gl, or an index or part of a name from `lenet-gpu adapters` (a number is an index if the
    /// list goes that far)
    #[arg(long, default_value = "auto", value_name = "ADAPTER")]
    pub adapter: AdapterChoice,
}

impl AdapterArgs {
    /// As [`open`].
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(&self, output: &Output) -> Result<Compute> {
        open(&self.adapter, output)
    }
}

/// The adapter as it was asked for when something was started, by its record.
///
/// # Errors
/// If the record is none of an adapter.
pub fn recorded_choice(record: &str) -> Result<AdapterChoice> {
    let choice = record.parse().map_err(anyhow::Error::msg);
    choice.with_context(|| {
        format!("'{record}' is recorded as its adapter; name another with --adapter")
    })
}

/// Opens what `choice` means and says what that is, and why if it was not asked for. What is compiled
/// for it is kept for the next run, and shown while that is going on.
///
/// # Errors
/// If it cannot be opened.
pub fn open(choice: &AdapterChoice, output: &Output) -> Result<Compute> {
    let found = block_on(Found::of(choice, Otherwise::CpuPath))?;
    let compiling = Compiling::new(output, &found);
    let options = DeviceOptions {
        kernels: compiling.kept(),
        observer: Some(Arc::new(compiling)),
    };
    open_found(found, options, output)
}

/// Opens `found` as `options` say, and says what it is, and why if it was not asked for.
///
/// # Errors
/// If it cannot be opened.
pub fn open_found(found: Found, options: DeviceOptions, output: &Output) -> Result<Compute> {
    let reason = reason(&found).unwrap_or_default();
    let compute = tuned(block_on(Compute::of(found, options))?)?;
    output.note(format!("Computing on {}{reason}.", compute.describe()));
    Ok(compute)
}

/// Why `auto` took what it took, as the end of a sentence.
fn reason(found: &Found) -> Option<String> {
    let advice = match found.passed_over() {
        Some(adapter) => format!("; try one with --adapter {}", adapter.backend),
        None => String::new(),
    };
    Some(format!(", because {}{advice}", found.reason()?))
}

/// The choices in the network.
#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// LeNet-5, or its small forerunner LeNet-1, which has a softmax head
    #[arg(long, value_name = "NAME")]
    pub network: Option<Architecture>,
    /// How S2 and S4 halve their maps
    #[arg(long, value_name = "KIND")]
    pub subsampling: Option<Subsampling>,
    /// Which S2 maps each C3 map reads
    #[arg(long, value_name = "TABLE")]
    pub c3: Option<C3Connections>,
    /// The output layer
    #[arg(long, value_name = "HEAD")]
    pub head: Option<Head>,
}

impl NetworkArgs {
    /// Whether none is given.
    pub fn is_empty(&self) -> bool {
        let Self {
            network,
            subsampling,
            c3,
            head,
        } = self;
        network.is_none() && subsampling.is_none() && c3.is_none() && head.is_none()
    }

    /// The choices of a preset, with those given instead of its own.
    pub fn apply(&self, preset: Choices) -> Choices {
        let choices = match self.network {
            Some(Architecture::Lenet1) => Choices {
                subsampling: preset.subsampling,
                c3: preset.c3,
                ..Choices::lenet1()
            },
            Some(architecture) => Choices {
                architecture,
                ..preset
            },
            None => preset,
        };
        Choices {
            architecture: choices.architecture,
            subsampling: self.subsampling.unwrap_or(choices.subsampling),
            c3: self.c3.unwrap_or(choices.c3),
            head: self.head.unwrap_or(choices.head),
        }
    }
}

/// Loads the model that `path` names, a file or the folder of a run, or without it that of the newest
/// run.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn load_model(path: Option<&Path>, output: &Output) -> Result<Model> {
    Ok(load_named_model(path, output)?.model)
}

/// As [`load_model`], with the file that it was read from.
///
/// # Errors
/// Those of [`load_model`].
pub fn load_named_model(path: Option<&Path>, output: &Output) -> Result<NamedModel> {
    let file = match path {
        Some(path) if path.is_dir() => {
            let mut models = models_in(path)?;
            ensure!(
                models.len() == 1,
                "'{}' holds the runs of several seeds: name one of them, as in '{}'",
                path.display(),
                models[0].parent().unwrap_or(path).display()
            );
            models.remove(0)
        }
        Some(path) => path.to_owned(),
        None => newest_model()?,
    };
    load(file, output)
}

/// A model, and the file it was read from.
pub struct NamedModel {
    /// The file.
    pub file: PathBuf,
    /// What is in it.
    pub model: Model,
}

/// The models of `paths`, each as for [`load_model`] or the folder of a run of several seeds, which stands
/// for all of them; the newest under `runs/` if no path is given. At least one.
///
/// # Errors
/// If one cannot be read.
pub fn load_models(paths: &[PathBuf], output: &Output) -> Result<Vec<NamedModel>> {
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => files.extend(models_in(path)?),
            false => files.push(path.clone()),
        }
    }
    if paths.is_empty() {
        files.push(newest_model()?);
    }
    files.into_iter().map(|file| load(file, output)).collect()
}

/// The models of `paths`, as for [`load_models`], that others learn from; none if no path is given.
///
/// # Errors
/// If one cannot be read.
pub fn load_teachers(paths: &[PathBuf], output: &Output) -> Result<Vec<Model>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let named = load_models(paths, output)?.into_iter();
    Ok(named.map(|named| named.model).collect())
}

/// The ensemble of `named`, and their files.
///
/// # Errors
/// If they cannot answer together, with the order that they are in.
pub fn ensemble_of(named: Vec<NamedModel>) -> Result<(Vec<PathBuf>, Ensemble)> {
    let (files, models): (Vec<_>, Vec<_>) = named
        .into_iter()
        .map(|named| (named.file, named.model))
        .unzip();
    let ensemble = Ensemble::of(models).with_context(|| {
        let files: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        format!("of the models {}", files.join(", "))
    })?;
    Ok((files, ensemble))
}

fn load(file: PathBuf, output: &Output) -> Result<NamedModel> {
    let model = Model::load(&file)?;
    output.note(format!("Model {}.", file.display()));
    Ok(NamedModel { file, model })
}

/// The model in the folder of a run, or those of its seeds.
///
/// # Errors
/// If it is the folder of a sweep, whose combinations are different networks.
fn models_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let sweep = SweepFolder::open(folder);
    if sweep.is_one() {
        let first = sweep.run(&sweep.read()?.plan, 0);
        bail!(
            "'{}' is the folder of a sweep: name one of its combinations, as in '{}'",
            folder.display(),
            first.path().display()
        );
    }
    let seeds = RunFolder::open_seeds(folder);
    Ok(match seeds.is_empty() {
        true => vec![RunFolder::open(folder).model()],
        false => seeds.iter().map(RunFolder::model).collect(),
    })
}

/// The model that was written last under `runs/`.
fn newest_model() -> Result<PathBuf> {
    let written = |path: &PathBuf| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    let newest = match Path::new(RUNS).read_dir() {
        Ok(entries) => entries
            .flatten()
            .flat_map(|entry| {
                let run = RunFolder::open(&entry.path());
                let seeds = RunFolder::open_seeds(run.path());
                std::iter::once(run).chain(seeds)
            })
            .map(|run| run.model())
            .filter(|model| model.is_file())
            .max_by_key(written),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).context(format!("cannot look into '{RUNS}'")),
    };
    match newest {
        Some(model) => Ok(model),
        None => bail!(
            "no model was named and there is none under '{RUNS}': train one with `lenet-gpu \
             train` (for lines of digits with `--recipe strings`), or name a model.safetensors or the folder of a run"
        ),
    }
}
