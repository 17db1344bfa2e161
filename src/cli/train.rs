//! `lenet-gpu train`.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::Output;
use super::eval::print_score;
use super::options::{DataArgs, NetworkArgs, RUNS, open};
use crate::compute::Compute;
use crate::data::{Dataset, Mnist};
use crate::gpu::AdapterChoice;
use crate::model::PassTotals;
use crate::model::{Coefficients, Decay, Head, Initialisation, LossKind, Optimiser, Recipe};
use crate::store::{PassRow, RunConfig, RunError, RunFolder, write_whole};
use crate::train::{Ended, Member, Observer, Origin, Preset, SeedsScore, Session, Summary};

/// What a shell expects of a program that Ctrl-C ended.
pub(super) const INTERRUPTED: u8 = 130;

/// Errors above this are no better than a network that always gives one of a few answers.
const GUESSING_PERCENT: f64 = 70.0;

/// What several seeds of a run came to, in its folder.
const SEEDS_FILE: &str = "seeds.json";

/// Options of `train`.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub struct TrainArgs {
    /// Where to compute: auto (a hardware GPU if there is one, else the CPU), cpu, vulkan, metal,
    /// dx12, gl, or an index or part of a name from `lenet-gpu adapters` [default: auto, or what
    /// a resumed run was started with]
    #[arg(long, value_name = "ADAPTER")]
    adapter: Option<AdapterChoice>,
    /// Folder for the run, which must not be there yet [default: runs/<time>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Continue the run in this folder from its last checkpoint
    // clap leaves the group of a struct empty where that flattens another: these lie side by side.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["out", "StartArgs", "DataArgs", "RecipeArgs", "NetworkArgs"]
    )]
    resume: Option<PathBuf>,
    #[command(flatten)]
    start: StartArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    recipe: RecipeArgs,
    #[command(flatten, next_help_heading = "Network (defaults are the preset's)")]
    network: NetworkArgs,
}

/// What a new run is started with, besides its recipe.
#[derive(Debug, Args)]
struct StartArgs {
    /// Seed of the initial weights and of the order of the digits [default: 0]
    #[arg(long)]
    seed: Option<u32>,
    /// Train N networks side by side, with seeds from --seed on, each in a folder of its own
    /// within that of the run, and report the spread of their errors and the error of all together
    /// [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: Option<u32>,
    /// Hold out the last N training digits and watch the error on them, not on the test set
    #[arg(long, value_name = "N")]
    validation: Option<usize>,
    /// Train on the first N digits only
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// Passes between checkpoints; there is always one after the last [default: 1]
    #[arg(long, value_name = "N")]
    checkpoint_every: Option<usize>,
}

impl StartArgs {
    /// The seeds that are trained.
    fn seeds(&self) -> Result<Range<u32>> {
        let (first, count) = (self.seed.unwrap_or(0), self.seeds.unwrap_or(1));
        let end = first.checked_add(count).with_context(|| {
            format!(
                "--seed {first} leaves no room for {count} seeds: the largest is {}",
                u32::MAX
            )
        })?;
        Ok(first..end)
    }
}

