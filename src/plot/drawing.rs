//! A picture as a list of shapes and texts, independent of the format it is rendered in.

use std::fmt;

/// A colour by its red, green and blue parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Black.
    pub const BLACK: Self = Self::grey(0);
    /// White.
    pub const WHITE: Self = Self::grey(255);

    /// A grey from 0, black, to 255, white.
    pub const fn grey(level: u8) -> Self {
        Self(level, level, level)
    }
}

/// The colour of everything that was not measured here.
pub const GREY: Colour = Colour::grey(120);
/// Colours that are easily told apart, for everything that was.
pub const COLOURS: [Colour; 6] = [
    Colour(31, 119, 180),
    Colour(214, 39, 40),
    Colour(44, 160, 44),
    Colour(255, 127, 14),
    Colour(148, 103, 189),
    Colour(140, 86, 75),
];

/// Size of titles in pixels.
pub const TITLE: f64 = 20.0;
/// Size of all other text in pixels.
pub const TEXT: f64 = 14.0;
/// Size of notes beneath a text in pixels.
pub const SMALL: f64 = 12.0;

/// The blank border of a chart, in pixels.
pub const MARGIN: f64 = 16.0;
/// The height of a title with the space beneath it, in pixels.
pub(super) const TITLE_LINE: f64 = 36.0;

/// Pixels from the left edge and from the upper edge.
pub type Place = (f64, f64);

/// The end of a text that lies at its place. Vertically, the middle of its capitals does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// A line's colour, width in pixels, and whether it is dashed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dashed: bool,
}

impl Pen {
    /// Lengths of a dash and of the gap after it.
    pub(super) const DASHES: [f32; 2] = [6.0, 4.0];

    pub(super) const fn solid(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            dashed: false,
        }
    }
}

/// How a shape is painted.
pub(super) enum Paint {
    Fill(Colour),
    Outline(Pen),
}

/// One line of text.
pub(super) struct Text {
    pub(super) words: String,
    pub(super) place: Place,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    /// Whether it runs upwards instead of to the right.
    pub(super) upwards: bool,
    pub(super) colour: Colour,
}

/// What a drawing is made of.
pub(super) enum Mark {
    /// A path in the syntax of SVG.
    Shape {
        path: String,
        paint: Paint,
    },
    Text(Text),
}

/// A picture on white, which `svg` and `png` render.
pub struct Drawing {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) marks: Vec<Mark>,
}

impl Drawing {
    /// A blank one of `width` and `height` pixels, rounded up.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width: width.ceil() as u32,
            height: height.ceil() as u32,
            marks: Vec::new(),
        }
    }

    /// Adds a filled rectangle with its upper left corner at `corner`, by width and height.
    pub fn rectangle(&mut self, corner: Place, (width, height): (f64, f64), colour: Colour) {
        let [x, y, across, down] = [corner.0, corner.1, width, height].map(Number);
        let back = Number(-width);
        self.marks.push(Mark::Shape {
            path: format!("M{x} {y}h{across}v{down}h{back}z"),
            paint: Paint::Fill(colour),
        });
    }

    /// Adds the outline of such a rectangle, a pixel wide and inside it.
    pub fn frame(&mut self, corner: Place, (width, height): (f64, f64), colour: Colour) {
        let [x, y] = [corner.0 + 0.5, corner.1 + 0.5].map(Number);
        let [across, down, back] = [width - 1.0, height - 1.0, 1.0 - width].map(Number);
        self.marks.push(Mark::Shape {
            path: format!("M{x} {y}h{across}v{down}h{back}z"),
            paint: Paint::Outline(Pen::solid(colour, 1.0)),
        });
    }

    /// Adds straight lines from each of `places` to the next; nothing for fewer than two.
    pub(super) fn line(&mut self, places: &[Place], pen: Pen) {
        if places.len() < 2 {
            return;
        }
        let places = places.iter();
        let steps: Vec<String> = places
            .map(|&(x, y)| format!("{} {}", Number(x), Number(y)))
            .collect();
        self.marks.push(Mark::Shape {
            path: format!("M{}", steps.join("L")),
            paint: Paint::Outline(pen),
        });
    }

    /// Adds a filled circle.
    pub(super) fn dot(&mut self, (x, y): Place, radius: f64, colour: Colour) {
        let [left, y, r] = [x - radius, y, radius].map(Number);
        let [across, back] = [2.0 * radius, -2.0 * radius].map(Number);
        self.marks.push(Mark::Shape {
            path: format!("M{left} {y}a{r} {r} 0 1 0 {across} 0a{r} {r} 0 1 0 {back} 0z"),
            paint: Paint::Fill(colour),
        });
    }

    /// Adds a line of black text.
    pub fn text(&mut self, words: &str, place: Place, size: f64, anchor: Anchor) {
        self.text_in(Colour::BLACK, words, place, size, anchor);
    }

    /// Adds a line of text.
    pub fn text_in(
        &mut self,
        colour: Colour,
        words: &str,
        place: Place,
        size: f64,
        anchor: Anchor,
    ) {
        self.marks.push(Mark::Text(Text {
            colour,
            words: words.to_owned(),
            place,
            size,
            anchor,
            upwards: false,
        }));
    }

    /// Adds a line of black text that runs upwards, with its middle at `place`.
    pub(super) fn text_upwards(&mut self, words: &str, place: Place, size: f64) {
        self.marks.push(Mark::Text(Text {
            colour: Colour::BLACK,
            words: words.to_owned(),
            place,
            size,
            anchor: Anchor::Middle,
            upwards: true,
        }));
    }
}

/// A number of pixels, written with at most two decimals.
pub(super) struct Number(pub(super) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding 0 turns −0 into 0.
        ((self.0 * 100.0).round() / 100.0 + 0.0).fmt(f)
    }
}
