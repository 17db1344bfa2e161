//! Where text and JSON are printed.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Prints text for people on stdout, or on stderr if JSON was asked for; JSON always on stdout. Clones
/// share their progress bars.
#[derive(Clone)]
pub struct Output {
    json: bool,
    quiet: bool,
    bars: MultiProgress,
}

impl Output {
    pub(super) fn new(json: bool, quiet: bool) -> Self {
        let is_live = !json && !quiet && io::stdout().is_terminal();
        let target = match is_live {
            true => ProgressDrawTarget::stdout(),
            false => ProgressDrawTarget::hidden(),
        };
        Self {
            json,
            quiet,
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        self.json
    }

    /// A bar over `length`, drawn as `template` says, where a moving bar makes sense: on a terminal that
    /// nothing but text goes to. It is drawn below those that are already there.
    ///
    /// # Panics
    /// If `template` is none: it is part of the program.
    pub fn bar(&self, length: u64, template: &str) -> ProgressBar {
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        let bar = ProgressBar::hidden().with_style(style);
        bar.set_length(length);
        self.bars.add(bar)
    }

    /// Prints a line on the progress, except with `--quiet`.
    pub fn note(&self, line: impl Display) {
        if !self.quiet {
            self.result(line);
        }
    }

    /// Prints a line of the result.
    pub fn result(&self, line: impl Display) {
        // An error means that the reader is gone, as `head` is once it has seen enough.
        let _ = if self.json {
            writeln!(io::stderr(), "{line}")
        } else {
            writeln!(io::stdout(), "{line}")
        };
    }

    /// Prints the only JSON document, if it was asked for.
    pub fn json(&self, document: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(document).expect("plain data serialises");
            let _ = writeln!(io::stdout(), "{text}");
        }
    }
}
