//! A run that is ready to be trained.

use std::path::PathBuf;

use anyhow::Result;

use super::digits::Digits;
use super::progress::ProgressLine;
use crate::cli::Output;
use crate::cli::interrupt::stop_on_ctrl_c;
use crate::compute::Compute;
use crate::store::RunConfig;
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
        let mut progress = ProgressLine::new(output, samples, self.members.len());
        let summary = session.train(self.origin, &mut progress);
        progress.finish();
        Ok(summary?)
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
