//! The progress of training, on a terminal or in a log.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::cli::Output;
use crate::cli::heartbeat::Heartbeat;
use crate::model::PassTotals;
use crate::store::PassRow;
use crate::train::Observer;

/// Shows the progress of training: a moving bar on a terminal, and a line after each pass.
pub struct ProgressLine<'a> {
    output: &'a Output,
    bar: ProgressBar,
    started: Instant,
    samples_before: Option<usize>,
    /// Whether there is more than one network.
    several: bool,
    heartbeat: Heartbeat,
}

impl<'a> ProgressLine<'a> {
    /// For `models` networks that will see `samples` in total.
    pub fn new(output: &'a Output, samples: usize, models: usize) -> Self {
        let template = "{percent:>3} % {wide_bar} {msg}  {elapsed}, {eta} left";
        let bar = output.bar(samples as u64, template);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            output,
            bar,
            started: Instant::now(),
            samples_before: None,
            several: models > 1,
            heartbeat: Heartbeat::new(
                output,
                "no step is done yet; a driver may have to compile kernels first",
            ),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for ProgressLine<'_> {
    fn progress(&mut self, pass: usize, totals: &PassTotals, samples: usize) {
        let samples_before = *self.samples_before.get_or_insert(samples);
        let rate = (samples - samples_before) as f64 / self.started.elapsed().as_secs_f64();
        let state = || {
            let (loss, error) = (totals.mean_loss(), totals.error_percent());
            format!("pass {pass}  loss {loss:.4}  error {error:.2} %  {rate:.0}/s")
        };
        self.heartbeat.is(state);
        if !self.bar.is_hidden() {
            self.bar.set_position(samples as u64);
            self.bar.set_message(state());
        }
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

/// The range of effective rates, where there is one; in the first pass with the paper's range.
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
