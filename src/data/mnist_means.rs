//! MNIST's mean pictures.

use super::IMAGE_SIDE;
use crate::model::DIGITS;

/// Cells along the side of a coarse picture.
pub(super) const CELL_ROWS: usize = 7;
/// Cells of a coarse picture.
pub(super) const CELLS: usize = CELL_ROWS * CELL_ROWS;
/// Pixels along the side of a cell.
pub(super) const CELL_SIDE: usize = IMAGE_SIDE / CELL_ROWS;

/// The mean picture of each digit over MNIST's training set, in cells of 4 by 4 pixels, rounded to bytes.
/// The test below works them out again.
#[rustfmt::skip]
pub(super) const MNIST_MEANS: [[u8; CELLS]; DIGITS] = [
    [
          0,   0,   0,   1,   1,   0,   0,
          0,   2,  36, 122, 134,  41,   0,
          0,  20, 128, 120, 108, 118,   4,
          0,  70, 128,  19,  48, 128,   8,
          0, 103,  98,  33, 115,  88,   3,
          0,  54, 158, 155,  95,  15,   0,
          0,   1,   6,   7,   1,   0,   0,
    ],
    [
          0,   0,   0,   0,   0,   0,   0,
          0,   0,   4,  63,  72,  13,   0,
          0,   0,   3, 113,  79,   3,   0,
          0,   0,   4, 167,  27,   0,   0,
          0,   0,  34, 155,  10,   0,   0,
          0,   6,  67, 101,  16,   1,   0,
          0,   0,   4,   5,   1,   0,   0,
    ],
    [
          0,   0,   4,  11,   6,   1,   0,
          0,  13,  80, 136, 113,  23,   0,
          0,  14,  42,  53, 117,  37,   0,
          0,   8,  41,  94, 117,  23,   2,
          1,  60, 140, 167, 121,  57,   9,
          1,  50, 115,  87,  69,  42,   4,
          0,   0,   1,   1,   1,   0,   0,
    ],
    [
          0,   0,   1,   2,   1,   0,   0,
          0,  19,  88, 136, 101,  17,   0,
          1,  15,  42,  97, 127,  22,   0,
          0,   4,  70, 157, 127,  19,   0,
          2,  19,  24,  35, 121,  44,   0,
          3,  50, 120, 140, 105,  16,   0,
          0,   4,  16,  18,   4,   0,   0,
    ],
    [
          0,   0,   0,   0,   0,   0,   0,
          0,   5,  26,  25,  43,  33,   2,
          0,  20, 100,  49, 110,  43,   1,
          0,  51, 155, 101, 162,  33,   1,
          0,  27,  77, 127, 114,  17,   0,
          0,   1,  20,  76,  59,   8,   0,
          0,   0,   5,  13,   9,   1,   0,
    ],
    [
          0,   0,   0,   0,   1,   0,   0,
          0,   3,  34,  83,  90,  59,  10,
          0,  11, 101, 112,  65,  38,   9,
          0,  16, 121, 119,  75,  14,   0,
          0,  24,  37,  57,  97,  31,   1,
          0,  32, 109, 125,  85,  15,   0,
          0,   1,  13,  17,   5,   0,   0,
    ],
    [
          0,   0,   5,  20,  24,   5,   0,
          0,   2,  32,  99,  65,   9,   0,
          0,   7,  82,  95,  25,  12,   0,
          0,  19, 133, 107, 125,  68,   4,
          0,  22, 156, 141, 138,  65,   2,
          0,   4,  62, 115,  62,   7,   0,
          0,   0,   0,   0,   0,   0,   0,
    ],
    [
          0,   0,   0,   0,   0,   0,   0,
          0,   7,  24,  34,  30,   8,   0,
          4,  52, 132, 135, 166,  49,   0,
          1,  20,  33,  38, 146,  22,   0,
          0,   3,  14, 109,  92,   6,   0,
          0,   2,  42, 116,  34,   1,   0,
          0,   5,  39,  51,  14,   1,   0,
    ],
    [
          0,   0,   0,   0,   0,   0,   0,
          0,   3,  39, 113, 112,  38,   2,
          0,  14, 105,  97, 118,  67,   5,
          0,   7,  82, 178, 113,  17,   1,
          0,  11, 107, 131,  80,  14,   0,
          0,  22, 123, 138,  80,  11,   0,
          0,   1,  17,  24,   6,   0,   0,
    ],
    [
          0,   0,   0,   0,   0,   0,   0,
          0,   1,  16,  67,  54,   7,   0,
          0,  17, 119, 101, 133,  31,   0,
          0,  35, 125, 111, 161,  18,   0,
          0,   9,  51, 105, 102,   7,   0,
          0,   1,  22,  90,  58,   7,   0,
          0,   1,  19,  36,  22,   4,   0,
    ],
];

#[cfg(all(test, feature = "embedded-mnist"))]
mod tests {
    use super::*;
    use crate::data::Mnist;

    #[test]
    fn the_means_are_those_of_the_training_set() {
        let train = Mnist::load(None).unwrap().train;
        let (mut sums, mut counts) = ([[0_u64; CELLS]; DIGITS], [0_u64; DIGITS]);
        for (index, &label) in train.labels().iter().enumerate() {
            let class = usize::from(label);
            counts[class] += 1;
            for (pixel, &byte) in train.image(index).iter().enumerate() {
                let (y, x) = (pixel / IMAGE_SIDE, pixel % IMAGE_SIDE);
                let cell = y / CELL_SIDE * CELL_ROWS + x / CELL_SIDE;
                sums[class][cell] += u64::from(byte);
            }
        }
        let means: [[u8; CELLS]; DIGITS] = std::array::from_fn(|class| {
            let pixels = counts[class] * (CELL_SIDE * CELL_SIDE) as u64;
            sums[class].map(|sum| ((sum + pixels / 2) / pixels) as u8)
        });
        assert_eq!(means, MNIST_MEANS, "the table has to be {means:?}");
    }
}
