//! Which strokes of a picture stand in its line, and how high its digits are.
//!
//! Beside digits a picture may have a frame around them, a blot or a bracket that is higher than they are, an
//! underline, and specks. What most of the line is made of decides.

use std::ops::Range;

use super::error::PictureError;
use super::strokes::{Stroke, hull};

/// A stroke that is lower than this part of a digit is a part of one: a bar of a 5, or a dot.
const LOW: f32 = 0.5;

/// A stroke that is higher than so many digits is no digit.
const HIGH: f32 = 2.0;

/// A low stroke that is wider than so many digits are high is a line, and not a part of a digit.
const WIDE: f32 = 1.2;

/// How far beyond the digits a part of one may be, in parts of their height.
const BEYOND: f32 = 0.25;

/// A low stroke with less than this part of a square as high as a digit is a speck: three pixels where a digit is 20
/// high. The bar of a 5, when detached, has ten.
const SPECK: f32 = 0.0075;

/// The most that a digit fills of its box, if it is not upright: blots and specks fill more. Bold digits of MNIST fill
/// 0.8, with their faint edges.
const MOST_FILLED: f32 = 0.9;

/// Digits that are lower than so many pixels may fill more.
const LEAST_ROWS: usize = 20;

/// What is narrower than this part of its height is upright, as a bold 1 is.
const UPRIGHT: f32 = 0.7;

/// Whoever looks into the box of a frame from any side meets it within this part of the box, along the part [`AROUND`]
/// of the side at least; and it fills no more of the box than [`FRAME_FILLED`].
const FRAME_ZONE: f32 = 0.2;
const AROUND: f32 = 0.7;
const FRAME_FILLED: f32 = 0.25;

/// What is in a frame takes up at least these parts of its columns or of its rows. Strokes with less than [`HELD_INK`]
/// of the ink of the frame do not count.
const HELD_COLUMNS: f32 = 0.5;
const HELD_ROWS: f32 = 0.25;
const HELD_INK: f32 = 0.01;

/// Digits are in one level line if the middles of them all are within this part of their height.
const LEVEL: f32 = 0.5;

/// What stands out where all strokes are more filled than digits are: a blot, or the paper of a card.
pub struct Solid {
    /// Its columns.
    pub columns: Range<u32>,
    /// Its rows.
    pub rows: Range<u32>,
    /// The columns of the picture.
    pub width: u32,
    filled: f32,
}

impl Solid {
    /// Why that is no line.
    pub fn error(&self) -> PictureError {
        PictureError::TooSolid {
            percent: (100.0 * self.filled).ceil() as usize,
            expected: (100.0 * MOST_FILLED) as usize,
        }
    }
}

/// The strokes of a line.
pub struct InLine {
    /// The strokes.
    pub strokes: Vec<Stroke>,
    /// How high a digit is, in pixels.
    pub digit_height: u32,
    /// Whether there was a frame, which was left out.
    pub framed: bool,
    /// Whether other ink was left out, besides specks.
    pub left_out: bool,
    /// Whether the digits are in one level line.
    pub level: bool,
}

impl InLine {
    /// Those among all strokes of a picture that is `width` pixels wide.
    ///
    /// # Errors
    ///
    /// The largest stroke, if all are more filled than digits are.
    pub fn among(strokes: Vec<Stroke>, width: u32) -> Result<Self, Solid> {
        let (mut strokes, framed) = without_frames(strokes, width);
        let digit_height = digit_height(&strokes);
        if digit_height == 0 {
            let largest = strokes.iter().max_by_key(|stroke| room(stroke));
            return Err(Solid {
                columns: largest.map_or(0..0, |stroke| stroke.columns.clone()),
                rows: largest.map_or(0..0, |stroke| stroke.rows.clone()),
                width,
                filled: largest.map_or(0.0, filled),
            });
        }
        let height = digit_height as f32;
        let digits = strokes.iter().filter(|stroke| is_digit(stroke, height));
        let darkest = median(digits.clone().map(|digit| digit.darkest().into()));
        let speck = SPECK * height * height * darkest as f32;
        let band = Band::of(digits);
        let mut left_out = false;
        strokes.retain(|stroke| {
            if is_digit(stroke, height) {
                return true;
            }
            let is_speck = (stroke.ink() as f32) < speck;
            let is_part = !is_speck && band.has_part(stroke, height);
            left_out |= !is_speck && !is_part;
            is_part
        });
        Ok(Self {
            strokes,
            digit_height,
            framed,
            left_out,
            level: band.middles.len() as f32 <= LEVEL * height,
        })
    }
}

