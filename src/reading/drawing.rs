//! A line as it was read, drawn as the paper does (Figures 25 and 26): the input, over it the winning class of
//! every position, and what was read on top.

use super::reader::Reading;
use crate::data::IMAGE_SIDE;
use crate::data::strings::{Line, column_of};
use crate::plot::{Anchor, Colour, Drawing, MARGIN, SMALL, TEXT};

// All sizes are in pixels.

/// Side of a pixel of the line.
const ZOOM: f64 = 4.0;
/// Where the line begins, to the right of the names of the rows.
const LEFT: f64 = 90.0;
/// Height of the digits that were read, and of the winning classes.
const READ_HEIGHT: f64 = 40.0;
const CLASS_HEIGHT: f64 = 26.0;
/// Size of the digits that were read.
const READ: f64 = 30.0;

/// The grey of a class that is no likelier than rubbish: what is farther is no lighter.
const LIGHTEST: f64 = 215.0;

/// `reading` of `line`. A winning class is the darker the smaller its penalty is, from black for 0 to light grey for
/// `rubbish_distance`, at which the rubbish class is as likely.
pub fn drawing(line: &Line, reading: &Reading, rubbish_distance: f32) -> Drawing {
    let (width, height) = (line.width() as f64 * ZOOM, IMAGE_SIDE as f64 * ZOOM);
    let classes = MARGIN + READ_HEIGHT;
    let input = classes + CLASS_HEIGHT;
    let mut drawing = Drawing::new(LEFT + width + MARGIN, input + height + MARGIN);
    let name = |drawing: &mut Drawing, words: &str, y: f64| {
        drawing.text(words, (MARGIN, y), TEXT, Anchor::Start);
    };
    name(&mut drawing, "read", MARGIN + READ_HEIGHT / 2.0);
    name(&mut drawing, "closest", classes + CLASS_HEIGHT / 2.0);
    name(&mut drawing, "input", input + height / 2.0);
    let across = |position: f64| LEFT + ZOOM * (column_of(position) + 0.5);
    for read in &reading.digits {
        let place = (across(read.middle()), MARGIN + READ_HEIGHT / 2.0);
        drawing.text(&read.digit.to_string(), place, READ, Anchor::Middle);
    }
    for (position, closest) in reading.closest(rubbish_distance).enumerate() {
        let grey = Colour::grey((LIGHTEST * closest.distance) as u8);
        let place = (across(position as f64), classes + CLASS_HEIGHT / 2.0);
        drawing.text_in(
            grey,
            &closest.digit.to_string(),
            place,
            SMALL,
            Anchor::Middle,
        );
    }
    for y in 0..IMAGE_SIDE {
        for x in 0..line.width() {
            let ink = line.at(y, x as isize);
            if ink > 0 {
                let corner = (LEFT + ZOOM * x as f64, input + ZOOM * y as f64);
                drawing.rectangle(corner, (ZOOM, ZOOM), Colour::grey(u8::MAX - ink));
            }
        }
    }
    drawing.frame((LEFT, input), (width, height), Colour::grey(170));
    drawing
}
