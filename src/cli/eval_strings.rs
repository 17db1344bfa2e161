//! `lenet-gpu eval-strings`.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use super::Output;
use super::alignment::AlignmentArgs;
use super::data_args::DataArgs;
use super::eval::say_what_digits_are;
use super::options::{AdapterArgs, ensemble_of, load_models};
use super::output::path_in_json;
use crate::data::Dataset;
use crate::data::strings::StringSettings;
use crate::model::Model;
use crate::platform::block_on;
use crate::reading::{Cell, MadeTest, Method, Tally};

/// Options of `eval-strings`.
#[derive(Debug, Args)]
pub struct EvalStringsArgs {
    /// A model.safetensors or the folder of a run of the recipe `strings`; the newest under runs/ if left out
    #[arg(value_name = "MODEL")]
    model: Option<PathBuf>,
    #[command(flatten)]
    adapter: AdapterArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Beside it, cut the strings at columns without ink and let this network tell which digit each piece is
    #[arg(long, value_name = "MODEL")]
    cut_at_gaps: Option<PathBuf>,
    #[command(flatten)]
    strings: StringArgs,
    #[command(flatten)]
    alignment: AlignmentArgs,
}

/// What strings are made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Strings")]
struct StringArgs {
    /// How many strings
    #[arg(long, value_name = "N", default_value_t = 1000)]
    strings: usize,
    /// The seed of the strings
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u32,
    /// The fewest digits of a string
    #[arg(long, value_name = "N", default_value_t = 3)]
    least_digits: usize,
    /// The most digits of a string
    #[arg(long, value_name = "N", default_value_t = 8)]
    most_digits: usize,
    /// Pixels from the middle of a digit to that of the next, which the strings have in turn
    #[arg(long, value_name = "PIXELS", value_delimiter = ',', default_values_t = SPACINGS)]
    spacing: Vec<usize>,
    /// Shares of the pixels that are inverted
    #[arg(long, value_name = "SHARES", value_delimiter = ',', default_values_t = NOISES)]
    noise: Vec<f64>,
    /// Make them of the last N training digits instead of the test digits
    #[arg(long, value_name = "N")]
    validation: Option<usize>,
}

/// The spacings of the test, in pixels: from less than digits are wide, which is up to 20, to the width of their
/// images.
const SPACINGS: [usize; 7] = [16, 18, 20, 22, 24, 26, 28];

/// The shares of inverted pixels of the test.
const NOISES: [f64; 3] = [0.0, 0.05, 0.1];

/// The most digits of a string and the most strings: more are a slip of the keyboard.
const MOST_DIGITS: usize = 100;
const MOST_STRINGS: usize = 1_000_000;
const SPACING: RangeInclusive<usize> = 1..=100;

impl StringArgs {
    fn settings(&self) -> Result<StringSettings> {
        let (least, most) = (self.least_digits, self.most_digits);
        ensure!(
            (1..=MOST_STRINGS).contains(&self.strings),
            "--strings is {}, expected 1 to {MOST_STRINGS}",
            self.strings
        );
        ensure!(
            1 <= least && least <= most && most <= MOST_DIGITS,
            "--least-digits is {least} and --most-digits {most}, expected 1 to {MOST_DIGITS}, the least first"
        );
        for (place, &spacing) in self.spacing.iter().enumerate() {
            ensure!(
                SPACING.contains(&spacing) && !self.spacing[..place].contains(&spacing),
                "--spacing has {spacing}, expected different numbers from {} to {}",
                SPACING.start(),
                SPACING.end()
            );
        }
        for (place, noise) in self.noise.iter().enumerate() {
            ensure!(
                (0.0..=1.0).contains(noise) && !self.noise[..place].contains(noise),
                "--noise has {noise}, expected different shares from 0 to 1"
            );
        }
        Ok(StringSettings {
            strings: self.strings,
            seed: self.seed,
            digits: least..=most,
            spacings: self.spacing.clone(),
        })
    }
}

