//! A line of digits in a picture, of any height and length.

use std::ops::Range;

use image::{DynamicImage, GrayImage, Luma, RgbaImage, imageops};

use super::error::PictureError;
use super::in_line::{InLine, Solid};
use super::remark::Remark;
use super::strokes::{self, Stroke, hull};
use super::{fit, ink, lines, shades};
use crate::data::strings::Line;
use crate::data::{IMAGE_PIXELS, IMAGE_SIDE};

/// Digits that are lower than so many pixels are read much worse.
const SMALL: u32 = 12;

/// Digits that are lower than so many pixels are looked at again before their picture is reduced.
const DETAILED: u32 = 2 * fit::BOX_SIDE;

/// The longest line, in pixels where a digit is 20 high: more than a thousand digits.
const MOST_COLUMNS: u32 = 1 << 15;

/// A line of digits as it was found.
#[derive(Clone, Debug)]
pub struct WrittenLine {
    /// The line, with digits as high as in MNIST.
    pub line: Line,
    /// The column of the picture at which the line begins.
    pub left: f64,
    /// Columns of the picture for each of the line.
    pub scale: f64,
    /// What was done that may matter to the answer.
    pub remarks: Vec<Remark>,
}

impl WrittenLine {
    /// The column of the picture in whose middle the middle of column `column` of the line is.
    pub fn column_in_picture(&self, column: f64) -> f64 {
        self.left + self.scale * (column + 0.5) - 0.5
    }
}

/// The ink of a picture that stands in its line.
struct Ink {
    ink: GrayImage,
    strokes: Vec<Stroke>,
    digit_height: u32,
    remarks: Vec<Remark>,
}

impl Ink {
    /// The line in a picture; or what stands out in it instead.
    fn on(shades: &GrayImage) -> Result<Result<Self, Solid>, PictureError> {
        let lifted = ink::lift_line(shades)?;
        let cleared = lines::without(lifted.ink, lifted.threshold);
        let strokes = strokes::of(&cleared.ink, lifted.threshold);
        let found = match InLine::among(strokes, cleared.ink.width()) {
            Ok(found) => found,
            Err(solid) => return Ok(Err(solid)),
        };
        let remarks = [
            (lifted.uneven, Remark::UnevenPaper),
            (cleared.found || found.framed, Remark::LinesLeftOut),
            (found.left_out, Remark::BesideLineLeftOut),
            (!found.level, Remark::NotLevel),
        ];
        let applies = |(applies, remark): (bool, Remark)| applies.then_some(remark);
        Ok(Ok(Self {
            strokes: found.strokes,
            digit_height: found.digit_height,
            ink: cleared.ink,
            remarks: remarks.into_iter().filter_map(applies).collect(),
        }))
    }

    /// The ink that counts.
    fn drawn(&self) -> GrayImage {
        strokes::drawn(&self.strokes, &self.ink)
    }

    /// The columns that it takes up.
    fn columns(&self) -> Range<u32> {
        hull(self.strokes.iter().map(|stroke| &stroke.columns))
    }

    fn rows(&self) -> Range<u32> {
        hull(self.strokes.iter().map(|stroke| &stroke.rows))
    }
}

/// Finds the line of digits in a picture, dark on light or light on dark: all that stands out from the paper but
/// specks, frames, ruled lines and what is beside the line. It is brought to the size at which its digits are 20 pixels
/// high, and its ink is centred by its mass; what is then beyond the 28 rows of a line is lost.
///
/// # Errors
///
/// [`PictureError::Blank`] if nothing stands out, [`PictureError::TooLittleInk`] or [`PictureError::TooSolid`] if
/// that is too small or too filled for digits, and [`PictureError::TooLong`] if there is room for more than a
/// thousand of them.
pub fn line_in(image: &DynamicImage) -> Result<WrittenLine, PictureError> {
    line_on(shades::luminance(image))
}

/// The same in the pixels of a page's canvas.
///
/// # Errors
///
/// Those of [`line_in`].
pub fn line_on_canvas(pixels: &RgbaImage) -> Result<WrittenLine, PictureError> {
    line_on(shades::luminance_of_canvas(pixels))
}

/// The line in the shades of a picture. Where it is small in a picture that has to be reduced, or on a card, that part
/// is cut out and looked at again.
fn line_on(shades: GrayImage) -> Result<WrittenLine, PictureError> {
    let look = Look::at(&shades)?;
    if let Some((columns, rows)) = look.closer(shades.dimensions()) {
        let size = (columns.len() as u32, rows.len() as u32);
        let part = imageops::crop_imm(&shades, columns.start, rows.start, size.0, size.1);
        // What cannot be read closer by is taken as it is.
        if let Ok(mut line) = Look::at(&part.to_image()).and_then(Look::line) {
            line.left += f64::from(columns.start);
            let around = look.remarks();
            line.remarks.retain(|remark| !around.contains(remark));
            line.remarks.splice(0..0, around);
            return Ok(line);
        }
    }
    look.line()
}

