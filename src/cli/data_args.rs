//! `--data`: which digits are read, how their pixels are turned into MNIST's convention, and what is said
//! where they are not like MNIST's.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use super::Output;
use crate::data::{Dataset, Finding, Mnist, Orientation, Part, Resemblance};
use crate::model::{Conversion, DataRecord};

/// `--data`, and how its pixels are kept.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// Folder with the four IDX files of a set like MNIST, raw or .gz, instead of the set inside
    /// the program. EMNIST's and QMNIST's own names are read, too; of several sets in a folder one is
    /// named after it, as in gzip/emnist-digits
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The pictures in --data are black on white: turn them into white on black, as MNIST's are
    #[arg(long, requires = "data")]
    pub invert: bool,
    /// The pictures in --data have rows and columns exchanged, as EMNIST's have: change them back
    #[arg(long, requires = "data")]
    pub transpose: bool,
    /// The byte of full ink in --data, where it is not 255: 1 if bytes are 0 and 1, 16 if they go up to
    /// 16 [default: 255]
    #[arg(
        long,
        value_name = "BYTE",
        requires = "data",
        value_parser = clap::value_parser!(u8).range(1..)
    )]
    pub ink: Option<u8>,
}

impl DataArgs {
    /// How pixels are turned into MNIST's convention.
    pub fn conversion(&self) -> Conversion {
        let unchanged = Conversion::default();
        Conversion {
            ink: self.ink.unwrap_or(unchanged.ink),
            invert: self.invert,
            transpose: self.transpose,
        }
    }

    /// The folder as a run records it: absolute, so that it is found from other folders.
    ///
    /// # Errors
    /// If config.json, which is UTF-8, could not name it.
    pub fn recorded_folder(&self) -> Result<Option<PathBuf>> {
        let folder = self.data.as_ref().map(std::path::absolute).transpose()?;
        if let Some(folder) = &folder {
            ensure!(
                folder.to_str().is_some(),
                "--data is '{}', whose name is not UTF-8, so that the run's config.json could not name \
                 it: rename the folder, or make a link to it with another name",
                folder.display()
            );
        }
        Ok(folder)
    }

    /// Loads the set, of which `part` is trained on, and says what is not as in MNIST.
    ///
    /// # Errors
    /// If a file is missing or damaged, or `--ink` is too low.
    pub fn load(&self, part: Part, output: &Output) -> Result<Loaded> {
        load(self.data.as_deref(), self.conversion(), part, output)
    }

    /// As [`load`](Self::load), with all digits, turned as those were that the network of `record` was
    /// trained on, if it is those and no option says otherwise.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_as_recorded(&self, record: Option<&DataRecord>, output: &Output) -> Result<Loaded> {
        let given = self.conversion();
        let recorded = record.filter(|record| !record.conversion.is_none());
        if let (Some(record), true, Some(folder)) = (recorded, given.is_none(), &self.data) {
            let mnist = read(Some(folder), Part::ALL, output)?;
            let conversion = recorded_turn(&mnist, record);
            if !conversion.is_none() {
                output.note(format!(
                    "These are the digits of the network's training, and read as then: {}.",
                    in_words(conversion)
                ));
            }
            return Loaded::of(mnist, true, conversion, output);
        }
        self.load(Part::ALL, output)
    }
}

/// The conversion of `record` if it makes the digits of `record` of these.
fn recorded_turn(mnist: &Mnist, record: &DataRecord) -> Conversion {
    let are_recorded = |test: &Dataset, train: &Dataset| {
        test.record() == record.test || train.begins_with(&record.train)
    };
    let converted = |set: &Dataset| record.conversion.apply(set.clone()).ok();
    let as_they_are = are_recorded(&mnist.test, &mnist.train);
    let turned = converted(&mnist.test).zip(converted(&mnist.train));
    match turned {
        Some((test, train)) if !as_they_are && are_recorded(&test, &train) => record.conversion,
        _ => Conversion::default(),
    }
}

/// A set, and what is not as in MNIST in it.
pub struct Loaded {
    /// The digits, in MNIST's convention as far as options say how to get there.
    pub mnist: Mnist,
    /// What is not as in MNIST.
    pub warnings: Vec<Warning>,
}

/// Reads the set in `folder`, or that inside the program, and turns its pixels; says what is not as in
/// MNIST.
///
/// # Errors
/// If a file is missing or damaged, or a byte is above the ink of `conversion`.
pub fn load(
    folder: Option<&Path>,
    conversion: Conversion,
    part: Part,
    output: &Output,
) -> Result<Loaded> {
    let mnist = read(folder, part, output)?;
    Loaded::of(mnist, folder.is_some(), conversion, output)
}

fn read(folder: Option<&Path>, part: Part, output: &Output) -> Result<Mnist> {
    let mnist = Mnist::load_part(folder, part)?;
    mnist.remarks.iter().for_each(|remark| output.note(remark));
    Ok(mnist)
}

