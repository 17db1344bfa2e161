//! Plain paper: its shade is judged on the border of the picture, and changes evenly.

use image::{GrayImage, Luma};

use super::depths::Depths;
use super::edge::Edge;
use super::histogram::Histogram;

/// The border is this part of the shorter side: one pixel in an MNIST image.
const BORDER_PART: u32 = 28;

/// The most that light may fall off from one side to the other, in levels. A
/// larger step is a side covered in ink.
const MAX_FALL: f32 = 96.0;

/// How far the two opposite pairs of sides may disagree about the middle, in
/// levels. They agree where the light falls off evenly, and not where one side
/// is covered in ink.
const MAX_DISAGREEMENT: f32 = 16.0;

/// The least part of a side that is near the plane: light falls off evenly along
/// a side too, and more than half of it is paper. Where it runs from a sheet to
/// something beside it, most is not near.
const NEAR_PART: f64 = 0.45;
/// How near that is, in levels.
const NEAR: u8 = 12;

/// How far plain paper may be from its plane, in levels: creases, unevenness of
/// the light, noise.
const UNEVENNESS: f32 = 24.0;

/// The least part of the picture that paper takes up, if its whole edge is paper:
/// less is a frame.
const LEAST_PAPER: f32 = 0.4;

/// The same if strokes reach the edge, as in a picture that is cropped to a bold
/// digit: less is something else along two sides.
const LEAST_PAPER_CROPPED: f32 = 0.25;

/// How many standard deviations of the paper's shade still count as paper.
const NOISE_DEVIATIONS: f64 = 4.0;

/// Standard deviation of a normal distribution over its median absolute
/// deviation.
const DEVIATION_PER_MEDIAN: f64 = 1.4826;

/// Paper whose shade changes evenly over the picture as light does.
pub struct Plane {
    upper_left: f32,
    /// Levels from a pixel to the next on its right.
    across: f32,
    /// Levels from a pixel to the next below.
    down: f32,
}

impl Plane {
    /// Judges by the medians of the border and its sides, so that ink on less
    /// than half of a side does not count.
    pub fn under(shades: &GrayImage) -> Plane {
        let (width, height) = shades.dimensions();
        let median = |side| f32::from(side_levels(shades, side).median());
        let [left, right, top, bottom] = SIDES.map(median);
        let (across, down) = (right - left, bottom - top);
        let disagreement = ((left + right) - (top + bottom)).abs() / 2.0;
        let is_light =
            across.abs() <= MAX_FALL && down.abs() <= MAX_FALL && disagreement <= MAX_DISAGREEMENT;
        let light = Plane {
            upper_left: (left + right + top + bottom) / 4.0 - (across + down) / 2.0,
            across: across / width.max(1) as f32,
            down: down / height.max(1) as f32,
        };
        if is_light && SIDES.iter().all(|&side| light.is_along(shades, side)) {
            return light;
        }
        Plane::even(f32::from(border_levels(shades).median()))
    }

    /// Whether the pixels of a side are near the plane, but for ink.
    fn is_along(&self, shades: &GrayImage, side: Side) -> bool {
        let distance = |(x, y, shade): (u32, u32, &Luma<u8>)| {
            (f32::from(shade.0[0]) - self.shade(x, y)).abs() as u8
        };
        let pixels = shades.enumerate_pixels();
        let pixels = pixels.filter(|&(x, y, _)| side.has(shades, x, y));
        let distances: Histogram = pixels.map(distance).collect();
        distances.quantile(NEAR_PART) <= NEAR
    }

    fn even(shade: f32) -> Plane {
        Plane {
            upper_left: shade,
            across: 0.0,
            down: 0.0,
        }
    }

    /// The shade at a pixel, 0 black to 255 white.
    fn shade(&self, x: u32, y: u32) -> f32 {
        self.upper_left + self.across * (x as f32 + 0.5) + self.down * (y as f32 + 0.5)
    }

    /// What is not paper like this at the edge of the picture.
    pub fn edge(&self, shades: &GrayImage) -> Edge {
        Edge::of(shades.dimensions(), |x, y| self.is_foreign(shades, x, y))
    }

    /// Whether the picture with this edge shows such paper and some ink on it: nothing runs along the
    /// edge or round a corner of it, and it is no frame.
    pub fn is_under(&self, shades: &GrayImage, edge: &Edge) -> bool {
        if edge.sides_run_along() > 0 || edge.is_run_across() || edge.is_run_round() {
            return false;
        }
        let (width, height) = shades.dimensions();
        let paper = (0..height)
            .map(|y| {
                (0..width)
                    .filter(|&x| !self.is_foreign(shades, x, y))
                    .count()
            })
            .sum::<usize>();
        let least = match edge.is_reached() {
            true => LEAST_PAPER_CROPPED,
            false => LEAST_PAPER,
        };
        paper as f32 >= least * width as f32 * height as f32
    }

    fn is_foreign(&self, shades: &GrayImage, x: u32, y: u32) -> bool {
        let shade = f32::from(shades.get_pixel(x, y).0[0]);
        (shade - self.shade(x, y)).abs() > UNEVENNESS
    }

    /// How far the ink stands out. It is on the side with more energy: a few strokes far from the paper
    /// outweigh uneven light over all of it.
    pub fn depths(&self, shades: &GrayImage) -> Depths {
        let distance = |x, y, sign: f32| {
            let shade = f32::from(shades.get_pixel(x, y).0[0]);
            // What lies on the other side is negative and becomes 0.
            Luma([(sign * (shade - self.shade(x, y))).round() as u8])
        };
        let (width, height) = shades.dimensions();
        let darker = GrayImage::from_fn(width, height, |x, y| distance(x, y, -1.0));
        let lighter = GrayImage::from_fn(width, height, |x, y| distance(x, y, 1.0));
        let (ink, other) = match energy(&darker) >= energy(&lighter) {
            true => (darker, lighter),
            false => (lighter, darker),
        };
        Depths {
            noise: noise(&other),
            ink,
        }
    }
}

fn energy(depths: &GrayImage) -> u64 {
    depths.iter().map(|&depth| u64::from(depth).pow(2)).sum()
}

/// How far the paper's own unevenness reaches, judged on the side without ink.
/// Half of the paper is on that side, so the distance that a quarter of the
/// border exceeds is the median absolute deviation.
fn noise(other_side: &GrayImage) -> u8 {
    let deviation = f64::from(border_levels(other_side).quantile(0.75));
    (NOISE_DEVIATIONS * DEVIATION_PER_MEDIAN * deviation).round() as u8
}

/// The levels of the pixels on the border.
fn border_levels(image: &GrayImage) -> Histogram {
    levels_where(image, |x, y| SIDES.iter().any(|side| side.has(image, x, y)))
}

fn side_levels(image: &GrayImage, side: Side) -> Histogram {
    levels_where(image, |x, y| side.has(image, x, y))
}

fn levels_where(image: &GrayImage, wanted: impl Fn(u32, u32) -> bool) -> Histogram {
    image
        .enumerate_pixels()
        .filter(|&(x, y, _)| wanted(x, y))
        .map(|(_, _, level)| level.0[0])
        .collect()
}

const SIDES: [Side; 4] = [Side::Left, Side::Right, Side::Top, Side::Bottom];

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

impl Side {
    fn has(self, image: &GrayImage, x: u32, y: u32) -> bool {
        let (width, height) = image.dimensions();
        let thickness = (width.min(height) / BORDER_PART).max(1);
        match self {
            Side::Left => x < thickness,
            Side::Right => x + thickness >= width,
            Side::Top => y < thickness,
            Side::Bottom => y + thickness >= height,
        }
    }
}