/// Whether a stroke is a digit, or digits that touch, by its height, where a digit is `height` high.
fn is_digit(stroke: &Stroke, height: f32) -> bool {
    let is_blot = is_solid(stroke) && stroke.rows.len() >= LEAST_ROWS;
    (LOW * height..=HIGH * height).contains(&(stroke.rows.len() as f32)) && !is_blot
}

/// Whether a stroke is more filled than digits are, and no upright one.
fn is_solid(stroke: &Stroke) -> bool {
    let is_upright = stroke.columns.len() as f32 <= UPRIGHT * stroke.rows.len() as f32;
    filled(stroke) > MOST_FILLED && !is_upright
}

/// The part of the box around a stroke that is inked.
fn filled(stroke: &Stroke) -> f32 {
    stroke.pixels.len() as f32 / room(stroke) as f32
}

/// The rows of a line.
struct Band {
    /// From the top of the highest digit to the bottom of the lowest.
    all: Range<u32>,
    /// From the middle one of all tops to the middle one of all bottoms.
    middle: Range<u32>,
    /// From the highest middle of a digit to the lowest one.
    middles: Range<u32>,
}

impl Band {
    fn of<'a>(digits: impl Iterator<Item = &'a Stroke> + Clone) -> Self {
        let rows = digits.map(|digit| &digit.rows);
        let middles = rows.clone().map(|rows| rows.start.midpoint(rows.end));
        let (tops, bottoms) = (rows.clone().map(|r| r.start), rows.clone().map(|r| r.end));
        Self {
            all: hull(rows),
            middle: median(tops)..median(bottoms),
            middles: middles.clone().min().unwrap_or(0)..middles.max().unwrap_or(0),
        }
    }

    /// Whether a low stroke is where a part of a digit can be, where a digit is `height` high.
    fn has_part(&self, stroke: &Stroke, height: f32) -> bool {
        let middle = (stroke.rows.start + stroke.rows.end) as f32 / 2.0;
        let (rows, beyond) = match stroke.columns.len() as f32 > WIDE * height {
            true => (&self.middle, 0.0),
            false => (&self.all, BEYOND * height),
        };
        let place = rows.start as f32 - beyond..=rows.end as f32 + beyond;
        (stroke.rows.len() as f32) < LOW * height && place.contains(&middle)
    }
}

/// How high a digit is; 0 if there is none. What is solid and not upright says nothing of it, unless all is. Of the
/// rest, ordered by height, the stroke with the middle of all ink is as high as a digit within a factor of 2; the middle
/// one of the heights within that factor is taken.
fn digit_height(strokes: &[Stroke]) -> u32 {
    let mut telling: Vec<&Stroke> = strokes.iter().filter(|stroke| !is_solid(stroke)).collect();
    if telling.is_empty() {
        telling = strokes.iter().collect();
    }
    telling.sort_unstable_by_key(|stroke| stroke.rows.len());
    let half = telling.iter().map(|stroke| stroke.ink()).sum::<u64>() / 2;
    let mut sum = 0;
    let most = telling.iter().find(|stroke| {
        sum += stroke.ink();
        sum > half
    });
    let height = most.map_or(0.0, |stroke| stroke.rows.len() as f32);
    let digits = telling.iter().filter(|stroke| is_digit(stroke, height));
    median(digits.map(|digit| digit.rows.len() as u32))
}

/// The pixels of the box around a stroke.
fn room(stroke: &Stroke) -> u64 {
    stroke.columns.len() as u64 * stroke.rows.len() as u64
}