/// The recipe: a preset, and what is to be different from it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recipe (defaults are the preset's)")]
struct RecipeArgs {
    /// A named recipe [default: default]
    #[arg(long, value_name = "NAME")]
    recipe: Option<Preset>,
    /// Distort each training digit afresh in each pass: bound of the random part of the linear map
    #[arg(long, value_name = "SHARE")]
    distort: Option<f32>,
    /// Likewise: bound of the random shift, in pixels
    #[arg(long, value_name = "PIXELS")]
    shift: Option<f32>,
    /// Likewise: bound of the random rotation
    #[arg(long, value_name = "DEGREES")]
    rotate: Option<f32>,
    /// Likewise: bound of the random scaling of x and of y, each by its own
    #[arg(long, value_name = "SHARE")]
    scale: Option<f32>,
    /// Likewise: bound of the random horizontal shear
    #[arg(long, value_name = "SHARE")]
    shear: Option<f32>,
    /// Likewise: deviation of the random elastic displacements, in pixels
    #[arg(long, value_name = "PIXELS")]
    elastic: Option<f32>,
    /// Smoothness of the elastic displacements: the deviation of the Gaussian, in pixels
    #[arg(long, value_name = "PIXELS")]
    smoothness: Option<f32>,
    /// Not afresh: N distorted copies of each digit, fixed for the whole run, beside the digit
    /// itself; a pass shows as many of them all as there are digits. 0 for afresh
    #[arg(long, value_name = "N")]
    fixed_copies: Option<usize>,
    /// Passes over the training set
    #[arg(long)]
    passes: Option<usize>,
    /// Samples an update
    #[arg(long)]
    batch: Option<usize>,
    /// Highest learning rate
    #[arg(long)]
    lr: Option<f32>,
    /// Part of all updates over which the rate climbs from 0
    #[arg(long)]
    warmup: Option<f32>,
    /// Shape of the rate after that
    #[arg(long)]
    decay: Option<Decay>,
    /// Rule of the update
    #[arg(long, alias = "optimizer")]
    optimiser: Option<Optimiser>,
    /// Momentum of SGD and SDLM, or Adam's beta 1
    #[arg(long)]
    momentum: Option<f32>,
    /// Adam's beta 2
    #[arg(long)]
    beta2: Option<f32>,
    /// SDLM's mu, added to the second derivatives by which rates are divided
    #[arg(long)]
    damping: Option<f32>,
    /// Digits on which SDLM estimates the second derivatives before each pass
    #[arg(long, value_name = "N")]
    estimate: Option<usize>,
    /// Decoupled weight decay
    #[arg(long)]
    weight_decay: Option<f32>,
    /// Keep a running average of the weights with this decay and use it as the model; 0 for none
    #[arg(long)]
    average: Option<f32>,
    /// Bound of the uniform initial weights: 2.4/F as in the paper, or √(3/F), F the fan-in
    #[arg(long)]
    init: Option<Initialisation>,
    /// Factor on that bound
    #[arg(long)]
    gain: Option<f32>,
    /// How the coefficients of sub-sampling start
    #[arg(long)]
    coefficients: Option<Coefficients>,
    /// What is minimised with the RBF head: eq. 9 (map) or eq. 8 (mse) of the paper
    #[arg(long)]
    loss: Option<LossKind>,
    /// Factor on the distances in the loss (s)
    #[arg(long)]
    loss_scale: Option<f32>,
    /// Penalty of the rubbish class in eq. 9 (j)
    #[arg(long)]
    rubbish: Option<f32>,
}

impl RecipeArgs {
    /// The preset with what was given replaced.
    fn recipe(&self, network: &NetworkArgs) -> Result<Recipe> {
        let mut recipe = self.recipe.unwrap_or_default().recipe();
        recipe.choices = network.apply(recipe.choices);
        self.apply_loss(&mut recipe)?;
        let replace = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        replace(&mut recipe.rate, self.lr);
        replace(&mut recipe.warmup, self.warmup);
        replace(&mut recipe.momentum, self.momentum);
        replace(&mut recipe.beta2, self.beta2);
        replace(&mut recipe.damping, self.damping);
        replace(&mut recipe.weight_decay, self.weight_decay);
        replace(&mut recipe.average, self.average);
        replace(&mut recipe.gain, self.gain);
        let distortion = &mut recipe.distortion;
        replace(&mut distortion.linear, self.distort);
        replace(&mut distortion.shift, self.shift);
        replace(&mut distortion.rotation, self.rotate);
        replace(&mut distortion.scale, self.scale);
        replace(&mut distortion.shear, self.shear);
        replace(&mut distortion.elastic, self.elastic);
        replace(&mut distortion.smoothness, self.smoothness);
        distortion.fixed_copies = self.fixed_copies.unwrap_or(distortion.fixed_copies);
        recipe.passes = self.passes.unwrap_or(recipe.passes);
        recipe.batch = self.batch.unwrap_or(recipe.batch);
        recipe.estimate_samples = self.estimate.unwrap_or(recipe.estimate_samples);
        recipe.decay = self.decay.unwrap_or(recipe.decay);
        recipe.optimiser = self.optimiser.unwrap_or(recipe.optimiser);
        recipe.initialisation = self.init.unwrap_or(recipe.initialisation);
        recipe.coefficients = self.coefficients.unwrap_or(recipe.coefficients);
        recipe.check().map_err(anyhow::Error::msg)?;
        Ok(recipe)
    }

