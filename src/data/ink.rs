//! Lifting the ink off the paper: whether it is darker or lighter, how much
//! there is in each pixel, and what is only noise.

use image::{GrayImage, Luma};

use super::PictureError;
use super::histogram::Histogram;
use super::paper::{Paper, border_levels};

/// The least difference between paper and ink, in levels of 255, on average.
/// The noise of a sensor on blank paper stays below.
pub const MIN_CONTRAST: u8 = 20;

/// How many standard deviations of the paper's shade still count as paper.
const NOISE_DEVIATIONS: f64 = 4.0;

/// Standard deviation of a normal distribution over its median absolute
/// deviation.
const DEVIATION_PER_MEDIAN: f64 = 1.4826;

/// A stroke with less than this part of the ink of the largest is a speck. The
/// bar of a 5, when detached, has ten times as much.
const SPECK: f64 = 0.02;

/// The amount of ink in each pixel, 0 where there is paper and up to 255. The
/// grey edges of strokes are kept.
///
/// # Errors
///
/// [`PictureError::Blank`] if ink and paper are less than [`MIN_CONTRAST`]
/// apart.
pub fn lift(shades: &GrayImage) -> Result<GrayImage, PictureError> {
    let sides = sides(shades, &Paper::under(shades));
    let split = Histogram::from_iter(sides.ink.iter().copied()).split();
    if split.contrast < MIN_CONTRAST {
        return Err(PictureError::Blank {
            found: split.contrast,
            expected: MIN_CONTRAST,
        });
    }
    // With this contrast the threshold is at least 1, and what remains of the
    // ink above it is too.
    let noise = noise(&sides.other).min(split.threshold - 1);
    let without_noise = without(&sides.ink, noise);
    Ok(keep_strokes(&without_noise, split.threshold - noise))
}

/// How far each pixel is from the paper, 0 for those on the other side.
struct Sides {
    /// On the side of the ink.
    ink: GrayImage,
    /// On the other side, where there is nothing but the paper's unevenness.
    other: GrayImage,
}

/// The ink is on the side with more energy: a few strokes far from the paper
/// outweigh uneven light over all of it.
fn sides(shades: &GrayImage, paper: &Paper) -> Sides {
    let distance = |x, y, sign: f32| {
        let shade = f32::from(shades.get_pixel(x, y).0[0]);
        // What lies on the other side is negative and becomes 0.
        Luma([(sign * (shade - paper.shade(x, y))).round() as u8])
    };
    let (width, height) = shades.dimensions();
    let darker = GrayImage::from_fn(width, height, |x, y| distance(x, y, -1.0));
    let lighter = GrayImage::from_fn(width, height, |x, y| distance(x, y, 1.0));
    if energy(&darker) >= energy(&lighter) {
        Sides {
            ink: darker,
            other: lighter,
        }
    } else {
        Sides {
            ink: lighter,
            other: darker,
        }
    }
}

fn energy(depths: &GrayImage) -> u64 {
    depths.iter().map(|&depth| u64::from(depth).pow(2)).sum()
}

fn without(ink: &GrayImage, noise: u8) -> GrayImage {
    GrayImage::from_fn(ink.width(), ink.height(), |x, y| {
        Luma([ink.get_pixel(x, y).0[0].saturating_sub(noise)])
    })
}

/// How far the paper's own unevenness reaches, judged on the side without ink.
/// Half of the paper is on that side, so the distance that a quarter of the
/// border exceeds is the median absolute deviation.
fn noise(other_side: &GrayImage) -> u8 {
    let deviation = f64::from(border_levels(other_side).quantile(0.75));
    (NOISE_DEVIATIONS * DEVIATION_PER_MEDIAN * deviation).round() as u8
}

/// Connected pixels, by their positions in the picture.
struct Stroke {
    pixels: Vec<usize>,
    ink: u64,
    darkest: u8,
}

/// Keeps what is connected to real ink, faint edges included, and drops
/// stains that are nowhere as dark as ink and specks of dust.
fn keep_strokes(ink: &GrayImage, threshold: u8) -> GrayImage {
    let mut strokes = strokes(ink);
    strokes.retain(|stroke| stroke.darkest >= threshold);
    let largest = strokes.iter().map(|stroke| stroke.ink).max().unwrap_or(0);
    strokes.retain(|stroke| stroke.ink as f64 >= SPECK * largest as f64);

    let mut kept = GrayImage::new(ink.width(), ink.height());
    for &pixel in strokes.iter().flat_map(|stroke| &stroke.pixels) {
        kept.as_mut()[pixel] = ink.as_raw()[pixel];
    }
    kept
}

fn strokes(ink: &GrayImage) -> Vec<Stroke> {
    let mut seen: Vec<bool> = ink.iter().map(|&amount| amount == 0).collect();
    let mut strokes = Vec::new();
    for start in 0..seen.len() {
        if !seen[start] {
            strokes.push(follow(ink, start, &mut seen));
        }
    }
    strokes
}

/// The stroke that a pixel belongs to; its pixels are marked as seen.
fn follow(ink: &GrayImage, start: usize, seen: &mut [bool]) -> Stroke {
    let amounts = ink.as_raw();
    let (width, height) = (ink.width() as usize, ink.height() as usize);
    let mut pixels = vec![start];
    seen[start] = true;
    let mut next = 0;
    while next < pixels.len() {
        for neighbour in neighbours(pixels[next], width, height) {
            if !seen[neighbour] {
                seen[neighbour] = true;
                pixels.push(neighbour);
            }
        }
        next += 1;
    }
    Stroke {
        ink: pixels.iter().map(|&pixel| u64::from(amounts[pixel])).sum(),
        darkest: pixels
            .iter()
            .map(|&pixel| amounts[pixel])
            .max()
            .unwrap_or(0),
        pixels,
    }
}

/// The pixel itself and the up to eight around it.
fn neighbours(pixel: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (pixel % width, pixel / width);
    let around = |at: usize, side: usize| at.saturating_sub(1)..(at + 2).min(side);
    around(y, height).flat_map(move |y| around(x, width).map(move |x| y * width + x))
}
