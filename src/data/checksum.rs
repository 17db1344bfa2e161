//! Checksums of sets.

use twox_hash::xxhash3_128::Hasher;

use super::{Dataset, IMAGE_PIXELS};
use crate::model::{Conversion, DataRecord, SetRecord};

impl Dataset {
    /// The size and checksum of the set: XXH3 with 128 bits, over all pixels and then all labels. It is
    /// the same whatever files the digits come from, packed or not.
    pub fn record(&self) -> SetRecord {
        self.record_of_first(self.len())
    }

    /// The same of the first `digits`.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    pub(crate) fn record_of_first(&self, digits: usize) -> SetRecord {
        let mut hasher = Hasher::new();
        hasher.write(&self.images[..digits * IMAGE_PIXELS]);
        hasher.write(&self.labels[..digits]);
        SetRecord {
            digits,
            checksum: format!("xxh3-128:{:032x}", hasher.finish_128()),
        }
    }

    /// Whether the set is, or begins with, the digits of `record`.
    pub fn begins_with(&self, record: &SetRecord) -> bool {
        record.digits <= self.len() && self.record_of_first(record.digits) == *record
    }
}

impl DataRecord {
    /// The record of a training on `train`, with the test set `test`, after `conversion`.
    pub fn of(conversion: Conversion, train: &Dataset, test: &Dataset) -> Self {
        Self {
            conversion,
            train: train.record(),
            test: test.record(),
        }
    }
}
