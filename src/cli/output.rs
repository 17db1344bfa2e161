//! Where text and JSON are printed.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Prints text for people on stdout, or on stderr if JSON was asked for; JSON always on stdout.
pub struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(super) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        self.json
    }

    /// Whether a moving progress bar makes sense.
    pub fn is_live(&self) -> bool {
        !self.json && !self.quiet && io::stdout().is_terminal()
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
