//! Charts and sheets of pictures. Each is described once, as a [`Drawing`], and rendered as SVG
//! text or as the bytes of a PNG file; the caller decides where they go.
//!
//! Text is set in Noto Sans (© Google, Apache License 2.0), which the program carries.

mod bars;
mod curves;
mod drawing;
mod font;
mod legend;
mod png;
mod svg;

pub use bars::{Bar, BarChart, BarGroup, stack};
pub use curves::{Axis, Curve, CurveChart, Frame, Stroke};
pub use drawing::{Anchor, COLOURS, Colour, Drawing, GREY, Place, SMALL, TEXT, TITLE};
pub use svg::escaped;

/// The blank border of a chart, in pixels.
pub const MARGIN: f64 = 16.0;
/// The height of a title with the space beneath it, in pixels.
const TITLE_LINE: f64 = 36.0;
