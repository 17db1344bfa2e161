//! A run that is ready to be trained.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::{Result, ensure};

use super::film::{FilmPath, Filming};
use super::first_stage::FirstStage;
use super::progress::ProgressLine;
use crate::cli::Output;
use crate::cli::digits::Digits;
use crate::compute::Compute;
use crate::model::{Model, Recipe};
use crate::reproduce::film::Film;
use crate::store::{RunConfig, RunLock, TeacherSource};
use crate::train::{Ended, Member, Origin, Session, Summary};
use crate::trainer::are_alike;

/// A run of one seed or of several.
pub struct TrainingRun {
    /// The teachers that are trained first.
    pub teachers: Option<FirstStage>,
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

    /// Trains its teachers, if they are to be trained first, to the end or until `stop` is set, and takes them up.
    ///
    /// # Errors
    /// As [`TrainingRun::train`].
    pub fn train_teachers(
        &mut self,
        stop: &AtomicBool,
        output: &Output,
    ) -> Result<Option<Summary>> {
        let Some(FirstStage {
            members,
            compute,
            origin,
        }) = &self.teachers
        else {
            return Ok(None);
        };
        let (recipe, digits) = (&members[0].config.recipe, &self.digits);
        output.note(format!(
            "Training {} on {} for {} in batches of {}, into folders within {}.",
            match members.len() {
                1 => "a teacher".to_owned(),
                count => format!("{count} teachers side by side"),
            },
            describe_samples(recipe, digits),
            count_passes(recipe.passes),
            recipe.batch,
            self.folder.display()
        ));
        let session = Session {
            compute,
            members,
            waiting: &self.members,
            train: &digits.train,
            watched: digits.watched(),
            stop,
        };
        let samples = members.len() * recipe.passes * recipe.samples_of(digits.train.len());
        let mut progress = ProgressLine::new(output, samples, members.len());
        let summary = session.train(*origin, &mut progress);
        progress.finish();
        let summary = summary?;
        if summary.ended == Ended::Completed {
            take_up_teachers(&mut self.members)?;
        }
        Ok(Some(summary))
    }

    /// Trains it to the end, or until `stop` is set.
    ///
    /// # Errors
    /// If the adapter fails, training diverges, or a file cannot be read or written.
    pub fn train(&self, stop: &AtomicBool, output: &Output) -> Result<Summary> {
        let (recipe, digits) = (&self.config().recipe, &self.digits);
        output.note(format!(
            "Training {}on {}{} for {} in batches of {}, into {}.",
            self.describe_seeds(),
            describe_samples(recipe, digits),
            self.describe_teachers(),
            count_passes(recipe.passes),
            recipe.batch,
            self.folder.display()
        ));
        let session = Session {
            compute: &self.compute,
            members: &self.members,
            waiting: &[],
            train: &digits.train,
            watched: digits.watched(),
            stop,
        };
        let samples = self.members.len() * recipe.passes * recipe.samples_of(digits.train.len());
        let steps_per_pass = recipe.samples_of(digits.train.len()).div_ceil(recipe.batch);
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

    /// " and from 5 teachers", or nothing where there are none.
    fn describe_teachers(&self) -> String {
        match self.members[0].teachers.len() {
            0 => String::new(),
            1 => " and from a teacher".to_owned(),
            count => format!(" and from {count} teachers"),
        }
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

/// Reads the teachers of all `members`. Those that were given are the same for all, and runs that were never
/// begun have no copies yet.
///
/// # Errors
/// If one cannot be read, or they are too different to be computed together.
pub fn take_up_teachers(members: &mut [Member]) -> Result<()> {
    let is_begun = |member: &&Member| member.folder.has_config();
    let begun = members.iter().find(is_begun).cloned();
    for member in &mut *members {
        let holder = match (&member.config.teachers, &begun) {
            (Some(TeacherSource::Given { .. }), Some(begun)) => begun,
            _ => member,
        };
        member.teachers = holder.folder.load_teachers(&holder.config)?;
    }
    let teachers: Vec<&[Model]> = members.iter().map(|member| &member.teachers[..]).collect();
    ensure!(
        are_alike(&members[0].config.recipe, &teachers),
        "the runs in the folder have different kinds of teachers, and cannot go on together: resume them one by \
         one"
    );
    Ok(())
}

/// What a network is trained on.
fn describe_samples(recipe: &Recipe, digits: &Digits) -> String {
    let (count, source) = (digits.train.len(), &digits.source);
    match recipe.has_string_fields() {
        true => format!(
            "{} fields made of {count} digits ({source})",
            recipe.samples_of(count)
        ),
        false => format!("{count} digits ({source})"),
    }
}

/// "1 pass", "4 passes".
pub fn count_passes(passes: usize) -> String {
    match passes {
        1 => "1 pass".to_owned(),
        passes => format!("{passes} passes"),
    }
}