/// The middle one of `values`; 0 if there are none.
fn median(values: impl Iterator<Item = u32>) -> u32 {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// Takes out frames: around the whole line, or around each digit.
fn without_frames(strokes: Vec<Stroke>, width: u32) -> (Vec<Stroke>, bool) {
    let mut by_start: Vec<&Stroke> = strokes.iter().collect();
    by_start.sort_unstable_by_key(|stroke| stroke.columns.start);
    let is_frame: Vec<bool> = strokes
        .iter()
        .map(|stroke| runs_around(stroke, width) && holds_digits(stroke, &by_start))
        .collect();
    let found = is_frame.contains(&true);
    let kept = strokes.into_iter().zip(is_frame);
    let kept = kept.filter_map(|(stroke, is_frame)| (!is_frame).then_some(stroke));
    (kept.collect(), found)
}

/// Whether there is something in the box around a stroke that is large enough for digits in a frame, and no speck in
/// a 0. `by_start` are all strokes, ordered by their first columns.
fn holds_digits(frame: &Stroke, by_start: &[&Stroke]) -> bool {
    let is_within =
        |inner: &Range<u32>, outer: &Range<u32>| outer.start < inner.start && inner.end < outer.end;
    let first = by_start.partition_point(|other| other.columns.start <= frame.columns.start);
    let starting_inside = by_start[first..]
        .iter()
        .take_while(|other| other.columns.start < frame.columns.end);
    let held = starting_inside.filter(|other| {
        is_within(&other.columns, &frame.columns)
            && is_within(&other.rows, &frame.rows)
            && other.ink() as f32 >= HELD_INK * frame.ink() as f32
    });
    let (columns, rows) = (
        hull(held.clone().map(|other| &other.columns)),
        hull(held.map(|other| &other.rows)),
    );
    columns.len() as f32 >= HELD_COLUMNS * frame.columns.len() as f32
        || rows.len() as f32 >= HELD_ROWS * frame.rows.len() as f32
}

/// Whether a stroke is thin, and met close to the edges of its box as one looks in from any of its sides.
fn runs_around(stroke: &Stroke, width: u32) -> bool {
    if filled(stroke) > FRAME_FILLED {
        return false;
    }
    let pixels = stroke.pixels.iter().map(|&pixel| {
        let (x, y) = (pixel as u32 % width, pixel as u32 / width);
        (x - stroke.columns.start, y - stroke.rows.start)
    });
    let size = (stroke.columns.len() as u32, stroke.rows.len() as u32);
    is_met(pixels.clone(), size) && is_met(pixels.map(|(x, y)| (y, x)), (size.1, size.0))
}

/// Whether most columns of a box have ink close to its top and to its bottom. `pixels` are columns and rows.
fn is_met(pixels: impl Iterator<Item = (u32, u32)>, (columns, rows): (u32, u32)) -> bool {
    let mut met = vec![(rows, 0); columns as usize];
    for (x, y) in pixels {
        let (first, last) = met[x as usize];
        met[x as usize] = (y.min(first), y.max(last));
    }
    let zone = FRAME_ZONE * rows as f32;
    let is_close =
        |&&(first, last): &&(u32, u32)| first as f32 <= zone && (rows - last) as f32 <= zone + 1.0;
    met.iter().filter(is_close).count() as f32 >= AROUND * columns as f32
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::super::strokes;
    use super::*;

    /// Rectangles of ink in a picture of 400 by 200: columns and rows.
    fn picture(rectangles: &[(Range<u32>, Range<u32>)]) -> InLine {
        let ink = GrayImage::from_fn(400, 200, |x, y| {
            let is_inked = |(columns, rows): &(Range<u32>, Range<u32>)| {
                columns.contains(&x) && rows.contains(&y)
            };
            Luma([if rectangles.iter().any(is_inked) {
                200
            } else {
                0
            }])
        });
        InLine::among(strokes::of(&ink, 100), 400)
            .ok()
            .expect("not all of it is solid")
    }

    /// Three upright strokes, 60 high, in a row.
    fn ones() -> Vec<(Range<u32>, Range<u32>)> {
        [100..112, 160..172, 220..232]
            .map(|columns| (columns, 70..130))
            .to_vec()
    }

    fn with(more: &[(Range<u32>, Range<u32>)]) -> InLine {
        picture(&[ones(), more.to_vec()].concat())
    }

    #[test]
    fn digits_alone_are_all_kept() {
        let found = picture(&ones());
        assert_eq!((found.strokes.len(), found.digit_height), (3, 60));
        assert!(!found.framed && !found.left_out && found.level);
    }

    #[test]
    fn a_frame_far_from_the_edge_is_left_out() {
        let sides = [
            (60..280, 40..44),
            (60..280, 156..160),
            (60..64, 40..160),
            (276..280, 40..160),
        ];
        let found = with(&sides);
        assert_eq!((found.strokes.len(), found.digit_height), (3, 60));
        assert!(found.framed && !found.left_out);
        // Three sides are no frame.
        assert!(!with(&sides[..3]).framed);
    }

    #[test]
    fn a_box_around_each_digit_is_left_out() {
        let boxes = [90..122, 150..182, 210..242].map(|columns| {
            let (left, right) = (columns.start, columns.end);
            [
                (left..right, 50..52),
                (left..right, 148..150),
                (left..left + 2, 50..150),
                (right - 2..right, 50..150),
            ]
        });
        let found = with(&boxes.concat());
        assert_eq!((found.strokes.len(), found.digit_height), (3, 60));
        assert!(found.framed);
    }

    #[test]
    fn a_0_with_a_speck_in_it_is_no_frame() {
        let zero = [
            (100..140, 60..64),
            (100..140, 136..140),
            (100..104, 60..140),
            (136..140, 60..140),
        ];
        for speck in [118..121, 116..124] {
            let found = picture(&[&zero[..], &[(speck.clone(), speck)]].concat());
            assert_eq!((found.digit_height, found.framed), (80, false));
        }
    }

    #[test]
    fn a_bracket_that_is_open_does_not_tell_how_high_digits_are() {
        let found = with(&[(60..64, 10..190), (60..260, 186..190)]);
        assert_eq!((found.strokes.len(), found.digit_height), (3, 60));
        assert!(found.left_out);
    }

    #[test]
    fn what_is_too_high_or_too_solid_does_not_tell_how_high_digits_are() {
        for other in [
            (300..308, 10..180),
            (250..390, 10..190),
            (300..370, 60..140),
        ] {
            let found = with(&[other]);
            assert_eq!((found.strokes.len(), found.digit_height), (3, 60));
            assert!(found.left_out && !found.framed && found.level);
        }
    }

    #[test]
    fn an_underline_is_left_out_and_the_bar_of_a_5_is_not() {
        for underline in [134..138, 150..154] {
            let found = with(&[(90..240, underline)]);
            assert_eq!(found.strokes.len(), 3);
            assert!(found.left_out);
        }
        let found = with(&[(235..265, 62..68)]);
        assert_eq!(found.strokes.len(), 4);
        assert!(!found.left_out);
    }

    #[test]
    fn specks_are_as_small_beside_joined_digits_as_beside_single_ones() {
        // One of many digits that touch is the largest stroke by far.
        let joined = (100..360, 96..104);
        let found = with(&[joined, (40..52, 70..130), (20..24, 80..84)]);
        assert_eq!((found.strokes.len(), found.left_out), (2, false));
    }

    #[test]
    fn a_stroke_as_high_as_a_digit_is_no_speck() {
        // A thin pen: a pixel for each row, of 180.
        let slash = (0..180).map(|row| (100 + row..101 + row, row..row + 1));
        let found = picture(&slash.collect::<Vec<_>>());
        assert_eq!((found.strokes.len(), found.digit_height), (1, 180));
    }

    #[test]
    fn digits_one_above_the_other_are_not_level() {
        assert!(!with(&[(280..292, 135..195)]).level);
    }
}
