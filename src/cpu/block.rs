//! Into what blocks a batch is cut.

use super::memory::LINE;

/// Samples in a block, unless the batch goes sample by sample: enough to fill the widest vector
/// register with one unit of all of them.
pub const BLOCK: usize = LINE;

/// Batches up to this size go sample by sample, in blocks of one: a full block takes as long as four
/// to five samples by themselves, which more than one thread can share.
const LARGEST_ONE_BY_ONE: usize = 6;

/// Whether a batch of `batch` samples goes sample by sample.
pub fn is_one_by_one(batch: usize) -> bool {
    batch <= LARGEST_ONE_BY_ONE
}
