//! Where text and JSON go.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Text for people goes to stdout, or, where JSON was asked for, to stderr; JSON to stdout.
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

    /// Whether a moving progress bar is welcome.
    pub fn is_live(&self) -> bool {
        !self.json && !self.quiet && io::stdout().is_terminal()
    }

    /// A line on how it goes; not with `--quiet`.
    pub fn note(&self, line: impl Display) {
        if !self.quiet {
            self.result(line);
        }
    }

    /// A line of the answer.
    pub fn result(&self, line: impl Display) {
        // A reader that went away, as `head` does, has seen enough.
        let _ = if self.json {
            writeln!(io::stderr(), "{line}")
        } else {
            writeln!(io::stdout(), "{line}")
        };
    }

    /// The one JSON document, if it was asked for.
    pub fn json(&self, document: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(document).expect("plain data serialises");
            let _ = writeln!(io::stdout(), "{text}");
        }
    }
}
