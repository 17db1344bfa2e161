//! A look at a set: are its pictures like MNIST's? A network that is trained on others learns them, and
//! then misreads every picture that is given to it in MNIST's convention.

use std::fmt;

use super::orientation::{ClassSums, Orientation, Resemblance};
use super::{Dataset, IMAGE_PIXELS, IMAGE_SIDE};

/// The most digits that are looked at, spread evenly over the set.
const MOST_DIGITS: usize = 10_000;

/// Pixels from the edge of a picture to the end of its border.
const BORDER: usize = 2;

/// Pixels from the edge of a picture to its centre.
const TO_CENTRE: usize = 7;

/// The narrowest range of bytes that is not remarkable: half of MNIST's.
const NARROWEST_RANGE: u8 = 128;

/// The lightest grey, of 255, that is remarkable as paper.
const GREY: u8 = 32;

/// The correlation below which pictures are not taken for digits, and what a way of lying must be ahead
/// of the upright one. Twenty digits of MNIST never came below 0.52 in 60 draws, and any other way was
/// at least 0.07 behind the right one.
const LEAST_CORRELATION: f64 = 0.5;
const LEAST_LEAD: f64 = 0.05;

/// What a set looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The smallest byte of all pictures.
    pub darkest: u8,
    /// The largest byte of all pictures.
    pub brightest: u8,
    /// The median byte of the outermost two rows and columns: paper.
    pub border: u8,
    /// The mean byte of the 14 by 14 pixels in the middle.
    pub centre: f64,
    /// How much the mean pictures resemble MNIST's; `None` if there are too few to tell.
    pub resemblance: Option<Resemblance>,
}

/// Something about a set that is not as in MNIST.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Finding {
    /// The bytes take less than half of MNIST's range.
    NarrowRange {
        /// The smallest byte.
        darkest: u8,
        /// The largest byte.
        brightest: u8,
    },
    /// The pictures are dark on light.
    Inverted {
        /// The median byte of the border.
        border: u8,
        /// The mean byte of the centre.
        centre: f64,
    },
    /// The paper is not 0.
    GreyPaper {
        /// The median byte of the border.
        border: u8,
    },
    /// The digits do not stand upright.
    Turned(Resemblance),
    /// The pictures do not look like digits.
    NotDigits(Resemblance),
}

impl Dataset {
    /// What the pictures look like; `None` if there are none.
    pub fn look(&self) -> Option<Look> {
        let (&darkest, &brightest) = self.images.iter().min().zip(self.images.iter().max())?;
        // An odd step: MNIST takes turns between the digits of two collections.
        let step = self.len().div_ceil(MOST_DIGITS) | 1;
        let places = || (0..self.len()).step_by(step);
        let (border, centre) = border_and_centre(places().map(|place| self.image(place)));
        let look = Look {
            darkest,
            brightest,
            border,
            centre,
            resemblance: None,
        };
        let sums = ClassSums::of(self, places());
        Some(Look {
            resemblance: sums.resemblance(look.is_inverted()),
            ..look
        })
    }
}

impl Look {
    /// What is not as in MNIST.
    pub fn findings(&self) -> Vec<Finding> {
        let Self {
            darkest,
            brightest,
            border,
            centre,
            ..
        } = *self;
        let shades = if self.is_inverted() {
            Some(Finding::Inverted { border, centre })
        } else {
            let is_grey = self.share(border.into()) >= f64::from(GREY) / f64::from(u8::MAX);
            // Blank pictures are all paper.
            (is_grey && brightest > darkest).then_some(Finding::GreyPaper { border })
        };
        let range = Finding::NarrowRange { darkest, brightest };
        let is_narrow = brightest - darkest < NARROWEST_RANGE;
        let range = is_narrow.then_some(range);
        let lie = self.resemblance.and_then(Resemblance::finding);
        [range, shades, lie].into_iter().flatten().collect()
    }

