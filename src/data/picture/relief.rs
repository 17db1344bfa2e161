//! Uneven paper: shadows, frames, whatever else is seen beside it. Its shade is
//! judged around each pixel.
//!
//! Ink is narrow. A window that slides over the picture and is wider than any
//! stroke finds paper at some place around every pixel; the lightest that the
//! darkest window around a pixel shows is the paper there, if the ink is dark
//! (closing by a square; Serra 1982, "Image analysis and mathematical
//! morphology"; what stands out from it is Meyer's top hat). Edges of shadows stay
//! where they are, because the window need not cross them, and whatever goes on
//! beyond an edge of the picture is as wide as it likes.

use image::{GrayImage, Luma, imageops};

use super::depths::Depths;
use super::histogram::Histogram;
use super::shades::reduce;
use super::sliding::{self, Pick};

/// The window's side, as a part of the picture's shorter one. The broadest
/// strokes of a digit that fills the picture are a quarter.
const WINDOW: f32 = 0.3;

/// What is shorter than this part of an edge and does not reach its ends is a
/// stroke that is cut off there, and does not go on.
const STROKE_AT_EDGE: f32 = 0.9;

/// What is within this part of the side from the edge may be a frame or a desk,
/// and does not tell whether the ink is dark.
const RIM: f32 = 0.15;

/// The longest side on which that is judged, in pixels: digits are still five
/// pixels broad in their strokes.
const COARSE_SIDE: u32 = 128;

/// Standard deviation of noise over the median difference between two neighbours.
const DEVIATION_PER_DIFFERENCE: f64 = 1.048;

/// How many standard deviations the noise reaches: the lightest pixel of a window
/// is three or four from the middle, and so is the darkest.
const NOISE_DEVIATIONS: f64 = 7.0;

/// How far the ink stands out from the paper.
pub fn depths(shades: &GrayImage) -> Depths {
    let ink = match ink_is_dark(shades) {
        true => difference(&paper_under_dark(shades, WINDOW), shades),
        false => difference(shades, &paper_under_light(shades, WINDOW)),
    };
    Depths {
        ink,
        noise: (NOISE_DEVIATIONS * deviation(shades)).round() as u8,
    }
}

/// Paper is smoother than ink, so dark ink is what leaves the smoother paper
/// behind when it is taken away. A narrow window leaves bold strokes, but a broad
/// one takes both a large digit and the paper around it: both are asked.
fn ink_is_dark(shades: &GrayImage) -> bool {
    let shades = reduce(shades.clone(), COARSE_SIDE);
    let windows = [WINDOW / 2.0, WINDOW];
    let unevenness_under = |paper: fn(&GrayImage, f32) -> GrayImage| -> f64 {
        windows
            .map(|window| unevenness(&paper(&shades, window)))
            .iter()
            .sum()
    };
    unevenness_under(paper_under_dark) <= unevenness_under(paper_under_light)
}

fn paper_under_dark(shades: &GrayImage, window: f32) -> GrayImage {
    settled(shades, window, u8::max, u8::min)
}

fn paper_under_light(shades: &GrayImage, window: f32) -> GrayImage {
    settled(shades, window, u8::min, u8::max)
}

/// The picture without what is narrower than the window, a part of the shorter
/// side, on the one side: `far` chooses what is furthest from the ink, and `near`
/// is its opposite.
fn settled(shades: &GrayImage, window: f32, far: impl Pick, near: impl Pick) -> GrayImage {
    let (width, height) = shades.dimensions();
    let reach = (window * width.min(height) as f32 / 2.0).ceil().max(1.0) as usize;
    let margin = 2 * reach as u32;
    let continued = continued(shades, margin, far, near);
    let settled = sliding::square(&sliding::square(&continued, reach, far), reach, near);
    imageops::crop_imm(&settled, margin, margin, width, height).to_image()
}

/// What is at the edges goes on beyond them for `margin` pixels, but strokes,
/// which end there.
fn continued(shades: &GrayImage, margin: u32, far: impl Pick, near: impl Pick) -> GrayImage {
    let (width, height) = shades.dimensions();
    let row = |y| (0..width).map(|x| shades.get_pixel(x, y).0[0]).collect();
    let column = |x| (0..height).map(|y| shades.get_pixel(x, y).0[0]).collect();
    let without_strokes = |edge: Vec<u8>| without_strokes(&edge, far, near);
    let (top, bottom) = (without_strokes(row(0)), without_strokes(row(height - 1)));
    let (left, right) = (
        without_strokes(column(0)),
        without_strokes(column(width - 1)),
    );
    GrayImage::from_fn(width + 2 * margin, height + 2 * margin, |x, y| {
        let inside = |at: u32, side: u32| at.saturating_sub(margin).min(side - 1);
        let (column, row) = (inside(x, width), inside(y, height));
        Luma([match (x.checked_sub(margin), y.checked_sub(margin)) {
            (None, _) => left[row as usize],
            (Some(x), _) if x >= width => right[row as usize],
            (_, None) => top[column as usize],
            (_, Some(y)) if y >= height => bottom[column as usize],
            _ => shades.get_pixel(column, row).0[0],
        }])
    })
}

/// An edge without what does not reach its ends.
fn without_strokes(edge: &[u8], far: impl Pick, near: impl Pick) -> Vec<u8> {
    let reach = (STROKE_AT_EDGE * edge.len() as f32 / 2.0).ceil() as usize;
    let margin = 2 * reach;
    let ends = |level: u8| std::iter::repeat_n(level, margin);
    let line: Vec<u8> = ends(edge[0])
        .chain(edge.iter().copied())
        .chain(ends(edge[edge.len() - 1]))
        .collect();
    let settled = sliding::line(&sliding::line(&line, reach, far), reach, near);
    settled[margin..margin + edge.len()].to_vec()
}

/// The variance of the shades away from the edges, times the number of pixels.
fn unevenness(paper: &GrayImage) -> f64 {
    let (width, height) = paper.dimensions();
    let rim = |side: u32| (RIM * side as f32) as u32;
    let (left, top) = (rim(width), rim(height));
    let inside = imageops::crop_imm(paper, left, top, width - 2 * left, height - 2 * top);
    let shades = inside.to_image().into_raw();
    let mean = shades.iter().map(|&shade| f64::from(shade)).sum::<f64>() / shades.len() as f64;
    shades
        .iter()
        .map(|&shade| f64::from(shade) - mean)
        .map(|deviation| deviation * deviation)
        .sum()
}

/// The standard deviation of the noise, told by neighbours, most of which are of
/// the same shade.
fn deviation(shades: &GrayImage) -> f64 {
    let rows = shades.as_raw().chunks_exact(shades.width() as usize);
    let differences: Histogram = rows
        .flat_map(|row| row.windows(2).map(|pair| pair[0].abs_diff(pair[1])))
        .collect();
    DEVIATION_PER_DIFFERENCE * f64::from(differences.median())
}

fn difference(greater: &GrayImage, lesser: &GrayImage) -> GrayImage {
    GrayImage::from_fn(greater.width(), greater.height(), |x, y| {
        Luma([greater.get_pixel(x, y).0[0].saturating_sub(lesser.get_pixel(x, y).0[0])])
    })
}
