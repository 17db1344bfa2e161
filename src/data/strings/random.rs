//! Random choices, the same for the same seed on every machine.

use std::ops::RangeInclusive;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A source of random choices.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The source number `stream` of `seed`.
    pub fn new(seed: u32, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed.into());
        random.set_stream(stream);
        Self(random)
    }

    /// A number of `range`, all equally likely up to one part in 2³² by the number of them.
    pub fn within(&mut self, range: RangeInclusive<isize>) -> isize {
        let count = range.end() - range.start() + 1;
        let scaled = (u64::from(self.0.next_u32()) * count as u64) >> 32;
        range.start() + scaled as isize
    }

    /// A place in a list of `count`.
    ///
    /// # Panics
    /// If the list is empty.
    pub fn place_in(&mut self, count: usize) -> usize {
        assert!(count > 0, "there is nothing to choose from");
        self.within(0..=count as isize - 1) as usize
    }

    /// Whether something happens that has this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        f64::from(self.0.next_u32()) < probability * (1u64 << 32) as f64
    }
}