/// What was found in a picture that is reduced if it is large.
struct Look {
    found: Result<Ink, Solid>,
    /// Columns of the picture for each of those that were looked at.
    reduction: f64,
}

impl Look {
    fn at(shades: &GrayImage) -> Result<Self, PictureError> {
        let found = Ink::on(&shades::of_line(shades.clone()))?;
        let width = match &found {
            Ok(ink) => ink.ink.width(),
            Err(solid) => solid.width,
        };
        Ok(Self {
            found,
            reduction: f64::from(shades.width()) / f64::from(width),
        })
    }

    /// What is worth a closer look, in a picture of `size`: a small line with paper around it, as high and wide as a
    /// digit is high; or a card.
    fn closer(&self, size: (u32, u32)) -> Option<(Range<u32>, Range<u32>)> {
        let (columns, rows, around) = match &self.found {
            Ok(ink) if self.reduction > 1.0 && ink.digit_height < DETAILED => {
                (ink.columns(), ink.rows(), ink.digit_height)
            }
            Ok(_) => return None,
            Err(solid) => (solid.columns.clone(), solid.rows.clone(), 0),
        };
        let part = |range: Range<u32>, side: u32| {
            let start = self.reduction * f64::from(range.start.saturating_sub(around));
            let end = self.reduction * f64::from(range.end + around);
            start as u32..(end.ceil() as u32).min(side)
        };
        Some((part(columns, size.0), part(rows, size.1)))
    }

    /// What is to be said of what surrounds a closer look.
    fn remarks(&self) -> Vec<Remark> {
        match &self.found {
            Ok(ink) => ink.remarks.clone(),
            Err(_) => vec![Remark::UnevenPaper],
        }
    }

    fn line(self) -> Result<WrittenLine, PictureError> {
        match self.found {
            Ok(ink) => fitted(ink, self.reduction),
            Err(solid) => Err(solid.error()),
        }
    }
}

/// The line in `ink`, of a picture that was reduced by `reduction`.
fn fitted(found: Ink, reduction: f64) -> Result<WrittenLine, PictureError> {
    let digit_height = found.digit_height;
    let (columns, rows) = (found.columns(), found.rows());
    if digit_height < fit::MIN_INK_SIDE {
        return Err(PictureError::TooLittleInk {
            width: columns.len() as u32,
            height: digit_height,
            expected: fit::MIN_INK_SIDE,
        });
    }
    let scaled = |side: usize| {
        let side = side as f64 * f64::from(fit::BOX_SIDE) / f64::from(digit_height);
        (side.round() as u32).max(1)
    };
    let (width, height) = (scaled(columns.len()), scaled(rows.len()));
    if width > MOST_COLUMNS {
        return Err(PictureError::TooLong {
            length: columns.len() as u32,
            height: digit_height,
            expected: MOST_COLUMNS / fit::BOX_SIDE,
        });
    }
    let ink = fit::part_of(&found.drawn(), columns.clone(), rows);
    let ink = fit::stretch(fit::to_size(&ink, width, height));
    let mut remarks = found.remarks;
    if digit_height < SMALL {
        remarks.push(Remark::SmallDigits {
            height: digit_height,
            expected: SMALL,
        });
    }
    Ok(WrittenLine {
        line: centred(&ink),
        left: reduction * f64::from(columns.start),
        scale: reduction * columns.len() as f64 / f64::from(width),
        remarks,
    })
}

/// The ink as a line, with its centre of mass in the middle row.
fn centred(ink: &fit::Plane) -> Line {
    let (_, mass) = fit::centre_of_mass(ink);
    let top = (fit::CENTRE - mass).round() as isize;
    let width = ink.width() as usize;
    let mut bytes = vec![0; width * IMAGE_SIDE];
    for (x, y, amount) in ink.enumerate_pixels() {
        let y = y as isize + top;
        if (0..IMAGE_SIDE as isize).contains(&y) {
            bytes[y as usize * width + x as usize] = (amount.0[0] * 255.0).round() as u8;
        }
    }
    Line::of(width, bytes)
}

