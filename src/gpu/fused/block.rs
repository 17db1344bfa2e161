//! How the fused kernels divide their work.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::InvalidValue;

/// Sizes of what the fused kernels compute at once: checked as it is made and as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedBlock")]
pub struct FusedBlock {
    workers: usize,
    samples: usize,
    slices: usize,
    loads: usize,
}

/// A block as it is read.
#[derive(Deserialize)]
struct UncheckedBlock {
    workers: usize,
    samples: usize,
    slices: usize,
    loads: usize,
}

impl FusedBlock {
    /// Invocations of a workgroup of the update, which slices divide.
    pub const UPDATERS: usize = 64;
    /// Invocations that may share a sample.
    pub const WORKERS: [usize; 3] = [64, 128, 256];
    /// Samples that a workgroup may compute, one after the other.
    pub const SAMPLES: [usize; 4] = [1, 2, 4, 8];
    /// Slices in which the gradient of a parameter may be summed.
    pub const SLICES: [usize; 5] = [1, 2, 4, 8, 16];
    /// Weights of a dense layer that an invocation may ask for at once.
    pub const LOADS: [usize; 4] = [1, 2, 4, Self::MOST_LOADS];
    /// The most of them.
    pub const MOST_LOADS: usize = 8;

    /// `workers` invocations compute `samples` samples, one after the other, and each asks for `loads`
    /// weights at once; the update sums over a batch in `slices` slices.
    ///
    /// # Errors
    /// If one of them is none of the numbers that there are.
    pub fn new(
        workers: usize,
        samples: usize,
        slices: usize,
        loads: usize,
    ) -> Result<Self, InvalidValue> {
        Self::checked(workers, samples, slices, loads).ok_or_else(|| {
            let value = format!("{workers}x{samples}x{slices}x{loads}");
            let expected = format!(
                "workers of {:?}, samples of {:?}, slices of {:?} and loads of {:?}",
                Self::WORKERS,
                Self::SAMPLES,
                Self::SLICES,
                Self::LOADS
            );
            InvalidValue::new("fused_block", value, expected)
        })
    }

    /// As [`FusedBlock::new`], for sizes that are constants.
    pub(in crate::gpu) const fn checked(
        workers: usize,
        samples: usize,
        slices: usize,
        loads: usize,
    ) -> Option<Self> {
        // What a shader needs: a number of invocations that WebGPU allows, and slices that divide those
        // of the update.
        let fits = workers.is_power_of_two()
            && workers >= 64
            && workers <= 256
            && samples.is_power_of_two()
            && samples <= 8
            && slices.is_power_of_two()
            && slices <= 16
            && loads.is_power_of_two()
            && loads <= Self::MOST_LOADS
            && Self::UPDATERS.is_multiple_of(slices);
        if !fits {
            return None;
        }
        Some(Self {
            workers,
            samples,
            slices,
            loads,
        })
    }

    /// Invocations that share a sample.
    pub fn workers(self) -> usize {
        self.workers
    }

    /// Samples of a workgroup.
    pub fn samples(self) -> usize {
        self.samples
    }

    /// Slices of the sums over a batch.
    pub fn slices(self) -> usize {
        self.slices
    }

    /// Weights that an invocation asks for at once.
    pub fn loads(self) -> usize {
        self.loads
    }

    /// The blocks that differ from this one in their workers alone, this one included.
    pub fn by_workers(self) -> Vec<Self> {
        let with = |workers| Self { workers, ..self };
        Self::WORKERS.map(with).to_vec()
    }

    /// The blocks that differ from this one in their samples alone, this one included.
    pub fn by_samples(self) -> Vec<Self> {
        let with = |samples| Self { samples, ..self };
        Self::SAMPLES.map(with).to_vec()
    }

    /// The blocks that differ from this one in their slices alone, this one included.
    pub fn by_slices(self) -> Vec<Self> {
        let with = |slices| Self { slices, ..self };
        Self::SLICES.map(with).to_vec()
    }

    /// The blocks that differ from this one in their loads alone, this one included.
    pub fn by_loads(self) -> Vec<Self> {
        let with = |loads| Self { loads, ..self };
        Self::LOADS.map(with).to_vec()
    }
}

impl TryFrom<UncheckedBlock> for FusedBlock {
    type Error = InvalidValue;

    fn try_from(block: UncheckedBlock) -> Result<Self, InvalidValue> {
        Self::new(block.workers, block.samples, block.slices, block.loads)
    }
}

impl fmt::Display for FusedBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            workers,
            samples,
            slices,
            loads,
        } = self;
        let samples = match samples {
            1 => "a sample".to_owned(),
            samples => format!("{samples} samples"),
        };
        let slices = match slices {
            1 => "one slice".to_owned(),
            slices => format!("{slices} slices"),
        };
        write!(f, "{workers} invocations for {samples}, sums in {slices}")?;
        match loads {
            1 => Ok(()),
            loads => write!(f, ", {loads} loads at once"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_there_is_makes_a_block() {
        for workers in FusedBlock::WORKERS {
            for samples in FusedBlock::SAMPLES {
                for slices in FusedBlock::SLICES {
                    for loads in FusedBlock::LOADS {
                        FusedBlock::new(workers, samples, slices, loads).unwrap();
                    }
                }
            }
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for (workers, samples, slices, loads) in [
            (0, 1, 1, 1),
            (512, 1, 1, 1),
            (96, 1, 1, 1),
            (64, 0, 1, 1),
            (64, 1, 3, 1),
            (64, 1, 1, 16),
        ] {
            let error = FusedBlock::new(workers, samples, slices, loads).unwrap_err();
            assert!(error.to_string().contains("fused_block"), "{error}");
        }
    }
}
