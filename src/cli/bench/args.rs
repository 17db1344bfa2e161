//! The options of `bench`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::bench::{Goal, Mode, Sweep, Wanted};
use crate::cli::data_args::DataArgs;
use crate::cli::plan::PlanChoice;
use crate::cli::result_files::{ensure_new, ensure_writable};
use crate::gpu::{
    AdapterChoice, AdapterDescription, Found, Otherwise, list_adapters, missing_in_fused_plan,
};
use crate::platform::block_on;
use crate::train::Preset;

/// Options of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Adapters to measure, in turns with the CPU path: auto (a software adapter where there is no
    /// GPU), all (every one that can be used), or a list of what `lenet-gpu adapters` names
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "auto",
        value_name = "ADAPTER,…"
    )]
    adapter: Vec<AdapterArg>,
    /// Batch sizes: samples per update in training, samples computed at once in inference
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1,16,64,256,1024",
        value_name = "N,…"
    )]
    batch: Vec<usize>,
    /// Networks trained side by side, with seeds from --seed on; samples are counted over all of them
    #[arg(long, value_delimiter = ',', default_value = "1", value_name = "N,…")]
    models: Vec<NonZeroUsize>,
    /// The recipe that is trained; its batch size is replaced by those of --batch
    #[arg(long, value_enum, default_value_t = Preset::Default, value_name = "NAME")]
    recipe: Preset,
    /// Plans of a training step that adapters take turns with
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "auto",
        value_name = "PLAN,…",
        conflicts_with = "dispatch"
    )]
    plan: Vec<PlanChoice>,
    /// What to measure
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "train,infer",
        value_name = "MODE,…"
    )]
    mode: Vec<Mode>,
    /// Also time the kernels of a training step, at every batch size
    #[arg(long)]
    pub kernels: bool,
    /// Instead, what it costs each adapter to launch a dispatch, to submit, and to read back
    #[arg(
        long,
        conflicts_with_all = ["batch", "models", "recipe", "mode", "kernels", "time_to"]
    )]
    pub dispatch: bool,
    /// Rounds, in each of which all measurements take a turn; the median is reported
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds of each measurement in each round
    #[arg(long, default_value_t = 1.0)]
    pub seconds: f64,
    /// Instead, train the recipe with its own batch size until the test error is at most this many per
    /// cent
    #[arg(
        long,
        value_name = "PERCENT",
        conflicts_with_all = ["batch", "models", "mode", "kernels", "rounds", "seconds"]
    )]
    time_to: Option<f64>,
    /// Seeds that --time-to trains with, from --seed on [default: 3]
    #[arg(
        long,
        value_name = "N",
        requires = "time_to",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    seeds: Option<u32>,
    /// Seed of the initial weights and of the order of the digits
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
    /// Keep the samples/s of every round in a new file, for --compare
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dispatch", "time_to"])]
    pub save: Option<PathBuf>,
    /// Measure again what --save kept in a file, on the same adapters with the same settings, and
    /// compare
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "adapter", "batch", "models", "plan", "recipe", "mode", "rounds", "seconds", "seed", "dispatch",
            "time_to",
        ]
    )]
    pub compare: Option<PathBuf>,
    /// Write all measurements to a CSV file
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Draw the result as a bar chart into a PNG file
    #[arg(long, value_name = "FILE.png")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataArgs,
}

/// An argument of `--adapter`.
#[derive(Clone, Debug)]
enum AdapterArg {
    All,
    Choice(AdapterChoice),
}

impl FromStr for AdapterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.eq_ignore_ascii_case("all") {
            true => Ok(Self::All),
            false => text.parse().map(Self::Choice),
        }
    }
}

impl AdapterArg {
    /// The adapters it stands for.
    fn choices(&self) -> Result<Vec<AdapterChoice>> {
        let index = |adapter: &AdapterDescription| AdapterChoice::Index(adapter.index);
        Ok(match self {
            Self::All => {
                let list = block_on(list_adapters())?;
                let usable = list.adapters.iter().filter(|adapter| adapter.usable);
                usable.map(index).collect()
            }
            Self::Choice(AdapterChoice::Auto) => {
                let found = block_on(Found::of(&AdapterChoice::Auto, Otherwise::Software))?;
                vec![found.adapter().map_or(AdapterChoice::Cpu, index)]
            }
            Self::Choice(choice) => vec![choice.clone()],
        })
    }
}

