//! Sizes of stacks of feature maps.

/// Side of every convolution kernel of the paper.
pub const KERNEL: usize = 5;

/// Side of a convolution's output: (side − kernel + 2·padding)/stride + 1, rounded down.
pub fn convolved_side(side: usize, kernel: usize, padding: usize, stride: usize) -> usize {
    (side + 2 * padding - kernel) / stride + 1
}

/// Size of a stack of feature maps, indexed c y x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapShape {
    /// Number of maps (c).
    pub maps: usize,
    /// Rows of a map (y).
    pub height: usize,
    /// Columns of a map (x).
    pub width: usize,
}

impl MapShape {
    /// `maps` maps of `height`×`width`.
    pub fn new(maps: usize, height: usize, width: usize) -> Self {
        Self {
            maps,
            height,
            width,
        }
    }

    /// Units in one map.
    pub fn area(&self) -> usize {
        self.height * self.width
    }

    /// Units in all maps.
    pub fn units(&self) -> usize {
        self.maps * self.area()
    }

    /// The output of a convolution by `maps` 5×5 kernels without padding.
    pub fn convolved(&self, maps: usize) -> Self {
        let side = |side| convolved_side(side, KERNEL, 0, 1);
        Self::new(maps, side(self.height), side(self.width))
    }

    /// The output of a 2×2 sub-sampling or pooling; an odd last row or column is left out.
    pub fn halved(&self) -> Self {
        Self::new(self.maps, self.height / 2, self.width / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_keeps_the_size_as_in_the_decks_appendix_1() {
        assert_eq!(convolved_side(7, 3, 1, 1), 7);
        assert_eq!(convolved_side(7, 3, 0, 1), 5);
        // 28×28 with "same" padding 2 is the 32×32 field without padding.
        assert_eq!(convolved_side(28, 5, 2, 1), 28);
        assert_eq!(convolved_side(32, 5, 0, 1), 28);
    }
}