    fn apply_loss(&self, recipe: &mut Recipe) -> Result<()> {
        if recipe.choices.head == Head::Softmax {
            ensure!(
                self.loss.is_none() && self.loss_scale.is_none() && self.rubbish.is_none(),
                "the softmax head is trained with the cross-entropy; --loss, --loss-scale and \
                 --rubbish belong to --head rbf"
            );
            recipe.loss = Preset::Deck.recipe().loss;
            return Ok(());
        }
        if self.recipe == Some(Preset::Deck) {
            // The deck's network with the paper's head after all.
            recipe.loss = Preset::Default.recipe().loss;
        }
        recipe.loss.kind = self.loss.unwrap_or(recipe.loss.kind);
        recipe.loss.scale = self.loss_scale.unwrap_or(recipe.loss.scale);
        recipe.loss.rubbish = self.rubbish.unwrap_or(recipe.loss.rubbish);
        Ok(())
    }
}

pub(super) fn run(args: TrainArgs, output: &Output) -> Result<ExitCode> {
    match &args.resume {
        Some(folder) => resume(folder, args.adapter.as_ref(), output),
        None => start(&args, output),
    }
}

fn start(args: &TrainArgs, output: &Output) -> Result<ExitCode> {
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
    let data = args.data.load()?;
    let choice = args.adapter.clone().unwrap_or_default();
    let compute = open(&choice, output)?;
    let config = |seed| RunConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        recipe: recipe.clone(),
        seed,
        data: args.data.data.clone(),
        validation: args.start.validation.unwrap_or(0),
        samples: args.start.samples,
        checkpoint_every,
        adapter_choice: choice.to_string(),
        adapter: compute.describe(),
        variant: compute.variant(),
    };
    let sets = Sets::new(&config(seeds.start), data)?;
    let folder = match &args.out {
        Some(path) => RunFolder::create(path)?,
        None => RunFolder::create(&free_run_path())?,
    };
    let members = members(&folder, seeds.map(config).collect())?;
    let run = TrainingRun {
        folder: folder.path(),
        members: &members,
        sets: &sets,
    };
    run.train(&compute, Origin::Scratch, output)
}

/// New runs, each in a folder of its own within `folder`; a single one in `folder` itself.
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

/// The runs of several seeds in the folder `path`, or the one that is there.
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

fn resume(path: &Path, adapter: Option<&AdapterChoice>, output: &Output) -> Result<ExitCode> {
    let members = members_in(path)?;
    let config = &members[0].config;
    let data = Mnist::load(config.data.as_deref())?;
    let sets = Sets::new(config, data)?;
    let recorded = config.adapter_choice.parse().expect("any text is a choice");
    let compute = open(adapter.unwrap_or(&recorded), output)?;
    if compute.describe() != config.adapter {
        output.note(format!(
            "This run was started on {}: on another adapter it goes on, but not bit for bit.",
            config.adapter
        ));
    }
    let run = TrainingRun {
        folder: path,
        members: &members,
        sets: &sets,
    };
    run.train(&compute, Origin::Checkpoint, output)
}

/// `runs/<time>`, with a number behind it if that is taken.
fn free_run_path() -> PathBuf {
    let time = jiff::Zoned::now().strftime("%Y-%m-%d_%H-%M-%S").to_string();
    let first = Path::new(RUNS).join(&time);
    let numbered = (2..).map(|number| Path::new(RUNS).join(format!("{time}_{number}")));
    std::iter::once(first)
        .chain(numbered)
        .find(|path| !path.exists())
        .expect("some number is free")
}

/// The digits of a run.
struct Sets {
    train: Dataset,
    validation: Option<Dataset>,
    test: Dataset,
    source: String,
}

