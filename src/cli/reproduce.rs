//! `lenet-gpu reproduce`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use indicatif::{HumanDuration, ProgressBar};

use super::Output;
use super::data_args::{DataArgs, Loaded};
use super::heartbeat::Heartbeat;
use super::interrupt::{INTERRUPTED, stop_on_ctrl_c};
use super::options::AdapterArgs;
use crate::data::Part;
use crate::model::MOST_SEEDS;
use crate::reproduce::{
    self, Figure, Interrupted, Protocol, Provenance, TrainingProgress, Watcher, Workshop,
};

/// Options of `reproduce`.
#[derive(Debug, Args)]
pub struct ReproduceArgs {
    /// Figures of the paper, separated by commas: 5, 6, 8, 9, 10, 13; sub-sampling, which compares its
    /// kinds; or all
    #[arg(long, value_name = "FIGURES", default_value = "all")]
    figure: Figures,
    /// Seeds of every training [default: 5, or 2 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SEEDS)))]
    seeds: Option<u32>,
    /// A quick version, done in minutes: two seeds, four passes at most, distorted digits measured on
    /// the first 1,000
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    adapter: AdapterArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Folder of the report and of the trained networks; networks found there are used, those begun
    /// are continued
    #[arg(long, value_name = "DIR", default_value = "reproduction")]
    out: PathBuf,
}

/// Some of the paper's figures, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Figures(Vec<Figure>);

impl FromStr for Figures {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(Figure::ALL.to_vec()));
        }
        let named = |name: &str| {
            let figure = Figure::ALL.into_iter();
            let mut same = figure.filter(|figure| figure.name() == name.trim());
            same.next().ok_or_else(|| {
                let names = Figure::ALL.map(Figure::name).join(", ");
                format!("'{name}' is none of {names} and all")
            })
        };
        let mut figures: Vec<Figure> = text.split(',').map(named).collect::<Result<_, _>>()?;
        figures.sort();
        figures.dedup();
        Ok(Self(figures))
    }
}

pub(super) fn run(args: &ReproduceArgs, output: &Output) -> Result<ExitCode> {
    let data_folder = args.data.recorded_folder()?;
    let Loaded {
        mnist: data,
        warnings,
    } = args.data.load(Part::ALL, output)?;
    let compute = args.adapter.open(output)?;
    let protocol = match args.quick {
        true => Protocol::quick(data.train.len(), args.seeds),
        false => Protocol::full(data.train.len(), args.seeds),
    };
    let stop = stop_on_ctrl_c()?;
    let workshop = Workshop {
        compute: &compute,
        adapter_choice: args.adapter.adapter.to_string(),
        data: &data,
        data_folder,
        conversion: args.data.conversion(),
        folder: args.out.join("networks"),
        stop: &stop,
    };
    let provenance = Provenance {
        command: args.command(),
        date: jiff::Zoned::now().strftime("%Y-%m-%d").to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        adapter: compute.describe(),
        data: data.source.clone(),
    };
    let live = Live::new(output);
    let outcome = reproduce::run(
        &workshop,
        &protocol,
        &args.figure.0,
        args.out.clone(),
        provenance,
        &live,
    );
    live.bar.finish_and_clear();
    let report = match outcome {
        Err(error) if error.is::<Interrupted>() => {
            output.result("Interrupted; the same command continues.");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        outcome => outcome?,
    };
    output.result(format!(
        "The report is in {} and, as one page, in {}.",
        args.out.join("report.md").display(),
        args.out.join("report.html").display()
    ));
    let mut document = serde_json::to_value(&report)?;
    document["data_warnings"] = serde_json::to_value(&warnings)?;
    output.json(&document);
    Ok(ExitCode::SUCCESS)
}

impl ReproduceArgs {
    /// The command line, without options that do not change the numbers.
    fn command(&self) -> String {
        let mut words = vec!["lenet-gpu reproduce".to_owned()];
        if self.figure.0 != Figure::ALL {
            let names = self.figure.0.iter().map(|figure| figure.name());
            words.push(format!("--figure {}", names.collect::<Vec<_>>().join(",")));
        }
        words.extend(self.seeds.map(|seeds| format!("--seeds {seeds}")));
        words.extend(self.quick.then(|| "--quick".to_owned()));
        let adapter = self.adapter.adapter.to_string();
        if adapter != "auto" {
            words.push(format!("--adapter {adapter}"));
        }
        words.join(" ")
    }
}

/// Shows the progress: a moving bar on a terminal, and a line after each network.
struct Live<'a> {
    output: &'a Output,
    bar: ProgressBar,
    heartbeat: Heartbeat,
}

impl<'a> Live<'a> {
    fn new(output: &'a Output) -> Self {
        let bar = output.bar(1, "{percent:>3} % {wide_bar} {msg}");
        bar.enable_steady_tick(Duration::from_millis(200));
        let heartbeat = Heartbeat::new(output, "no step is done yet");
        Self {
            output,
            bar,
            heartbeat,
        }
    }
}

impl Watcher for Live<'_> {
    fn note(&self, line: &str) {
        self.bar.suspend(|| self.output.note(line));
    }

    fn progress(&self, progress: &TrainingProgress) {
        let left = Duration::from_secs_f64(progress.seconds_left);
        let state = || {
            let TrainingProgress {
                title,
                pass,
                digits_per_second,
                ..
            } = progress;
            let left = HumanDuration(left);
            format!("{title}  pass {pass}  {digits_per_second:.0}/s  {left} left in all")
        };
        self.heartbeat.is(state);
        self.bar.set_length(progress.presentations as u64);
        self.bar.set_position(progress.shown as u64);
        self.bar.set_message(state());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_named_by_their_numbers_or_subjects() {
        assert_eq!("all".parse(), Ok(Figures(Figure::ALL.to_vec())));
        let two = Figures(vec![Figure::Mistakes, Figure::Robustness]);
        assert_eq!("13,8,13".parse(), Ok(two));
        let last = Figures(vec![Figure::Errors, Figure::Subsampling]);
        assert_eq!("sub-sampling, 9".parse(), Ok(last));
        assert!("7".parse::<Figures>().unwrap_err().contains("'7'"));
        assert!("".parse::<Figures>().is_err());
    }
}