    /// Whether paper is lighter than the middle, where the ink is: by an eighth of the range, since both
    /// are about the same in pictures of something else.
    fn is_inverted(&self) -> bool {
        self.share(self.border.into()) - self.share(self.centre) > 0.125
    }

    /// A level as a share of the largest byte.
    fn share(&self, level: f64) -> f64 {
        level / f64::from(self.brightest.max(1))
    }
}

impl Resemblance {
    /// What is to be said of it.
    fn finding(self) -> Option<Finding> {
        let is_turned = self.best != Orientation::AsInMnist
            && self.correlation - self.as_they_are >= LEAST_LEAD;
        if self.correlation < LEAST_CORRELATION {
            Some(Finding::NotDigits(self))
        } else {
            is_turned.then_some(Finding::Turned(self))
        }
    }
}

impl Finding {
    /// Its name, one word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NarrowRange { .. } => "narrow-range",
            Self::Inverted { .. } => "inverted",
            Self::GreyPaper { .. } => "grey-paper",
            Self::Turned(_) => "turned",
            Self::NotDigits(_) => "not-digits",
        }
    }

    /// Whether a network trained on such pictures is going to misread others. It is not, where they are
    /// something else than digits.
    pub fn is_harmful(&self) -> bool {
        !matches!(self, Self::NotDigits(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NarrowRange { darkest, brightest } if darkest == brightest => {
                write!(f, "are blank: every byte is {darkest}")
            }
            Self::NarrowRange { darkest, brightest } => write!(
                f,
                "have bytes from {darkest} to {brightest} only, where MNIST's are from 0 to 255"
            ),
            Self::Inverted { border, centre } => write!(
                f,
                "are dark on light: most of their border is {border}, and their centre {centre:.0} on \
                 average, where MNIST's have a border of 0 and a lighter centre"
            ),
            Self::GreyPaper { border } => write!(
                f,
                "have grey paper: most of their border is {border}, where MNIST's is 0"
            ),
            Self::Turned(found) => write!(
                f,
                "lie {}: their mean pictures then correlate with MNIST's by {:.2}, as they are by only \
                 {:.2}",
                found.best.words(),
                found.correlation,
                found.as_they_are
            ),
            Self::NotDigits(found) => write!(
                f,
                "do not look like digits, or their labels are not theirs: their mean pictures correlate \
                 with MNIST's by {:.2} at best, where digits come to {LEAST_CORRELATION} and more",
                found.correlation
            ),
        }
    }
}

/// The median byte of the borders, and the mean byte of the centres.
fn border_and_centre<'a>(images: impl Iterator<Item = &'a [u8; IMAGE_PIXELS]>) -> (u8, f64) {
    const CENTRE: usize = IMAGE_SIDE - 2 * TO_CENTRE;
    let inside = |place: usize, margin: usize| (margin..IMAGE_SIDE - margin).contains(&place);
    let within = |pixel: usize, margin: usize| {
        inside(pixel / IMAGE_SIDE, margin) && inside(pixel % IMAGE_SIDE, margin)
    };
    let border: Vec<usize> = (0..IMAGE_PIXELS)
        .filter(|&pixel| !within(pixel, BORDER))
        .collect();
    let centre: Vec<usize> = (0..IMAGE_PIXELS)
        .filter(|&pixel| within(pixel, TO_CENTRE))
        .collect();
    let (mut histogram, mut sum, mut count) = ([0_usize; 256], 0_u64, 0_usize);
    for image in images {
        border
            .iter()
            .for_each(|&pixel| histogram[usize::from(image[pixel])] += 1);
        sum += centre
            .iter()
            .map(|&pixel| u64::from(image[pixel]))
            .sum::<u64>();
        count += 1;
    }
    let half = count * border.len() / 2;
    let mut below = 0;
    let median = histogram.iter().position(|&bytes| {
        below += bytes;
        below > half
    });
    let mean = sum as f64 / (count.max(1) * CENTRE * CENTRE) as f64;
    (median.unwrap_or(0) as u8, mean)
}