impl Loaded {
    /// The digits of `mnist`, turned by `conversion`. They are looked at if they are `foreign`.
    fn of(
        mut mnist: Mnist,
        foreign: bool,
        conversion: Conversion,
        output: &Output,
    ) -> Result<Self> {
        if !conversion.is_none() {
            mnist.train = conversion.apply(mnist.train)?;
            mnist.test = conversion.apply(mnist.test)?;
            mnist.source = format!("{}, {}", mnist.source, in_words(conversion));
        }
        let warnings = match foreign {
            true => Warning::all(&mnist, conversion),
            false => Vec::new(),
        };
        for warning in &warnings {
            match warning.harmful {
                true => output.result(warning.text()),
                false => output.note(warning.text()),
            }
        }
        Ok(Self { mnist, warnings })
    }
}

/// "inverted, transposed".
fn in_words(conversion: Conversion) -> String {
    let ink = format!("scaled from an ink of {}", conversion.ink);
    let words = [
        (conversion.ink != u8::MAX).then_some(&ink[..]),
        conversion.invert.then_some("inverted"),
        conversion.transpose.then_some("transposed"),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Something about a set that is not as in MNIST, as `--json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The digits it is about: training, test, or training and test.
    digits: &'static str,
    /// The finding, one word.
    finding: &'static str,
    /// Whether a network trained on them is likely to misread other pictures.
    pub harmful: bool,
    /// What was seen, after "the digits".
    seen: String,
    /// What to do.
    advice: String,
}

impl Warning {
    /// What is not as in MNIST in either part of `mnist`, which was turned by `conversion`.
    fn all(mnist: &Mnist, conversion: Conversion) -> Vec<Self> {
        let findings = |set: &Dataset| set.look().map_or(Vec::new(), |look| look.findings());
        let (train, mut test) = (findings(&mnist.train), findings(&mnist.test));
        let mut warnings = Vec::new();
        for finding in &train {
            let same = test.iter().position(|other| other.name() == finding.name());
            let digits = match same {
                Some(place) => {
                    test.remove(place);
                    "training and test"
                }
                None => "training",
            };
            warnings.push(Self::of(digits, finding, conversion));
        }
        warnings.extend(
            test.iter()
                .map(|finding| Self::of("test", finding, conversion)),
        );
        warnings
    }

    fn of(digits: &'static str, finding: &Finding, conversion: Conversion) -> Self {
        Self {
            digits,
            finding: finding.name(),
            harmful: finding.is_harmful(),
            seen: finding.to_string(),
            advice: advice(finding, conversion),
        }
    }

    /// In two sentences.
    fn text(&self) -> String {
        let start = if self.harmful { "Warning" } else { "Note" };
        let Self {
            digits,
            seen,
            advice,
            ..
        } = self;
        format!("{start}: the {digits} digits {seen}. {advice}.")
    }
}

/// What to do about `finding` in digits that were turned by `conversion`.
fn advice(finding: &Finding, conversion: Conversion) -> String {
    let option = |name: &str, is_given: bool| match is_given {
        true => format!("Leave out {name}"),
        false => format!("Read them with {name}"),
    };
    match finding {
        Finding::NarrowRange { darkest, brightest } => {
            let (darkest, brightest) = as_read(*darkest, *brightest, conversion);
            match (darkest, brightest) {
                (darkest, brightest) if darkest == brightest => "Take another set".to_owned(),
                (0, ink) => format!("Read them with --ink {ink}"),
                _ => "Stretch their bytes to 0 to 255 in the files".to_owned(),
            }
        }
        Finding::Inverted { .. } => option("--invert", conversion.invert),
        Finding::GreyPaper { .. } => "Make the paper 0 in the files".to_owned(),
        Finding::Turned(Resemblance {
            best: Orientation::Transposed,
            ..
        }) => option("--transpose", conversion.transpose),
        Finding::Turned(_) => "Turn them in the files: no option does it".to_owned(),
        Finding::NotDigits(_) => {
            "That does no harm where something else than digits is meant".to_owned()
        }
    }
}

/// The range of bytes before `conversion`, given that after it.
fn as_read(darkest: u8, brightest: u8, conversion: Conversion) -> (u8, u8) {
    let scaled = |byte: u8| {
        let (byte, ink, full) = (
            u32::from(byte),
            u32::from(conversion.ink),
            u32::from(u8::MAX),
        );
        ((byte * ink + full / 2) / full) as u8
    };
    match conversion.invert {
        true => (scaled(u8::MAX - brightest), scaled(u8::MAX - darkest)),
        false => (scaled(darkest), scaled(brightest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_goes_by_what_was_given_already() {
        let inverted = Finding::Inverted {
            border: 255,
            centre: 150.0,
        };
        let none = Conversion::default();
        let invert = Conversion {
            invert: true,
            ..none
        };
        assert_eq!(advice(&inverted, none), "Read them with --invert");
        assert_eq!(advice(&inverted, invert), "Leave out --invert");
        let range = |darkest, brightest| Finding::NarrowRange { darkest, brightest };
        assert_eq!(advice(&range(0, 16), none), "Read them with --ink 16");
        // Bytes of 0 and 1 after --invert.
        assert_eq!(advice(&range(254, 255), invert), "Read them with --ink 1");
        assert!(advice(&range(100, 150), none).contains("Stretch"));
        assert!(advice(&range(0, 0), none).contains("another set"));
    }
}
