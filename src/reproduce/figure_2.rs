//! Figure 2 for a trained network: the output of every layer for one digit.

use std::path::Path;

use super::sheet::{self, Content, LINE_GAP, LINE_HEIGHT, Maps, Panel};
use crate::data::{BACKGROUND, INK};
use crate::model::{DIGITS, Head};
use crate::plot::{Drawing, Place};
use crate::reference::Walk;
use crate::store::{RunError, write_whole};

/// Draws all layers of `walk` into the PNG at `path`, a layer per row.
///
/// # Errors
/// If it cannot be written.
pub fn save(walk: &Walk, path: &Path) -> Result<(), RunError> {
    write_whole(path, &sheet::drawing(&panels(walk)).png())
}

fn panels(walk: &Walk) -> Vec<Panel<'_>> {
    let network = walk.network();
    let input = Panel {
        name: "input".to_owned(),
        content: Content::Maps(Maps {
            shape: network.input(),
            values: walk.field(),
            range: (BACKGROUND, INK),
            zoom: 4.0,
            columns: 1,
        }),
    };
    let hidden = network.layers().iter().zip(walk.outputs());
    let hidden = hidden.filter(|(layer, _)| layer.output.maps != DIGITS);
    let hidden = hidden.map(|(layer, values)| Panel {
        name: layer.name.to_owned(),
        content: match walk.glyph() {
            Some(glyph) if std::ptr::eq(glyph, values) => Content::Glyphs {
                drawn: glyph,
                digit: walk.answer(),
            },
            _ => Content::Maps(Maps::of(layer, values)),
        },
    });
    let output = Panel {
        name: match network.choices().head {
            Head::Rbf => "distances",
            Head::Softmax => "−log p",
        }
        .to_owned(),
        content: Content::Penalties(walk.penalties()),
    };
    std::iter::once(input)
        .chain(hidden)
        .chain([output])
        .collect()
}

/// Draws the input and the layers of `walk` in one line from `(left, top)`, `LINE_HEIGHT` high.
pub fn draw_line(walk: &Walk, drawing: &mut Drawing, (left, top): Place) {
    let mut x = left;
    for panel in panels(walk) {
        let Content::Maps(maps) = &panel.content else {
            continue;
        };
        let maps = maps.in_one_line();
        maps.draw(drawing, (x, top));
        x += maps.width() + LINE_GAP;
    }
    if let Some(glyph) = walk.glyph() {
        sheet::draw_glyph(drawing, (x, top), LINE_HEIGHT, glyph);
    }
}