impl Sets {
    fn new(config: &RunConfig, data: Mnist) -> Result<Self> {
        let (train, validation) = match config.validation {
            0 => (data.train, None),
            held_out => {
                let (train, validation) = data.train.split_last(held_out)?;
                (train, Some(validation))
            }
        };
        let train = match config.samples {
            Some(samples) if samples > train.len() => bail!(
                "--samples is {samples}, but there are only {} digits to train on",
                train.len()
            ),
            Some(samples) => train.take_first(samples),
            None => train,
        };
        Ok(Self {
            train,
            validation,
            test: data.test,
            source: data.source,
        })
    }
}

/// A run of one seed or of several.
struct TrainingRun<'a> {
    folder: &'a Path,
    members: &'a [Member],
    sets: &'a Sets,
}

impl TrainingRun<'_> {
    /// What all members share.
    fn config(&self) -> &RunConfig {
        &self.members[0].config
    }

    fn train(&self, compute: &Compute, from: Origin, output: &Output) -> Result<ExitCode> {
        let stop = stop_on_ctrl_c()?;
        let (recipe, sets) = (&self.config().recipe, self.sets);
        output.note(format!(
            "Training {}on {} digits ({}) for {} in batches of {}, into {}.",
            self.describe_seeds(),
            sets.train.len(),
            sets.source,
            count_passes(recipe.passes),
            recipe.batch,
            self.folder.display()
        ));
        let session = Session {
            compute,
            members: self.members,
            train: &sets.train,
            watched: sets.validation.as_ref().unwrap_or(&sets.test),
            stop: &stop,
        };
        let samples = self.members.len() * recipe.passes * sets.train.len();
        let mut progress = ProgressLine::new(output, samples, self.members.len());
        let summary = session.train(from, &mut progress);
        progress.bar.finish_and_clear();
        self.report(compute, &summary?, output)
    }

    /// "seeds 0 to 4 side by side ", or nothing of a single one.
    fn describe_seeds(&self) -> String {
        match self.members {
            [first, .., last] => format!(
                "seeds {} to {} side by side ",
                first.config.seed, last.config.seed
            ),
            _ => String::new(),
        }
    }
}

/// "1 pass", "4 passes".
fn count_passes(passes: usize) -> String {
    match passes {
        1 => "1 pass".to_owned(),
        passes => format!("{passes} passes"),
    }
}

/// A flag that the first Ctrl-C sets; the second ends the program at once.
pub(super) fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

impl TrainingRun<'_> {
    fn report(&self, compute: &Compute, summary: &Summary, output: &Output) -> Result<ExitCode> {
        self.report_course(summary, output);
        let mut penalties = Vec::new();
        for (_, model) in &summary.models {
            penalties.push(compute.penalties(&model.network, &model.arena, &self.sets.test)?);
        }
        let seeds = summary.models.iter().map(|(seed, _)| *seed).collect();
        let score = SeedsScore::of(seeds, &penalties, &self.sets.test);
        output.result("On the test set:");
        print_scores(&score, output);
        if summary.ended == Ended::Completed && score.error_percent.mean > GUESSING_PERCENT {
            output.result(
                "That is hardly better than guessing: the network did not learn. Try a lower --lr \
                 or a lower --loss-scale.",
            );
        }
        let document = self.document(compute, summary, &score);
        match self.members {
            [only] => output.note(format!(
                "The network is in {}.",
                only.folder.model().display()
            )),
            _ => {
                let file = self.folder.join(SEEDS_FILE);
                let json = serde_json::to_string_pretty(&document)? + "\n";
                write_whole(&file, json.as_bytes())?;
                output.note(format!(
                    "The networks are in {}, their errors in {}.",
                    self.folder.display(),
                    file.display()
                ));
            }
        }
        output.json(&document);
        Ok(match summary.ended {
            Ended::Completed => ExitCode::SUCCESS,
            Ended::Interrupted => ExitCode::from(INTERRUPTED),
        })
    }

    /// How long it took, or how to go on.
    fn report_course(&self, summary: &Summary, output: &Output) {
        match summary.ended {
            Ended::Completed => output.note(format!(
                "{} in {:.1} s of training, {:.0} samples/s.",
                count_passes(summary.passes),
                summary.seconds,
                samples_per_second(summary)
            )),
            Ended::Interrupted => output.result(format!(
                "Interrupted after {}; continue with: lenet-gpu train --resume {}",
                count_passes(summary.passes),
                self.folder.display()
            )),
        }
    }

    /// What `--json` prints.
    fn document(&self, compute: &Compute, summary: &Summary, score: &SeedsScore) -> Value {
        let mut document = json!({
            "test_error_percent": score.error_percent.mean,
            "passes": summary.passes,
            "completed": summary.ended == Ended::Completed,
            "seconds": summary.seconds,
            "samples_per_second": samples_per_second(summary),
            "run": self.folder,
            "adapter": compute.describe(),
            "data": self.sets.source,
            "config": self.config(),
        });
        document["test"] = match &score.scores[..] {
            [only] => json!(only),
            _ => json!(score),
        };
        document
    }
}

