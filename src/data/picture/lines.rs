//! Lines that are no strokes: frames, a form's or a table's, ruled paper.
//!
//! A ruled line is a row that is inked nearly all along and at both ends; a frame
//! is what each column meets first as one looks in from a side, if that is equally
//! thin and goes on from column to column, so it may be slanted, broken or have
//! round corners. Where a stroke crosses a line, the stroke stays. Both directions
//! and all sides are looked at in the same way.

use std::ops::Range;

use image::{GrayImage, Luma};

use super::leftovers;
use super::strokes;

/// The part of a row or column that a line covers at least: frames are broken.
const COVERED: f32 = 0.8;

/// How far a ruled line may end from the edge, as a part of the side.
const END: f32 = 0.015;

/// Lines are thinner than this part of the side.
const THIN: f32 = 0.06;

/// A frame is within this part of the side from the edge.
const FRAME_ZONE: f32 = 0.16;

/// How many sides have something along them where a frame does not touch the
/// edge. Fewer may be strokes of a digit that fills the picture.
const FRAME_SIDES: usize = 3;

/// What is thicker than its line by this factor, and a pixel, is a stroke on it.
const STROKE_ON_LINE: f32 = 1.5;

/// Faint lines count: what is above this part of the threshold of ink.
const FAINT: u8 = 4;

/// Ink without lines.
pub struct Cleared {
    /// What is left.
    pub ink: GrayImage,
    /// Whether there were lines.
    pub found: bool,
}

/// Takes lines away, if what is left then stands free: otherwise they are strokes
/// of a digit that is cut off, or that fills the picture.
pub fn without(ink: GrayImage, threshold: u8) -> Cleared {
    let least = (threshold / FAINT).max(1);
    let mut cleared = ink.clone();
    // Both are looked for in all ink: in a long picture the long sides of a frame look ruled, and without them the
    // short ones are too few for a frame; and without a frame the lines of squared paper do not reach the edges.
    let ruled = [Side::Left, Side::Top].map(|side| (side, ruled_along(&ink, side, least)));
    let framed = erase_frames(&mut cleared, least);
    for (side, lines) in &ruled {
        let view = View::from(*side, &ink);
        for line in lines {
            erase_line(&view, &mut cleared, line.clone(), least);
        }
    }
    let is_ruled = ruled.iter().any(|(_, lines)| !lines.is_empty());
    let strokes = strokes::of(&cleared, threshold);
    let found = (is_ruled || framed) && leftovers::stands_free(&strokes, cleared.dimensions());
    Cleared {
        ink: if found { cleared } else { ink },
        found,
    }
}

/// From where one looks.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// The picture seen from a side: `across` counts along that side, and `depth` from it.
struct View {
    side: Side,
    width: u32,
    height: u32,
}

impl View {
    fn from(side: Side, ink: &GrayImage) -> Self {
        let (width, height) = ink.dimensions();
        Self {
            side,
            width,
            height,
        }
    }

    fn breadth(&self) -> u32 {
        match self.side {
            Side::Left | Side::Right => self.height,
            Side::Top | Side::Bottom => self.width,
        }
    }

    fn depth(&self) -> u32 {
        match self.side {
            Side::Left | Side::Right => self.width,
            Side::Top | Side::Bottom => self.height,
        }
    }

    fn place(&self, across: u32, depth: u32) -> (u32, u32) {
        match self.side {
            Side::Left => (depth, across),
            Side::Right => (self.width - 1 - depth, across),
            Side::Top => (across, depth),
            Side::Bottom => (across, self.height - 1 - depth),
        }
    }

    fn amount(&self, ink: &GrayImage, across: u32, depth: u32) -> u8 {
        let (x, y) = self.place(across, depth);
        ink.get_pixel(x, y).0[0]
    }

    fn erase(&self, ink: &mut GrayImage, across: u32, depths: Range<u32>) {
        for depth in depths {
            let (x, y) = self.place(across, depth);
            ink.put_pixel(x, y, Luma([0]));
        }
    }

    /// The most that a line may be thick, in pixels.
    fn thin(&self) -> u32 {
        (THIN * self.depth() as f32).ceil() as u32
    }
}

