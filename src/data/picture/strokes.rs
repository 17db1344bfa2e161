//! Ink as strokes: pixels that hang together.

use std::ops::Range;

use image::GrayImage;

/// A stroke with less than this part of the ink of the largest is a speck. The
/// bar of a 5, when detached, has ten times as much.
const SPECK: f64 = 0.02;

/// Connected pixels.
pub struct Stroke {
    /// Their positions in the picture, row by row.
    pub pixels: Vec<usize>,
    /// The columns that it takes up.
    pub columns: Range<u32>,
    /// The rows that it takes up.
    pub rows: Range<u32>,
    ink: u64,
    darkest: u8,
}

impl Stroke {
    /// Of its longer side, in pixels.
    pub fn length(&self) -> u32 {
        self.columns.len().max(self.rows.len()) as u32
    }

    /// The most ink in a pixel.
    pub fn darkest(&self) -> u8 {
        self.darkest
    }

    /// The sum of its ink, 255 for a pixel that is full.
    pub fn ink(&self) -> u64 {
        self.ink
    }
}

/// The strokes of real ink, faint edges included, without stains that are
/// nowhere as dark as `threshold`.
pub fn of(ink: &GrayImage, threshold: u8) -> Vec<Stroke> {
    let mut seen: Vec<bool> = ink.iter().map(|&amount| amount == 0).collect();
    let mut strokes = Vec::new();
    for start in 0..seen.len() {
        if !seen[start] {
            strokes.push(follow(ink, start, &mut seen));
        }
    }
    strokes.retain(|stroke| stroke.darkest >= threshold);
    strokes
}

/// Without specks of dust.
pub fn without_specks(mut strokes: Vec<Stroke>) -> Vec<Stroke> {
    let largest = strokes.iter().map(Stroke::ink).max().unwrap_or(0);
    strokes.retain(|stroke| stroke.ink as f64 >= SPECK * largest as f64);
    strokes
}

/// The ink of these strokes alone.
pub fn drawn(strokes: &[Stroke], ink: &GrayImage) -> GrayImage {
    let mut kept = GrayImage::new(ink.width(), ink.height());
    for &pixel in strokes.iter().flat_map(|stroke| &stroke.pixels) {
        kept.as_mut()[pixel] = ink.as_raw()[pixel];
    }
    kept
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
    let amount = |&pixel: &usize| amounts[pixel];
    Stroke {
        columns: extent(pixels.iter().map(|pixel| pixel % width)),
        rows: extent(pixels.iter().map(|pixel| pixel / width)),
        ink: pixels.iter().map(amount).map(u64::from).sum(),
        darkest: pixels.iter().map(amount).max().unwrap_or(0),
        pixels,
    }
}

/// From the first to the last of all that is in `ranges`.
#[cfg(feature = "strings")]
pub fn hull<'a>(ranges: impl Iterator<Item = &'a Range<u32>>) -> Range<u32> {
    let joined = ranges
        .cloned()
        .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
    joined.unwrap_or(0..0)
}

fn extent(places: impl Iterator<Item = usize> + Clone) -> Range<u32> {
    let first = places.clone().min().unwrap_or(0);
    let end = places.max().map_or(0, |last| last + 1);
    first as u32..end as u32
}

/// The pixel itself and the up to eight around it.
pub fn neighbours(pixel: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (pixel % width, pixel / width);
    let around = |at: usize, side: usize| at.saturating_sub(1)..(at + 2).min(side);
    around(y, height).flat_map(move |y| around(x, width).map(move |x| y * width + x))
}
