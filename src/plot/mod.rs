//! Charts, and the surface and text that they are drawn with.

mod canvas;
mod chart;

pub use canvas::{Area, FONT, draw_png, text_style};
pub use chart::{Axis, COLOURS, Curve, GREY, Stroke, draw_curves};
