//! The command line: one module per subcommand.

mod adapters;
mod alignment;
mod answers;
mod arguments;
mod bench;
mod compiling;
mod completions;
mod data_args;
mod digits;
mod drivers;
mod errors;
mod eval;
mod eval_strings;
mod export;
mod heartbeat;
mod hints;
mod import;
mod inspect;
mod interrupt;
mod man;
mod numbers;
mod options;
mod output;
mod plan;
mod predict;
mod read;
mod recipe_args;
mod reproduce;
mod result_files;
mod run_args;
mod settings;
mod summary;
mod sweep;
mod train;
mod tune;
mod verify;
mod web;

use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgAction, CommandFactory, Parser, Subcommand};

pub use errors::explain;
pub use output::Output;

use output::OUTPUT_IS_LOST;

/// LeNet-5 of 1998, trained by hand-written WGSL compute shaders through wgpu, or on the CPU.
///
/// Start with `lenet-gpu train`: it trains on the 60,000 MNIST digits inside the program and
/// leaves the network in a folder under runs/. Then `lenet-gpu eval` and `lenet-gpu predict`.
#[derive(Debug, Parser)]
#[command(name = "lenet-gpu", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON document on stdout, and the text for people on stderr
    #[arg(long, global = true)]
    json: bool,
    /// Print only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Log more; twice for everything (RUST_LOG has finer settings)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a network and leave it in a folder of its own
    Train(Box<train::TrainArgs>),
    /// Train settings side by side, and tell which is best and whether that is more than noise
    Sweep(Box<sweep::SweepArgs>),
    /// Measure a trained network's error
    Eval(eval::EvalArgs),
    /// Measure how well a network reads strings that are made of test digits
    EvalStrings(eval_strings::EvalStringsArgs),
    /// Tell which digit a picture shows
    Predict(predict::PredictArgs),
    /// Read the digits of a line in a picture, of any height and length
    Read(read::ReadArgs),
    /// Draw the output of every layer for a picture
    Inspect(inspect::InspectArgs),
    /// Write a trained network for other programs
    Export(export::ExportArgs),
    /// Take the parameters of a network from another program's file
    Import(import::ImportArgs),
    /// Compare every kernel on an adapter, or the CPU path, with the plain reference
    Verify(verify::VerifyArgs),
    /// List the adapters of this machine
    Adapters,
    /// Print the layer table: sizes, parameters, connections
    Summary(summary::SummaryArgs),
    /// Measure the paper's figures again and write a report
    Reproduce(reproduce::ReproduceArgs),
    /// Find out how kernels best divide their work on an adapter, and keep that for later runs
    Tune(tune::TuneArgs),
    /// Measure speed: throughput, kernels, or the time to an error, on adapters and the CPU
    Bench(bench::BenchArgs),
    /// Serve the page that trains networks in a browser, and open it
    Web(web::WebArgs),
    /// Print the script by which a shell completes commands and options
    Completions(completions::CompletionsArgs),
    /// Write the pages of the manual
    Man(man::ManArgs),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever stops it; [`explain`] puts it into words for the user.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        self.start_log();
        let output = Output::new(self.json, self.quiet);
        let code = self.command.run(&output)?;
        output.finish().context(OUTPUT_IS_LOST)?;
        Ok(code)
    }

    fn start_log(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => "error",
            (false, 0) => "warn",
            (false, 1) => "lenet_gpu=info,warn",
            (false, _) => "debug",
        };
        // Warnings of drivers about extensions that nobody asked for are of no interest to a user.
        let filter = format!("{level},wgpu_hal=error,wgpu_core=error,naga=error");
        let default = if self.verbose > 1 { level } else { &filter };
        let environment = env_logger::Env::default().default_filter_or(default);
        env_logger::Builder::from_env(environment).init();
    }
}

impl Command {
    fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Train(args) => train::run(&args, output),
            Self::Sweep(args) => sweep::run(&args, output),
            Self::Eval(args) => eval::run(&args, output),
            Self::EvalStrings(args) => eval_strings::run(&args, output),
            Self::Predict(args) => predict::run(&args, output),
            Self::Read(args) => read::run(&args, output),
            Self::Inspect(args) => inspect::run(&args, output),
            Self::Export(args) => export::run(&args, output),
            Self::Import(args) => import::run(&args, output),
            Self::Verify(args) => verify::run(&args, output),
            Self::Adapters => adapters::run(output),
            Self::Summary(args) => summary::run(&args, output),
            Self::Reproduce(args) => reproduce::run(&args, output),
            Self::Tune(args) => tune::run(&args, output),
            Self::Bench(args) => bench::run(&args, output),
            Self::Web(args) => web::run(&args, output),
            Self::Completions(args) => completions::run(&args, Cli::command(), output),
            Self::Man(args) => man::run(&args, Cli::command(), output),
        }
    }
}
