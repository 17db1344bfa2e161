//! Into what blocks a batch is cut.

use super::simd::{Level, Simd, Task};

/// Batches up to this size go sample by sample, in blocks of one: a full block takes as long as three to
/// five samples by themselves, which more than one thread can share.
const LARGEST_ONE_BY_ONE: usize = 6;

/// How many samples go through the network together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockSize {
    One,
    Eight,
    Sixteen,
}

impl BlockSize {
    /// That of batches of `batch` samples at `level`.
    pub fn of(level: Level, batch: usize) -> Self {
        if batch <= LARGEST_ONE_BY_ONE {
            return Self::One;
        }
        Self::whole(level)
    }

    /// The number of samples.
    #[cfg(test)]
    pub fn samples(self) -> usize {
        match self {
            Self::One => 1,
            Self::Eight => 8,
            Self::Sixteen => 16,
        }
    }

    /// That of larger batches at `level`.
    pub fn whole(level: Level) -> Self {
        match level.dispatch(Whole) {
            8 => Self::Eight,
            16 => Self::Sixteen,
            other => unreachable!("no instruction set has blocks of {other}"),
        }
    }
}

/// The samples of a whole block.
struct Whole;

impl Task for Whole {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) -> usize {
        S::BLOCK
    }
}

/// To be called first by a task for blocks of `SAMPLES`: no code is made for blocks that `S` does not
/// have.
///
/// # Panics
/// If `S` does not have them.
#[inline(always)]
pub fn expect_size_of<S: Simd, const SAMPLES: usize>() {
    assert!(
        SAMPLES == 1 || SAMPLES == S::BLOCK,
        "an instruction set has blocks of one other size than 1"
    );
}
