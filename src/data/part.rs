//! Part of a set.

use std::ops::Range;

/// Which digits of a set are read, so that those of a set too large for the memory need not be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// How many at its start; all of the set if `None`.
    pub first: Option<usize>,
    /// How many at its end, besides those.
    pub last: usize,
}

impl Part {
    /// All digits.
    pub const ALL: Self = Self {
        first: None,
        last: 0,
    };

    /// The digits of a set of `count` that are read, and those after a gap; the latter are none where
    /// there is no gap.
    pub(super) fn ranges(self, count: usize) -> [Range<usize>; 2] {
        let first = self.first.unwrap_or(count).min(count);
        let gap_end = count - self.last.min(count);
        match first < gap_end {
            true => [0..first, gap_end..count],
            false => [0..count, count..count],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_meet_are_the_whole() {
        let part = |first, last| Part { first, last }.ranges(10);
        assert_eq!(part(None, 0), [0..10, 10..10]);
        assert_eq!(part(None, 3), [0..10, 10..10]);
        assert_eq!(part(Some(4), 0), [0..4, 10..10]);
        assert_eq!(part(Some(4), 3), [0..4, 7..10]);
        assert_eq!(part(Some(7), 3), [0..10, 10..10]);
        assert_eq!(part(Some(usize::MAX), usize::MAX), [0..10, 10..10]);
    }
}
