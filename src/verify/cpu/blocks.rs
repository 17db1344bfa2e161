//! How the CPU path divides a batch.

use std::ops::Range;

use crate::cpu::memory::LINE;

/// The places in the batch of every block's samples; the last block may be smaller.
pub fn blocks<const SAMPLES: usize>(samples: usize) -> impl Iterator<Item = Range<usize>> {
    let firsts = (0..samples).step_by(SAMPLES);
    firsts.map(move |first| first..samples.min(first + SAMPLES))
}

/// `shapes` in their own batches, as adapters take them too, and after that in a batch of a whole
/// block of sixteen, or two of eight, and one sample of the next, which their own batches are mostly too
/// small for.
/// Adapters have groups of four: such a batch would take them much time and teach little.
pub fn with_whole_blocks<S: Clone + PartialEq>(shapes: Vec<(usize, S)>) -> Vec<(usize, S)> {
    let mut all = shapes.clone();
    for (samples, shape) in shapes {
        let whole = (LINE + 1, shape);
        if samples <= LINE && !all.contains(&whole) {
            all.push(whole);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_a_batch_and_the_last_may_be_smaller() {
        assert!(blocks::<1>(3).eq([0..1, 1..2, 2..3]));
        assert!(blocks::<16>(17).eq([0..16, 16..17]));
        assert!(blocks::<16>(5).eq(std::iter::once(0..5)));
    }

    #[test]
    fn every_shape_is_computed_in_a_whole_block() {
        let shapes = with_whole_blocks(vec![(1, "a"), (5, "a"), (65, "b")]);
        assert_eq!(shapes, [(1, "a"), (5, "a"), (65, "b"), (17, "a")]);
    }
}