/// The digits of `line` as one who knows isolated digits alone would look for them: the line is cut at columns
/// without ink, and each piece is fitted as [`normalise`](super::normalise) does. Pieces that are no
/// digits, for their size or ink, are left out.
pub fn pieces_between_gaps(line: &Line) -> Vec<[u8; IMAGE_PIXELS]> {
    let (width, height) = (line.width() as u32, IMAGE_SIDE as u32);
    let shades = GrayImage::from_fn(width + 2 * PAPER, height + 2 * PAPER, |x, y| {
        let (x, y) = (
            i64::from(x) - i64::from(PAPER),
            i64::from(y) - i64::from(PAPER),
        );
        let is_beside = !(0..IMAGE_SIDE as i64).contains(&y);
        Luma([if is_beside {
            u8::MAX
        } else {
            u8::MAX - line.at(y as usize, x as isize)
        }])
    });
    let Ok(Ok(found)) = Ink::on(&shades) else {
        return Vec::new();
    };
    let drawn = found.drawn();
    let all_rows = 0..drawn.height();
    let is_inked = |x: u32| all_rows.clone().any(|y| drawn.get_pixel(x, y).0[0] > 0);
    let columns: Vec<u32> = (0..drawn.width()).collect();
    let runs = columns.chunk_by(|&a, &b| is_inked(a) == is_inked(b));
    let pieces = runs.filter(|run| is_inked(run[0])).map(|run| {
        let columns = run[0]..run[run.len() - 1] + 1;
        GrayImage::from_fn(drawn.width(), drawn.height(), |x, y| {
            match columns.contains(&x) {
                true => *drawn.get_pixel(x, y),
                false => Luma([0]),
            }
        })
    });
    pieces
        .filter_map(|piece| fit::into_image(&piece).ok())
        .collect()
}

/// Paper around a line that is made a picture, in pixels.
const PAPER: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    /// Three upright bars, 40 high and 10 wide, 60 apart.
    fn bars() -> DynamicImage {
        let picture = GrayImage::from_fn(300, 100, |x, y| {
            let is_bar = x >= 60 && (x - 60) % 60 < 10 && x < 190 && (30..70).contains(&y);
            Luma([if is_bar { 20 } else { 230 }])
        });
        DynamicImage::ImageLuma8(picture)
    }

    #[test]
    fn a_line_is_brought_to_the_height_of_mnists_digits() {
        let found = line_in(&bars()).unwrap();
        // 130 columns at half the size.
        assert_eq!(found.line.width(), 65);
        assert_eq!((found.left, found.scale), (60.0, 2.0));
        assert_eq!(found.column_in_picture(30.0), 120.5);
        let inked: Vec<usize> = (0..28).filter(|&y| found.line.at(y, 32) > 128).collect();
        // The centre of mass of twenty rows is 9.5 below the first, and goes to 14, or half a row lower.
        assert_eq!((inked.len(), inked[0]), (20, 5));
        assert_eq!(found.line.at(14, 20), 0);
    }

    #[test]
    fn a_small_line_on_a_large_page_is_looked_at_closer() {
        let bars = bars().to_luma8();
        let mut page = GrayImage::from_pixel(3000, 2000, Luma([230]));
        imageops::replace(&mut page, &bars, 1500, 900);
        let found = line_in(&page.into()).unwrap();
        assert_eq!(found.line, line_in(&bars.into()).unwrap().line);
        assert_eq!((found.left, found.scale), (1560.0, 2.0));
        assert!(found.remarks.is_empty(), "{:?}", found.remarks);
    }

    #[test]
    fn a_line_on_a_card_is_found() {
        let bars = bars().to_luma8();
        let mut table = GrayImage::from_pixel(500, 300, Luma([255]));
        imageops::replace(&mut table, &bars, 80, 90);
        let found = line_in(&table.into()).unwrap();
        assert_eq!(found.line, line_in(&bars.into()).unwrap().line);
        assert_eq!(found.left, 140.0);
        assert_eq!(found.remarks, [Remark::UnevenPaper]);
    }

    #[test]
    fn a_canvas_has_the_same_line_as_a_picture() {
        let (picture, canvas) = (bars(), bars().to_rgba8());
        let (found, on_canvas) = (line_in(&picture).unwrap(), line_on_canvas(&canvas).unwrap());
        assert_eq!(on_canvas.line, found.line);
        assert_eq!((on_canvas.left, on_canvas.scale), (found.left, found.scale));
    }

    #[test]
    fn a_line_is_cut_at_its_gaps() {
        let found = line_in(&bars()).unwrap();
        assert_eq!(pieces_between_gaps(&found.line).len(), 3);
        assert!(pieces_between_gaps(&Line::blank(90)).is_empty());
    }
}
