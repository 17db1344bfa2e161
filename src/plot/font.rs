//! The one font of all text, and text shaped with it: which glyphs stand where.

use std::sync::LazyLock;

use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};
use rustybuzz::{Face, UnicodeBuffer};
use zeno::{Command, PathBuilder};

use super::drawing::{Anchor, Text};

/// Its name, for programs that have it installed.
pub const NAME: &str = "Noto Sans";
/// Height of its capitals, as a part of the size of a text.
const CAPITALS: f64 = 0.714;

static FACE: LazyLock<Face<'static>> = LazyLock::new(|| {
    Face::from_slice(ttf_noto_sans::REGULAR, 0).expect("the carried font is well formed")
});

/// How far beneath the middle of its capitals the baseline of a text lies, in pixels.
pub fn baseline(size: f64) -> f64 {
    size * CAPITALS / 2.0
}

/// Width of `words` in pixels.
pub fn width(words: &str, size: f64) -> f64 {
    shape(words, size).1
}

/// The outlines of all glyphs of `text`, in pixels of the picture.
pub(super) fn outline(text: &Text) -> Vec<Command> {
    let (glyphs, width) = shape(&text.words, text.size);
    let start = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -width / 2.0,
        Anchor::End => -width,
    };
    let mut outline = Outline {
        commands: Vec::new(),
        text,
        scale: pixels_per_unit(text.size),
        glyph: (0.0, 0.0),
    };
    for (glyph, (x, y)) in glyphs {
        outline.glyph = (start + x, y);
        FACE.outline_glyph(glyph, &mut outline);
    }
    outline.commands
}

fn pixels_per_unit(size: f64) -> f64 {
    size / f64::from(FACE.units_per_em())
}

/// A glyph and its origin: pixels to the right of and above the start of the baseline.
type PlacedGlyph = (GlyphId, (f64, f64));

/// The glyphs of `words`, and the width of all in pixels.
fn shape(words: &str, size: f64) -> (Vec<PlacedGlyph>, f64) {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(words);
    let shaped = rustybuzz::shape(&FACE, &[], buffer);
    let scale = pixels_per_unit(size);
    let mut glyphs = Vec::new();
    let mut pen = 0;
    for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
        let id = u16::try_from(info.glyph_id).expect("a font has at most 65,536 glyphs");
        let across = f64::from(pen + position.x_offset) * scale;
        glyphs.push((GlyphId(id), (across, f64::from(position.y_offset) * scale)));
        pen += position.x_advance;
    }
    (glyphs, f64::from(pen) * scale)
}

/// Collects the outlines of glyphs where they lie in the picture.
struct Outline<'a> {
    commands: Vec<Command>,
    text: &'a Text,
    scale: f64,
    /// The origin of the current glyph, to the right of and above the start of the baseline.
    glyph: (f64, f64),
}

impl Outline<'_> {
    /// The place in the picture of a point of the current glyph.
    fn place(&self, x: f32, y: f32) -> [f32; 2] {
        let along = self.glyph.0 + f64::from(x) * self.scale;
        let down = baseline(self.text.size) - self.glyph.1 - f64::from(y) * self.scale;
        let (x, y) = self.text.place;
        let (x, y) = match self.text.upwards {
            false => (x + along, y + down),
            true => (x + down, y - along),
        };
        [x as f32, y as f32]
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.commands.move_to(to);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.commands.line_to(to);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (control, to) = (self.place(x1, y1), self.place(x, y));
        self.commands.quad_to(control, to);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (control1, control2) = (self.place(x1, y1), self.place(x2, y2));
        let to = self.place(x, y);
        self.commands.curve_to(control1, control2, to);
    }

    fn close(&mut self) {
        self.commands.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_kerned_and_places_are_not_rounded() {
        let [together, a, v] = ["AV", "A", "V"].map(|words| width(words, 14.0));
        assert!(together < a + v - 0.1, "{together}, {a}, {v}");
        assert!((2.0 * width("pass", 7.0) - width("pass", 14.0)).abs() < 1e-9);
    }
}