/// Samples a second, of all networks together.
fn samples_per_second(summary: &Summary) -> f64 {
    match summary.seconds > 0.0 {
        true => summary.samples as f64 / summary.seconds,
        false => 0.0,
    }
}

/// The error of a single network, or of each seed, their spread, and all of them together.
fn print_scores(score: &SeedsScore, output: &Output) {
    if let [only] = &score.scores[..] {
        return print_score(only, output);
    }
    for (seed, score) in score.seeds.iter().zip(&score.scores) {
        let (error, errors) = (score.error_percent, score.errors);
        output.result(format!(
            "seed {seed:>3}  error {error:.2} %, {errors} wrong"
        ));
    }
    let (spread, together) = (score.error_percent, &score.ensemble);
    output.result(format!(
        "Mean {:.2} % with a standard deviation of {:.2}. All together, as an ensemble: {:.2} %, {} \
         of {} wrong.",
        spread.mean,
        spread.deviation.unwrap_or_default(),
        together.error_percent,
        together.errors,
        together.count
    ));
}

/// Shows how training goes: a moving bar on a terminal, a line a pass elsewhere.
struct ProgressLine<'a> {
    output: &'a Output,
    bar: ProgressBar,
    started: Instant,
    samples_before: Option<usize>,
    /// Whether several networks train side by side.
    several: bool,
}

impl<'a> ProgressLine<'a> {
    /// Of `models` networks that are shown `samples` in all.
    fn new(output: &'a Output, samples: usize, models: usize) -> Self {
        let target = match output.is_live() {
            true => ProgressDrawTarget::stdout(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(samples as u64), target);
        let template = "{bar:30} {percent:>3} %  {msg}  {eta} left";
        bar.set_style(ProgressStyle::with_template(template).expect("the template is well-formed"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            output,
            bar,
            started: Instant::now(),
            samples_before: None,
            several: models > 1,
        }
    }
}

impl Observer for ProgressLine<'_> {
    fn progress(&mut self, pass: usize, totals: &PassTotals, samples: usize) {
        if self.bar.is_hidden() {
            return;
        }
        let samples_before = *self.samples_before.get_or_insert(samples);
        let rate = (samples - samples_before) as f64 / self.started.elapsed().as_secs_f64();
        self.bar.set_position(samples as u64);
        self.bar.set_message(format!(
            "pass {pass}  loss {:.4}  training error {:.2} %  {rate:.0} samples/s",
            totals.mean_loss(),
            totals.error_percent(),
        ));
    }

    fn pass_done(&mut self, seed: u32, row: &PassRow) {
        let whose = match self.several {
            true => format!("seed {seed:>3}  "),
            false => String::new(),
        };
        let (set, error) = match (row.validation_error_percent, row.test_error_percent) {
            (Some(error), _) => ("validation", error),
            (None, error) => ("test", error.unwrap_or(f64::NAN)),
        };
        let line = format!(
            "{whose}pass {:>3}  loss {:.4}  training error {:>5.2} %  {set} error {error:.2} %  \
             {:.0} samples/s{}",
            row.pass,
            row.training_loss,
            row.training_error_percent,
            row.samples_per_second,
            describe_rates(row)
        );
        let output = self.output;
        self.bar.suspend(|| output.note(line));
    }
}

/// The range of effective rates, where there is one, and in the first pass beside the paper's.
fn describe_rates(row: &PassRow) -> String {
    let (Some(lowest), Some(highest)) = (row.lowest_rate, row.highest_rate) else {
        return String::new();
    };
    let published = match row.pass {
        1 => " (in the paper 7e-5 to 1.6e-2)",
        _ => "",
    };
    format!("  rates {lowest:.1e} to {highest:.1e}{published}")
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum};