/// Where there are lines from one end to the other, along the side.
fn ruled_along(ink: &GrayImage, side: Side, least: u8) -> Vec<Range<u32>> {
    let view = View::from(side, ink);
    let rows: Vec<bool> = (0..view.depth())
        .map(|depth| is_ruled(&view, ink, depth, least))
        .collect();
    let mut found = Vec::new();
    let mut start = 0;
    for run in rows.chunk_by(|a, b| a == b) {
        let end = start + run.len() as u32;
        if run[0] && run.len() as u32 <= view.thin() {
            found.push(start..end);
        }
        start = end;
    }
    found
}

fn is_ruled(view: &View, ink: &GrayImage, depth: u32, least: u8) -> bool {
    let breadth = view.breadth();
    let inked = |across: u32| view.amount(ink, across, depth) >= least;
    let end = ((END * breadth as f32) as u32).max(1).min(breadth);
    let count = (0..breadth).filter(|&across| inked(across)).count();
    count as f32 >= COVERED * breadth as f32
        && (0..end).any(inked)
        && (breadth - end..breadth).any(inked)
}

/// Erases the line at these depths, but where ink goes on at both of its sides. What is faint beside
/// it is its blur.
fn erase_line(view: &View, ink: &mut GrayImage, line: Range<u32>, least: u8) {
    let before = line.start.checked_sub(2);
    let after = Some(line.end + 1).filter(|&depth| depth < view.depth());
    let with_blur = line.start.saturating_sub(1)..(line.end + 1).min(view.depth());
    for across in 0..view.breadth() {
        let goes_on = |depth: Option<u32>| {
            depth.is_some_and(|depth| view.amount(ink, across, depth) >= least)
        };
        if !(goes_on(before) && goes_on(after)) {
            view.erase(ink, across, with_blur.clone());
        }
    }
}

/// Erases what runs along the sides, one line after another.
fn erase_frames(ink: &mut GrayImage, least: u8) -> bool {
    let mut found = false;
    loop {
        let sides = [Side::Left, Side::Right, Side::Top, Side::Bottom];
        let frames = sides.map(|side| frame_along(&View::from(side, ink), ink, least));
        if frames.iter().flatten().count() < FRAME_SIDES {
            return found;
        }
        found = true;
        for (side, frame) in sides.into_iter().zip(frames) {
            let view = View::from(side, ink);
            for (across, depths) in frame.into_iter().flatten() {
                view.erase(ink, across, depths);
            }
        }
    }
}

/// What each column meets first as one looks in from a side, if together that is a line: the places
/// to erase.
fn frame_along(view: &View, ink: &GrayImage, least: u8) -> Option<Vec<(u32, Range<u32>)>> {
    let zone = ((FRAME_ZONE * view.depth() as f32) as u32).max(1);
    let inked =
        |across: u32, depth: u32| depth < view.depth() && view.amount(ink, across, depth) >= least;
    let met: Vec<(u32, Range<u32>)> = (0..view.breadth())
        .filter_map(|across| {
            let start = (0..zone).find(|&depth| inked(across, depth))?;
            let len = (start..).take_while(|&depth| inked(across, depth)).count() as u32;
            Some((across, start..start + len))
        })
        .collect();
    if (met.len() as f32) < COVERED * view.breadth() as f32 {
        return None;
    }
    let mut thicknesses: Vec<u32> = met.iter().map(|(_, run)| run.len() as u32).collect();
    thicknesses.sort_unstable();
    let thickness = thicknesses[thicknesses.len() / 2];
    let goes_on = met
        .windows(2)
        .filter(|pair| pair[0].1.start.abs_diff(pair[1].1.start) <= 1);
    if thickness > view.thin() || (goes_on.count() as f32) < COVERED * met.len() as f32 {
        return None;
    }
    let most = (STROKE_ON_LINE * thickness as f32) as u32 + 1;
    let erased = met
        .into_iter()
        .map(|(across, run)| match run.len() as u32 > most {
            // A stroke that starts on the line.
            true => (across, run.start..run.start + thickness),
            false => (
                across,
                run.start.saturating_sub(1)..(run.end + 1).min(view.depth()),
            ),
        });
    Some(erased.collect())
}
