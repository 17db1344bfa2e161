//! A run that is ready to be trained.

use std::path::PathBuf;

use anyhow::Result;

use super::film::{FilmPath, Filming};
use super::progress::ProgressLine;
use crate::cli::Output;
use crate::cli::digits::Digits;
use crate::cli::interrupt::stop_on_ctrl_c;
use crate::compute::Compute;
use crate::reproduce::film::Film;
use crate::store::{RunConfig, RunLock};
use crate::train::{Member, Origin, Session, Summary};

/// A run of one seed or of several.
pub struct TrainingRun {
    /// Its folder.
    pub folder: PathBuf,
    /// The run of each seed; there is at least one.
    pub members: Vec<Member>,
    /// The digits of all members.
    pub digits: Digits,
    /// Where the networks are computed.
    pub compute: Compute,
    /// What they begin from.
    pub origin: Origin,
    /// Where a film of the first member goes.
    pub film: Option<FilmPath>,
    /// Keeps other programs out of the folder; to be dropped before that is removed.
    pub lock: Option<RunLock>,
    /// Whether the folder was made for this run.
    pub is_new: bool,
}

impl Drop for TrainingRun {
    /// Takes away the folder of a run that could not be begun: only one that is empty can be removed.
    fn drop(&mut self) {
        self.lock = None;
        if self.is_new {
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

impl TrainingRun {
    /// What all members share.
    pub fn config(&self) -> &RunConfig {
        &self.members[0].config
    }

    /// Trains it to the end, or until Ctrl-C.
    ///
    /// # Errors
    /// If the adapter fails, training diverges, or a file cannot be read or written.
    pub fn train(&self, output: &Output) -> Result<Summary> {
        let stop = stop_on_ctrl_c()?;
        let (recipe, digits) = (&self.config().recipe, &self.digits);
        output.note(format!(
            "Training {}on {} digits ({}) for {} in batches of {}, into {}.",
            self.describe_seeds(),
            digits.train.len(),
            digits.source,
            count_passes(recipe.passes),
            recipe.batch,
            self.folder.display()
        ));
        let session = Session {
            compute: &self.compute,
            members: &self.members,
            train: &digits.train,
            watched: digits.watched(),
            stop: &stop,
        };
        let samples = self.members.len() * recipe.passes * digits.train.len();
        let steps_per_pass = digits.train.len().div_ceil(recipe.batch);
        let film = |_: &FilmPath| Film::new(&digits.test, steps_per_pass, recipe.passes);
        let mut observer = Filming {
            progress: ProgressLine::new(output, samples, self.members.len()),
            film: self.film.as_ref().map(film),
        };
        let summary = session.train(self.origin, &mut observer);
        observer.progress.finish();
        let summary = summary?;
        if let (Some(path), Some(film)) = (&self.film, observer.film) {
            path.write(film.frames())?;
            output.note(format!("The film is in {}.", path.path().display()));
        }
        Ok(summary)
    }

    /// "seeds 0 to 4 side by side ", or nothing of a single one.
    fn describe_seeds(&self) -> String {
        match &self.members[..] {
            [first, .., last] => format!(
                "seeds {} to {} side by side ",
                first.config.seed, last.config.seed
            ),
            _ => String::new(),
        }
    }
}

/// "1 pass", "4 passes".
pub fn count_passes(passes: usize) -> String {
    match passes {
        1 => "1 pass".to_owned(),
        passes => format!("{passes} passes"),
    }
}