impl BenchArgs {
    /// Refuses what would otherwise fail after minutes of measuring.
    ///
    /// # Errors
    /// Names the option, its value and what is expected.
    pub fn check(&self) -> Result<()> {
        if let Some(percent) = self.time_to {
            ensure!(
                percent > 0.0 && percent < 100.0,
                "--time-to is {percent}, expected a test error between 0 and 100 per cent"
            );
        }
        let by_fused_plan = |plan: &PlanChoice| *plan == PlanChoice::Fused;
        if let Some(missing) = missing_in_fused_plan(&self.recipe.recipe())
            && self.plan.iter().any(by_fused_plan)
        {
            bail!(
                "--plan fused has no {missing}, which --recipe {} takes: leave it out, and the layered plan is taken",
                self.recipe.name()
            );
        }
        for (option, file) in [("--csv", &self.csv), ("--plot", &self.plot)] {
            if let Some(file) = file {
                ensure_writable(option, file)?;
            }
        }
        if let Some(file) = &self.save {
            ensure_new("--save", file)?;
        }
        if let Some(file) = &self.plot {
            let is_png = |extension: &std::ffi::OsStr| extension.eq_ignore_ascii_case("png");
            ensure!(
                file.extension().is_some_and(is_png),
                "--plot is '{}', expected the name of a PNG file, as in speed.png",
                file.display()
            );
        }
        Ok(())
    }

    /// What is measured, unless it is the time to an error.
    ///
    /// # Errors
    /// If a value is out of range.
    pub fn sweep(&self) -> Result<Sweep> {
        Sweep::new(
            self.recipe,
            self.mode.clone(),
            self.batch.clone(),
            self.models.iter().map(|models| models.get()).collect(),
            self.rounds,
            self.seconds,
            self.seed,
        )
    }

    /// The error to reach, if it is the time to one that is measured.
    pub fn goal(&self) -> Option<Goal> {
        self.time_to.map(|error_percent| Goal {
            preset: self.recipe,
            error_percent,
            seed: self.seed,
            seeds: self.seeds.unwrap_or(3),
        })
    }

    /// Whether anything but the CPU path was asked for.
    pub fn wants_an_adapter(&self) -> bool {
        let is_cpu = |wanted: &AdapterArg| matches!(wanted, AdapterArg::Choice(AdapterChoice::Cpu));
        !self.adapter.iter().all(is_cpu)
    }

    /// The CPU path, and the adapters asked for with each plan.
    ///
    /// # Errors
    /// As [`BenchArgs::choices`].
    pub fn wanted(&self) -> Result<Vec<Wanted>> {
        let by_plans = |choice: AdapterChoice| {
            let plans = match choice {
                AdapterChoice::Cpu => vec![None],
                _ => self.plan.iter().map(|plan| plan.plan()).collect(),
            };
            let wanted = move |plan| Wanted {
                choice: choice.clone(),
                plan,
            };
            plans.into_iter().map(wanted)
        };
        Ok(self.choices()?.into_iter().flat_map(by_plans).collect())
    }

    /// The CPU path and the adapters asked for, each once; for the cost of dispatches no CPU path,
    /// which makes none.
    ///
    /// # Errors
    /// If nothing is left, or adapters cannot be looked for as the environment says.
    pub fn choices(&self) -> Result<Vec<AdapterChoice>> {
        let mut choices = vec![AdapterChoice::Cpu];
        for wanted in &self.adapter {
            for choice in wanted.choices()? {
                if !choices.contains(&choice) {
                    choices.push(choice);
                }
            }
        }
        if self.dispatch {
            choices.retain(|choice| *choice != AdapterChoice::Cpu);
            ensure!(
                !choices.is_empty(),
                "--dispatch measures adapters, and there is none: name one with --adapter \
                 (`lenet-gpu adapters` lists what this machine offers)"
            );
        }
        Ok(choices)
    }
}
