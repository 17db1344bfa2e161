//! Where text and JSON are printed.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Prints text for people on stdout, or on stderr if JSON was asked for; JSON always on stdout. Clones
/// share their progress bars, and whether something was lost.
#[derive(Clone)]
pub struct Output {
    json: bool,
    quiet: bool,
    bars: MultiProgress,
    lost: Arc<Mutex<Option<io::Error>>>,
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
            lost: Arc::default(),
        }
    }

    /// Fails if something that was printed on stdout is lost: the device is full, for instance.
    ///
    /// # Errors
    /// Why it is.
    pub fn finish(&self) -> io::Result<()> {
        self.note_loss(io::stdout().flush());
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.take().map_or(Ok(()), Err)
    }

    /// Remembers the first error of writing on stdout.
    fn note_loss(&self, written: io::Result<()>) {
        if let Err(error) = unless_reader_left(written) {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.get_or_insert(error);
        }
    }

    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        self.json
    }

    /// Whether bars are drawn.
    pub fn has_bars(&self) -> bool {
        !self.bars.is_hidden()
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
        match self.json {
            // These lines come beside the result, which is on stdout.
            true => drop(writeln!(io::stderr(), "{line}")),
            false => self.note_loss(writeln!(io::stdout(), "{line}")),
        }
    }

    /// Prints the only JSON document, if it was asked for.
    pub fn json(&self, document: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(document).expect("plain data serialises");
            self.note_loss(writeln!(io::stdout(), "{text}"));
        }
    }
}

/// `written`, but a reader who is gone has seen enough, as `head` has at some point: that is no error.
pub fn unless_reader_left(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}

/// `path` as JSON can hold it: a name that is no Unicode has replacement characters in place of the
/// rest.
pub fn path_in_json(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
