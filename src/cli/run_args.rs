//! What runs are started with besides their recipe.

use std::ops::Range;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::plan::PlanChoice;
use crate::model::{InvalidValue, MOST_SEEDS};
use crate::train::seeds_from;

/// The settings of new runs besides their recipe.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Seed of the initial weights and of the order of the digits [default: 0]
    #[arg(long)]
    pub seed: Option<u32>,
    /// Train N networks side by side, with seeds from --seed on, each in a folder of its own
    /// within that of the run, and report the spread of their errors [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SEEDS)))]
    pub seeds: Option<u32>,
    /// Train on the first N digits only
    #[arg(long, value_name = "N", value_parser = at_least_1())]
    pub samples: Option<usize>,
    /// The kernels of a training step on an adapter; recorded with the run [default: auto]
    #[arg(long, value_enum, value_name = "PLAN")]
    pub plan: Option<PlanChoice>,
    /// Passes between checkpoints; there is always one after the last [default: 1]
    #[arg(long, value_name = "N", value_parser = at_least_1())]
    pub checkpoint_every: Option<usize>,
}

/// Numbers of things of which there has to be one.
pub fn at_least_1() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

impl RunArgs {
    /// The seeds to be trained.
    ///
    /// # Errors
    /// If they go beyond the largest seed.
    pub fn seeds(&self) -> Result<Range<u32>, InvalidValue> {
        seeds_from(self.seed.unwrap_or(0), self.seeds.unwrap_or(1))
    }
}
