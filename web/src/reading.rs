//! Lines of digits as they are read, for the page to draw.

use lenet_gpu::data::picture::{Remark, WrittenLine};
use lenet_gpu::data::strings::column_of;
use lenet_gpu::reading::{Closest, Reading};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::values::{bytes, object, plain};

/// A digit at a column of the line.
#[derive(Serialize)]
struct PlacedDigit {
    digit: u8,
    column: f64,
}

/// The digit that is closest at a position.
#[derive(Serialize)]
struct PlacedClosest {
    #[serde(flatten)]
    placed: PlacedDigit,
    /// From 0 to 1, where the rubbish class is as likely.
    distance: f64,
}

/// `found` as it was read by a network whose rubbish class is as likely as a digit at `rubbish_distance`.
pub fn read(found: &WrittenLine, reading: &Reading, rubbish_distance: f32) -> JsValue {
    let digits = reading.digits.iter().map(|read| PlacedDigit {
        digit: read.digit,
        column: column_of(read.middle()),
    });
    let closest = reading.closest(rubbish_distance).enumerate();
    let closest = closest.map(|(position, Closest { digit, distance })| PlacedClosest {
        placed: PlacedDigit {
            digit,
            column: column_of(position as f64),
        },
        distance,
    });
    let remarks = found.remarks.iter().map(Remark::to_string);
    object([
        ("digits", plain(&digits.collect::<Vec<_>>())),
        ("closest", plain(&closest.collect::<Vec<_>>())),
        ("remarks", plain(&remarks.collect::<Vec<_>>())),
        ("ink", bytes(found.line.ink())),
        ("width", (found.line.width() as u32).into()),
    ])
}
