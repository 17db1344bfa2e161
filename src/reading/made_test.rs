//! How well strings that are made of a data set's digits are read, by spacing and noise.

use serde::Serialize;

use super::reader::Reader;
use super::score::Tally;
use crate::compute::{Compute, Ensemble};
use crate::data::Dataset;
use crate::data::picture::pieces_between_gaps;
use crate::data::strings::{Line, MadeString, StringSettings};
use crate::gpu::GpuError;

/// The strings of a test, and how many of their pixels are inverted, one share after another.
pub struct MadeTest<'a> {
    /// The digits that they are made of.
    pub set: &'a Dataset,
    /// The strings.
    pub settings: StringSettings,
    /// Shares of inverted pixels.
    pub noises: Vec<f64>,
}

/// The most columns of the strings that are held at a time: with their strips and their pieces they take a hundred
/// megabytes at most.
const MOST_COLUMNS: usize = 1 << 18;

/// How lines are read.
pub enum Method<'a> {
    /// Along the strip, by a network that knows what is between digits.
    Along(&'a Reader),
    /// Cut at their gaps, each piece by itself.
    AtGaps(&'a Ensemble),
}

/// What was counted of the strings of one spacing and share of noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Pixels from the middle of a digit to that of the next.
    pub spacing: usize,
    /// Share of inverted pixels.
    pub noise: f64,
    /// What was counted.
    #[serde(flatten)]
    pub tally: Tally,
}

impl MadeTest<'_> {
    /// What `method` reads of the strings: a cell for every spacing, in its order, and in it every noise.
    ///
    /// # Errors
    /// If the adapter fails.
    pub async fn run(&self, method: &Method<'_>, compute: &Compute) -> Result<Vec<Cell>, GpuError> {
        let spacings = self.settings.spacings.iter();
        let mut cells: Vec<Cell> = spacings
            .flat_map(|&spacing| {
                self.noises.iter().map(move |&noise| Cell {
                    spacing,
                    noise,
                    tally: Tally::default(),
                })
            })
            .collect();
        let at_once = (MOST_COLUMNS / self.settings.most_columns()).max(1);
        for &noise in &self.noises {
            let mut strings = self.settings.make(self.set, noise);
            loop {
                let portion: Vec<MadeString> = strings.by_ref().take(at_once).collect();
                if portion.is_empty() {
                    break;
                }
                let read = method.read(compute, &portion).await?;
                for (made, read) in portion.iter().zip(read) {
                    let of_made =
                        |cell: &&mut Cell| cell.spacing == made.spacing && cell.noise == noise;
                    let cell = cells.iter_mut().find(of_made);
                    let cell = cell.expect("every string has one of the spacings");
                    cell.tally.add(&made.digits, &read);
                }
            }
        }
        Ok(cells)
    }
}

impl Method<'_> {
    /// The digits of each of `strings`.
    async fn read(
        &self,
        compute: &Compute,
        strings: &[MadeString],
    ) -> Result<Vec<Vec<u8>>, GpuError> {
        let lines: Vec<&Line> = strings.iter().map(|made| &made.line).collect();
        match self {
            Self::Along(reader) => {
                let readings = reader.read(compute, &lines).await?.into_iter();
                let digits = |read: super::Reading| read.digits.iter().map(|d| d.digit).collect();
                Ok(readings.map(digits).collect())
            }
            Self::AtGaps(ensemble) => {
                let pieces: Vec<_> = lines.iter().map(|line| pieces_between_gaps(line)).collect();
                let answers = ensemble.classify_all(compute, &pieces.concat()).await?;
                let mut answers = answers.into_iter().map(|answer| answer.digit as u8);
                let of_line = |pieces: &Vec<_>| answers.by_ref().take(pieces.len()).collect();
                Ok(pieces.iter().map(of_line).collect())
            }
        }
    }
}
