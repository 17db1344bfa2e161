//! Legends: what each colour stands for, in lines above a chart so that they cover nothing of it.

use super::drawing::{Anchor, Colour, Drawing, Pen, Place, TEXT};
use super::font;

/// A name and a sample of what it is the name of.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) sample: Sample,
}

/// How a series is drawn.
pub(super) enum Sample {
    Bar(Colour),
    Line { pen: Pen, dotted: bool },
}

/// From one line of entries to the next.
const LINE: f64 = 22.0;
/// Width of a sample.
const SAMPLE: f64 = 26.0;
/// From a sample to its name.
const GAP: f64 = 8.0;
/// From a name to the next sample. Wide enough for a browser's own font, which may be wider.
const BETWEEN: f64 = 36.0;

/// The height of `entries`, in lines of at most `width`.
pub(super) fn height(entries: &[Entry], width: f64) -> f64 {
    places(entries, width)
        .last()
        .map_or(0.0, |&(_, down)| down + LINE)
}

/// Draws `entries` in lines of at most `width` from `(left, top)` on.
pub(super) fn draw(drawing: &mut Drawing, (left, top): Place, width: f64, entries: &[Entry]) {
    for (entry, (across, down)) in entries.iter().zip(places(entries, width)) {
        let (x, y) = (left + across, top + down + LINE / 2.0);
        entry.sample.draw(drawing, (x, y));
        drawing.text(entry.name, (x + SAMPLE + GAP, y), TEXT, Anchor::Start);
    }
}

/// The upper left corner of each entry, from that of the legend.
fn places(entries: &[Entry], width: f64) -> Vec<Place> {
    let (mut across, mut down) = (0.0, 0.0);
    let mut places = Vec::new();
    for entry in entries {
        let own = SAMPLE + GAP + font::width(entry.name, TEXT);
        if across > 0.0 && across + own > width {
            (across, down) = (0.0, down + LINE);
        }
        places.push((across, down));
        across += own + BETWEEN;
    }
    places
}

impl Sample {
    /// Draws it with the middle of its left end at `(left, middle)`.
    fn draw(&self, drawing: &mut Drawing, (left, middle): Place) {
        match *self {
            Self::Bar(colour) => {
                drawing.rectangle((left, middle - 6.0), (SAMPLE, 12.0), colour);
            }
            Self::Line { pen, dotted } => {
                drawing.line(&[(left, middle), (left + SAMPLE, middle)], pen);
                if dotted {
                    drawing.dot((left + SAMPLE / 2.0, middle), pen.width * 2.0, pen.colour);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_goes_on_in_a_new_line_where_there_is_no_room() {
        let entry = || Entry {
            name: "a name",
            sample: Sample::Bar(Colour::BLACK),
        };
        let entries = [entry(), entry(), entry()];
        let one = SAMPLE + GAP + font::width("a name", TEXT);
        let [first, second, third] = places(&entries, 2.0 * one + BETWEEN + 1.0)[..] else {
            panic!("three places");
        };
        assert_eq!(first, (0.0, 0.0));
        assert_eq!(second, (one + BETWEEN, 0.0));
        assert_eq!(third, (0.0, LINE));
        assert_eq!(height(&entries, one), 3.0 * LINE);
        assert_eq!(height(&[], one), 0.0);
    }
}
