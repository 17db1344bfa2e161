//! The digits of a run.

use anyhow::{Result, bail};

use crate::cli::data_args::{Loaded, Warning};
use crate::data::{Dataset, Part};
use crate::model::{Conversion, DataRecord};
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

/// What has to be read of the training set for a run of `config`.
pub fn part(config: &RunConfig) -> Part {
    Part {
        first: config.samples,
        last: config.validation,
    }
}

impl Digits {
    /// The digits that `config` takes from those that were loaded.
    ///
    /// # Errors
    /// If there are not as many as it asks for.
    pub fn new(config: &RunConfig, loaded: Loaded) -> Result<Self> {
        let Loaded {
            mnist: data,
            warnings,
        } = loaded;
        let (train, validation) = match config.validation {
            0 => (data.train, None),
            held_out => {
                let (train, validation) = data.train.split_last(held_out)?;
                (train, Some(validation))
            }
        };
        let train = match config.samples {
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
