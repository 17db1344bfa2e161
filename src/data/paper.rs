//! What shade the paper has, judged on the border of the picture.

use image::GrayImage;

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

/// The shade of the paper, which changes evenly over the picture as light does.
pub struct Paper {
    upper_left: f32,
    /// Levels from a pixel to the next on its right.
    across: f32,
    /// Levels from a pixel to the next below.
    down: f32,
}

impl Paper {
    /// Judges by the medians of the border and its sides, so that ink on less
    /// than half of a side does not count.
    pub fn under(shades: &GrayImage) -> Paper {
        let (width, height) = shades.dimensions();
        let median = |side| f32::from(side_levels(shades, side).median());
        let [left, right, top, bottom] = SIDES.map(median);
        let (across, down) = (right - left, bottom - top);
        let disagreement = ((left + right) - (top + bottom)).abs() / 2.0;
        let is_light =
            across.abs() <= MAX_FALL && down.abs() <= MAX_FALL && disagreement <= MAX_DISAGREEMENT;
        if !is_light {
            return Paper::even(f32::from(border_levels(shades).median()));
        }
        Paper {
            upper_left: (left + right + top + bottom) / 4.0 - (across + down) / 2.0,
            across: across / width.max(1) as f32,
            down: down / height.max(1) as f32,
        }
    }

    fn even(shade: f32) -> Paper {
        Paper {
            upper_left: shade,
            across: 0.0,
            down: 0.0,
        }
    }

    /// The shade at a pixel, 0 black to 255 white.
    pub fn shade(&self, x: u32, y: u32) -> f32 {
        self.upper_left + self.across * (x as f32 + 0.5) + self.down * (y as f32 + 0.5)
    }
}

/// The levels of the pixels on the border.
pub fn border_levels(image: &GrayImage) -> Histogram {
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
