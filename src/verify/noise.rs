//! Seeded numbers for problems.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::data::Dataset;
use crate::model::DIGITS;

/// A source of numbers that is the same on every machine.
pub struct Noise(ChaCha8Rng);

impl Noise {
    /// Starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Starts from `seed` for the first model, and from another seed for each one beside it.
    pub fn of_model(seed: u64, model: usize) -> Self {
        Self::new(seed + 1000 * model as u64)
    }

    /// `count` numbers, uniform in ±1.
    pub fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| (self.0.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0)
            .collect()
    }

    /// `count` numbers below `limit`.
    pub fn below(&mut self, limit: u32, count: usize) -> Vec<u32> {
        (0..count).map(|_| self.0.next_u32() % limit).collect()
    }

    /// `count` bytes below `limit`, at most 256.
    pub fn bytes(&mut self, limit: u32, count: usize) -> Vec<u8> {
        let numbers = self.below(limit, count).into_iter();
        numbers.map(|number| number as u8).collect()
    }

    /// `count` labels.
    pub fn labels(&mut self, count: usize) -> Vec<u8> {
        self.bytes(DIGITS as u32, count)
    }

    /// The same, but every fifth is that of a field without a digit.
    pub fn labels_or_none(&mut self, count: usize) -> Vec<u8> {
        let mut labels = self.labels(count);
        for label in labels.iter_mut().skip(4).step_by(5) {
            *label = Dataset::NO_DIGIT;
        }
        labels
    }
}
