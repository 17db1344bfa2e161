//! What lies at the very edge of a picture.

/// What covers this part of a side at the edge without a break is beside the
/// paper, or a shadow on it. A digit's strokes are shorter where they reach the
/// edge.
const LONG: f32 = 0.9;

/// What goes round a corner is not a stroke either, if it covers this part of
/// both sides.
const ROUND_CORNER: f32 = 0.15;

/// What covers this part of two opposite sides runs across the picture.
const ACROSS: f32 = 0.55;

/// Which of the outermost pixels are not paper.
pub struct Edge {
    /// From top to bottom.
    left: Vec<bool>,
    right: Vec<bool>,
    /// From left to right.
    top: Vec<bool>,
    bottom: Vec<bool>,
}

impl Edge {
    /// Of a picture of this width and height, where `is_foreign` says what is not paper.
    pub fn of((width, height): (u32, u32), is_foreign: impl Fn(u32, u32) -> bool) -> Self {
        let (last_x, last_y) = (width.saturating_sub(1), height.saturating_sub(1));
        let column = |x: u32| (0..height).map(|y| width > 0 && is_foreign(x, y)).collect();
        let row = |y: u32| (0..width).map(|x| height > 0 && is_foreign(x, y)).collect();
        Self {
            left: column(0),
            right: column(last_x),
            top: row(0),
            bottom: row(last_y),
        }
    }

    /// Whether there is anything but paper.
    pub fn is_reached(&self) -> bool {
        self.sides().into_iter().flatten().any(|&foreign| foreign)
    }

    /// How many sides something runs along.
    pub fn sides_run_along(&self) -> usize {
        let sides = self.sides().into_iter();
        sides
            .filter(|side| covers(longest_run(side), side, LONG))
            .count()
    }

    /// Whether something broad runs from a side to the opposite one.
    pub fn is_run_across(&self) -> bool {
        let is_broad = |side: &[bool]| covers(longest_run(side), side, ACROSS);
        is_broad(&self.left) && is_broad(&self.right)
            || is_broad(&self.top) && is_broad(&self.bottom)
    }

    /// Whether something goes round a corner.
    pub fn is_run_round(&self) -> bool {
        let starts = |side: &[bool]| covers(run_of(side.iter()), side, ROUND_CORNER);
        let ends = |side: &[bool]| covers(run_of(side.iter().rev()), side, ROUND_CORNER);
        starts(&self.left) && starts(&self.top)
            || ends(&self.left) && starts(&self.bottom)
            || starts(&self.right) && ends(&self.top)
            || ends(&self.right) && ends(&self.bottom)
    }

    fn sides(&self) -> [&[bool]; 4] {
        [&self.left, &self.right, &self.top, &self.bottom]
    }
}

/// Whether so many pixels are this part of a side.
fn covers(run: usize, side: &[bool], part: f32) -> bool {
    run > 0 && run as f32 >= part * side.len() as f32
}

fn longest_run(side: &[bool]) -> usize {
    let runs = side.split(|&foreign| !foreign).map(<[bool]>::len);
    runs.max().unwrap_or(0)
}

/// How many pixels there are before the first one of paper.
fn run_of<'a>(pixels: impl Iterator<Item = &'a bool>) -> usize {
    pixels.take_while(|&&foreign| foreign).count()
}
