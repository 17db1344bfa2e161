//! The digits of a run.

use anyhow::{Result, bail};

use crate::cli::Output;
use crate::cli::data_args::{Loaded, Warning};
use crate::data::{Dataset, Part};
use crate::model::{Conversion, DataRecord, Model};
use crate::store::RunConfig;

/// The digits of a run.
pub struct Digits {
    /// Those that are trained on.
    pub train: Dataset,
    /// Those held out of the training set, if any are.
    pub validation: Option<Dataset>,
    /// The test set.
    pub test: Dataset,
    /// Where they were read from.
    pub source: String,
    /// What is not as in MNIST in them.
    pub warnings: Vec<Warning>,
}

/// What of a training set is trained on, and what is held out of it.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// Number of digits held out, the last ones of the set.
    pub validation: usize,
    /// Number of digits trained on, the first ones of the set; all that are left if `None`.
    pub samples: Option<usize>,
}

impl Split {
    /// That of a run of `config`.
    pub fn of(config: &RunConfig) -> Self {
        Self {
            validation: config.validation,
            samples: config.samples,
        }
    }

    /// What has to be read of the training set.
    pub fn part(self) -> Part {
        Part {
            first: self.samples,
            last: self.validation,
        }
    }
}

impl Digits {
    /// Warns if one of `teachers` may have been trained on the digits held out, after `conversion`: errors on
    /// these would then be too low.
    pub fn warn_of_teachers(&self, teachers: &[Model], conversion: Conversion, output: &Output) {
        if self.validation.is_none() {
            return;
        }
        let own = self.record(conversion).train;
        let is_known = |teacher: &Model| {
            let record = teacher.trained_on.as_ref();
            record.is_some_and(|record| record.train == own)
        };
        if !teachers.iter().all(is_known) {
            output.result(
                "Warning: a teacher was trained on other digits than these, and may have seen those held out: \
                 the error on them may be too low.",
            );
        }
    }

    /// The digits that `split` takes from those that were loaded.
    ///
    /// # Errors
    /// If there are not as many as it asks for.
    pub fn new(split: Split, loaded: Loaded) -> Result<Self> {
        let Loaded {
            mnist: data,
            warnings,
        } = loaded;
        let (train, validation) = match split.validation {
            0 => (data.train, None),
            held_out => {
                let (train, validation) = data.train.split_last(held_out)?;
                (train, Some(validation))
            }
        };
        let train = match split.samples {
            Some(samples) if samples > train.len() => bail!(
                "--samples is {samples}, but there are only {} digits to train on",
                train.len()
            ),
            Some(samples) => train.take_first(samples),
            None => train,
        };
        Ok(Self {
            train,
            validation,
            test: data.test,
            source: data.source,
            warnings,
        })
    }

    /// What a run on these digits records of them, after `conversion`.
    pub fn record(&self, conversion: Conversion) -> DataRecord {
        DataRecord::of(conversion, &self.train, &self.test)
    }

    /// Those that the error is measured on after each pass.
    pub fn watched(&self) -> &Dataset {
        self.validation.as_ref().unwrap_or(&self.test)
    }
}
