//! Charts and sheets of pictures. Each is described once, as a [`Drawing`], and rendered as SVG
//! text or as the bytes of a PNG file; the caller decides where they go.
//!
//! Text is set in Noto Sans (© Google, Apache License 2.0), which the program carries.

mod bars;
mod curves;
mod drawing;
mod font;
mod gif;
mod legend;
mod png;
mod svg;

pub use bars::{Bar, BarChart, BarGroup, stack};
pub use curves::{Axis, Curve, CurveChart, Frame, Stroke};
pub use drawing::{Anchor, COLOURS, Colour, Drawing, GREY, MARGIN, Place, SMALL, TEXT};
pub use gif::gif;
pub use svg::escaped;
