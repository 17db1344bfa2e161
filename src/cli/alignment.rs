//! Options of the commands that read strings: how, and by which network.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;

use super::Output;
use super::options::{NamedModel, load_named_model};
use crate::reading::{Grammar, Reader};

/// The most positions of a digit, 400 pixels: more are a slip of the keyboard.
const MOST_POSITIONS: usize = 100;

/// How a path through the outputs is chosen.
#[derive(Debug, Args)]
#[command(next_help_heading = "Alignment")]
pub struct AlignmentArgs {
    /// What a digit costs besides -log p of what is seen at its positions
    #[arg(long, value_name = "COST", default_value_t = Reader::GRAMMAR.per_digit, allow_negative_numbers = true)]
    digit_cost: f64,
    /// The most neighbouring positions, 4 pixels apart, at which one digit is seen
    #[arg(long, value_name = "N", default_value_t = Reader::GRAMMAR.longest)]
    digit_positions: usize,
}

impl AlignmentArgs {
    /// The file and a reader by the model that `path` names, or the newest. Says so if that was not trained for
    /// strings.
    ///
    /// # Errors
    /// If a constant makes no sense, there is no such model, or it cannot read.
    pub fn reader(&self, path: Option<&Path>, output: &Output) -> Result<(PathBuf, Reader)> {
        let grammar = self.grammar()?;
        let NamedModel { file, model } = load_named_model(path, output)?;
        let reader = Reader::new(model, grammar)?;
        if reader.model().string_fields == 0 {
            output.note(
                "It was not trained for strings, so that what is between two digits may be read as one: train with \
                 `--recipe strings`.",
            );
        }
        Ok((file, reader))
    }

    /// The constants of the alignment.
    ///
    /// # Errors
    /// If one makes no sense.
    fn grammar(&self) -> Result<Grammar> {
        ensure!(
            self.digit_cost.is_finite(),
            "--digit-cost is {}, expected a number",
            self.digit_cost
        );
        ensure!(
            (1..=MOST_POSITIONS).contains(&self.digit_positions),
            "--digit-positions is {}, expected 1 to {MOST_POSITIONS}",
            self.digit_positions
        );
        Ok(Grammar {
            per_digit: self.digit_cost,
            longest: self.digit_positions,
        })
    }
}