pub(super) fn run(args: &EvalStringsArgs, output: &Output) -> Result<ExitCode> {
    let settings = args.strings.settings()?;
    let (file, reader) = args.alignment.reader(args.model.as_deref(), output)?;
    let at_gaps = match &args.cut_at_gaps {
        Some(path) => Some(ensemble_of(load_models(
            std::slice::from_ref(path),
            output,
        )?)?),
        None => None,
    };
    let record = reader.model().trained_on.as_ref();
    let loaded = args.data.load_as_recorded(record, output)?;
    let (train, test) = (loaded.mnist.train, loaded.mnist.test);
    let networks = at_gaps.iter().flat_map(|(_, ensemble)| ensemble.models());
    let networks = networks.map(|model| ("The network for the pieces", model));
    let networks = [("The network", reader.model())]
        .into_iter()
        .chain(networks);
    let (set, of) = match args.strings.validation {
        Some(count) => {
            let notices: Vec<String> = networks
                .filter_map(|(name, model)| trained_on_last(count, &train, name, model))
                .collect();
            let held_out = train.split_last(count)?.1;
            for notice in notices {
                output.result(notice);
            }
            (held_out, "validation")
        }
        None => {
            for (name, model) in networks {
                say_what_digits_are(model, name, &test, output);
            }
            (test, "test")
        }
    };
    ensure_any(&set)?;
    let compute = args.adapter.open(output)?;
    let test = MadeTest {
        set: &set,
        settings,
        noises: args.strings.noise.clone(),
    };
    let along = block_on(test.run(&Method::Along(&reader), &compute))?;
    let StringArgs {
        strings,
        seed,
        least_digits: least,
        most_digits: most,
        ..
    } = args.strings;
    let digits = match least == most {
        true => most.to_string(),
        false => format!("{least} to {most}"),
    };
    output.result(format!(
        "{strings} strings of {digits} {of} digits, seed {seed}, read along the strip:"
    ));
    print_table(&along, &test, output);
    let mut document = json!({
        "model": path_in_json(&file),
        "digits_of": of,
        "seed": args.strings.seed,
        "least_digits": least,
        "most_digits": most,
        "digit_cost": reader.grammar().per_digit,
        "digit_positions": reader.grammar().longest,
        "along": along,
        "adapter": compute.describe(),
        "data": loaded.mnist.source,
    });
    if let Some((files, ensemble)) = &at_gaps {
        let cells = block_on(test.run(&Method::AtGaps(ensemble), &compute))?;
        output.result("");
        output.result("The same, cut at gaps:");
        print_table(&cells, &test, output);
        document["cut_at_gaps"] = json!(cells);
        document["models_of_pieces"] = files.iter().map(|file| path_in_json(file)).collect();
    }
    output.json(&document);
    Ok(ExitCode::SUCCESS)
}

/// What to say if `model`, called `name`, was trained on some of the last `count` digits of `train`: it reads strings
/// of them better than others.
fn trained_on_last(count: usize, train: &Dataset, name: &str, model: &Model) -> Option<String> {
    let record = model.trained_on.as_ref()?;
    let held_out = train.len().saturating_sub(record.train.digits);
    let is_known = train.begins_with(&record.train) && held_out < count;
    is_known.then(|| {
        format!(
            "{name} was trained on {} of these {count} digits, and may make fewer errors on them than on others: \
             train has --validation {count} to hold them out.",
            count - held_out
        )
    })
}

fn ensure_any(set: &Dataset) -> Result<()> {
    ensure!(
        !set.is_empty(),
        "there are no digits to make strings of: name others with --data, or another --validation"
    );
    Ok(())
}

/// Whole strings and wrong digits, in per cent, by spacing (rows) and share of inverted pixels (columns).
fn print_table(cells: &[Cell], test: &MadeTest, output: &Output) {
    let noises = test.noises.iter();
    let heads: Vec<String> = noises
        .map(|noise| format!("{} % inverted", in_percent(*noise)))
        .collect();
    let head: String = heads.iter().map(|head| format!("{head:>21}")).collect();
    output.result(format!("spacing  strings{head}"));
    let parts = test
        .noises
        .iter()
        .map(|_| format!("{:>12}{:>9}", "whole", "errors"));
    output.result(format!("{:16}{}", "", parts.collect::<String>()));
    for &spacing in &test.settings.spacings {
        let row = cells.iter().filter(|cell| cell.spacing == spacing);
        let tallies: Vec<Tally> = row.map(|cell| cell.tally).collect();
        print_row(&spacing.to_string(), &tallies, output);
    }
    if test.settings.spacings.len() > 1 {
        let all = test.noises.iter().map(|noise| {
            let of_noise = cells.iter().filter(|cell| cell.noise == *noise);
            of_noise.map(|cell| cell.tally).sum()
        });
        print_row("all", &all.collect::<Vec<_>>(), output);
    }
}

/// A share as a number of per cent, without more decimals than it has.
fn in_percent(share: f64) -> f64 {
    (1e6 * share).round() / 1e4
}

/// The same strings with different noise.
fn print_row(name: &str, tallies: &[Tally], output: &Output) {
    let strings = tallies.first().map_or(0, |tally| tally.strings);
    let columns = tallies.iter().map(|tally| match tally.strings {
        0 => format!("{:>12}{:>9}", "-", "-"),
        _ => format!(
            "{:>10.1} %{:>7.2} %",
            tally.whole_percent(),
            tally.error_percent()
        ),
    });
    output.result(format!(
        "{name:>7}{strings:>9}{}",
        columns.collect::<String>()
    ));
}