    use super::*;
    use crate::model::Distortion;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        train: TrainArgs,
    }

    fn recipe(arguments: &str) -> Result<Recipe> {
        let words = std::iter::once("train").chain(arguments.split_whitespace());
        let train = Command::try_parse_from(words)?.train;
        train.recipe.recipe(&train.network)
    }

    #[test]
    fn options_replace_what_the_preset_says() {
        let recipe = recipe("--recipe sgd --batch 7 --c3 full --loss mse").unwrap();
        assert_eq!(recipe.batch, 7);
        assert_eq!(recipe.rate, Preset::Sgd.recipe().rate);
        assert_eq!(recipe.loss.kind, LossKind::Mse);
    }

    #[test]
    fn options_replace_the_parts_of_a_distortion() {
        let recipe = recipe("--recipe best --rotate 5 --elastic 0.3 --fixed-copies 2").unwrap();
        let expected = Distortion {
            rotation: 5.0,
            elastic: 0.3,
            fixed_copies: 2,
            ..Preset::Best.recipe().distortion
        };
        assert_eq!(recipe.distortion, expected);
    }

    #[test]
    fn every_preset_makes_sense() {
        for preset in Preset::value_variants() {
            assert_eq!(preset.recipe().check(), Ok(()), "{preset:?}");
        }
    }

    #[test]
    fn the_softmax_head_brings_its_own_loss() {
        assert_eq!(recipe("--head softmax").unwrap().loss.scale, 1.0);
        assert!(recipe("--head softmax --loss map").is_err());
        assert_eq!(recipe("--recipe deck --head rbf").unwrap().loss.scale, 0.05);
    }

    #[test]
    fn resuming_takes_no_recipe() {
        use clap::CommandFactory;
        let command = Command::command();
        let kept = ["adapter", "resume", "help"];
        let others = command
            .get_opts()
            .filter(|option| !kept.contains(&option.get_id().as_str()));
        for option in others {
            let name = format!("--{}", option.get_long().expect("all options are long"));
            let words = ["train", "--resume", "r", &name, "1"];
            let refusal = Command::try_parse_from(words)
                .err()
                .expect(&name)
                .to_string();
            let conflict = refusal.contains("cannot be used with");
            // Words where a choice is expected are refused before conflicts are looked at.
            assert!(
                conflict || refusal.contains("possible values"),
                "{name}: {refusal}"
            );
        }
        assert!(Command::try_parse_from(["train", "--resume", "r", "--batch", "3"]).is_err());
        assert!(Command::try_parse_from(["train", "--resume", "r", "--head", "rbf"]).is_err());
        assert!(Command::try_parse_from(["train", "--resume", "r", "--adapter", "cpu"]).is_ok());
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        for bad in [
            "--lr -1",
            "--lr nan",
            "--momentum 1",
            "--batch 0",
            "--batch 4096",
            "--rubbish 0",
            "--damping 0",
            "--estimate 0",
            "--estimate 5000",
            "--rotate 91",
            "--scale 1",
            "--shear -0.1",
            "--elastic nan",
            "--smoothness 0.5",
            "--fixed-copies 100",
            "--fixed-copies 3 --recipe plain",
        ] {
            let error = recipe(bad).unwrap_err().to_string();
            let option = bad.split(' ').next().unwrap();
            assert!(error.contains(option), "{bad}: {error}");
        }
    }
}
