//! The eight ways to lay a square picture down, and how much the mean pictures of a set resemble MNIST's
//! in each of them.

use super::mnist_means::{CELL_ROWS, CELL_SIDE, CELLS, MNIST_MEANS};
use super::{Dataset, IMAGE_PIXELS, IMAGE_SIDE};
use crate::model::DIGITS;

/// A picture by the sums, means or differences of its cells.
type Cells = [f64; CELLS];

/// How the digits of a set lie, compared with MNIST's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orientation {
    /// As in MNIST.
    AsInMnist,
    /// Rows and columns have changed places.
    Transposed,
    /// A quarter turn to the right.
    RotatedRight,
    /// Half a turn.
    UpsideDown,
    /// A quarter turn to the left.
    RotatedLeft,
    /// Left and right have changed places.
    Mirrored,
    /// Top and bottom have changed places.
    Flipped,
    /// Rows and columns have changed places, and half a turn.
    TransposedUpsideDown,
}

impl Orientation {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::AsInMnist,
        Self::Transposed,
        Self::RotatedRight,
        Self::UpsideDown,
        Self::RotatedLeft,
        Self::Mirrored,
        Self::Flipped,
        Self::TransposedUpsideDown,
    ];

    /// In words, after "lie".
    pub fn words(self) -> &'static str {
        match self {
            Self::AsInMnist => "as in MNIST",
            Self::Transposed => "transposed, as EMNIST's do",
            Self::RotatedRight => "turned a quarter to the right",
            Self::UpsideDown => "upside down",
            Self::RotatedLeft => "turned a quarter to the left",
            Self::Mirrored => "mirrored",
            Self::Flipped => "flipped, top to bottom",
            Self::TransposedUpsideDown => "transposed and upside down",
        }
    }

    /// Where in an upright picture of `side` rows the value at row `y` and column `x` of one that lies
    /// so comes from, as row and column.
    fn source(self, y: usize, x: usize, side: usize) -> (usize, usize) {
        let (up, left) = (side - 1 - y, side - 1 - x);
        match self {
            Self::AsInMnist => (y, x),
            Self::Transposed => (x, y),
            Self::RotatedRight => (left, y),
            Self::UpsideDown => (up, left),
            Self::RotatedLeft => (x, up),
            Self::Mirrored => (y, left),
            Self::Flipped => (up, x),
            Self::TransposedUpsideDown => (left, up),
        }
    }

    fn lay(self, upright: &Cells) -> Cells {
        std::array::from_fn(|cell| {
            let (y, x) = self.source(cell / CELL_ROWS, cell % CELL_ROWS, CELL_ROWS);
            upright[y * CELL_ROWS + x]
        })
    }
}

/// How much the mean pictures of a set resemble MNIST's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resemblance {
    /// The way in which they resemble them most.
    pub best: Orientation,
    /// The correlation in that way. Mean pictures are compared by how they differ from the mean of all,
    /// since all digits have their ink in the middle. A few dozen digits of MNIST come to 0.5 to 0.9, a
    /// thousand to 0.99; digits with the labels of others stay below 0.3.
    pub correlation: f64,
    /// The correlation as they are.
    pub as_they_are: f64,
}

/// Sums of the cells of pictures by class.
pub(super) struct ClassSums {
    sums: [Cells; DIGITS],
    counts: [u32; DIGITS],
}

impl ClassSums {
    /// Of the digits `places` of `set`.
    pub fn of(set: &Dataset, places: impl Iterator<Item = usize>) -> Self {
        let mut all = Self {
            sums: [[0.0; CELLS]; DIGITS],
            counts: [0; DIGITS],
        };
        for place in places {
            let class = usize::from(set.labels()[place]);
            all.counts[class] += 1;
            let cells = cells_of(set.image(place));
            for (sum, cell) in all.sums[class].iter_mut().zip(cells) {
                *sum += f64::from(cell);
            }
        }
        all
    }

    /// How much they resemble MNIST's means, or their negatives if `inverted`; `None` if there are too
    /// few digits or classes to tell.
    pub fn resemblance(&self, inverted: bool) -> Option<Resemblance> {
        const FEWEST_DIGITS: u32 = 20;
        const FEWEST_CLASSES: usize = 4;
        let classes: Vec<usize> = (0..DIGITS)
            .filter(|&class| self.counts[class] > 0)
            .collect();
        if self.counts.iter().sum::<u32>() < FEWEST_DIGITS || classes.len() < FEWEST_CLASSES {
            return None;
        }
        let sign = if inverted { -1.0 } else { 1.0 };
        let mean = |&class: &usize| {
            let count = f64::from(self.counts[class]);
            self.sums[class].map(|sum| sign * sum / count)
        };
        let means = differences(classes.iter().map(mean).collect());
        let correlation = |orientation: Orientation| {
            let laid = |&class: &usize| orientation.lay(&MNIST_MEANS[class].map(f64::from));
            correlation(&means, &differences(classes.iter().map(laid).collect()))
        };
        let all = Orientation::ALL.map(|orientation| (orientation, correlation(orientation)));
        let (best, correlation) = all.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Resemblance {
            best,
            correlation,
            as_they_are: all[0].1,
        })
    }
}

/// The sums of the cells of an image.
fn cells_of(image: &[u8; IMAGE_PIXELS]) -> [u32; CELLS] {
    let mut cells = [0; CELLS];
    for (y, row) in image.chunks_exact(IMAGE_SIDE).enumerate() {
        let first = y / CELL_SIDE * CELL_ROWS;
        for (cell, pixels) in cells[first..].iter_mut().zip(row.chunks_exact(CELL_SIDE)) {
            *cell += pixels.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
        }
    }
    cells
}

/// How each picture differs from the mean of all.
fn differences(mut pictures: Vec<Cells>) -> Vec<Cells> {
    let count = pictures.len() as f64;
    let mean: Cells = std::array::from_fn(|cell| {
        pictures.iter().map(|picture| picture[cell]).sum::<f64>() / count
    });
    for picture in &mut pictures {
        for (value, mean) in picture.iter_mut().zip(mean) {
            *value -= mean;
        }
    }
    pictures
}

/// The correlation of two lists of pictures whose mean is 0; 0 if one of them shows nothing.
fn correlation(a: &[Cells], b: &[Cells]) -> f64 {
    let product = |a: &[Cells], b: &[Cells]| -> f64 {
        let pairs = a.as_flattened().iter().zip(b.as_flattened());
        pairs.map(|(a, b)| a * b).sum()
    };
    let squares = product(a, a) * product(b, b);
    match squares > 0.0 {
        true => product(a, b) / squares.sqrt(),
        false => 0.0,
    }
}
