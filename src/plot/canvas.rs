//! Pictures as PNG files, with text in the one font the program carries.

use std::error::Error;
use std::path::Path;
use std::sync::Once;

use image::RgbImage;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use crate::store::{RunError, write_whole};

/// The font of all text.
pub const FONT: &str = "text";

/// What is drawn on.
pub type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Black text of `size`, whose place is its `horizontal` end and half its height.
pub fn text_style(size: i32, horizontal: HPos) -> TextStyle<'static> {
    (FONT, size)
        .into_font()
        .color(&BLACK)
        .pos(Pos::new(horizontal, VPos::Center))
}

/// Writes a picture of `size` pixels, width and height, to `path`: what `draw` puts on white.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn draw_png(
    path: &Path,
    size: (u32, u32),
    draw: impl FnOnce(&Area) -> Result<(), Box<dyn Error>>,
) -> Result<(), RunError> {
    let write_error = |reason: String| RunError::Write {
        path: path.to_owned(),
        source: std::io::Error::other(reason),
    };
    let mut pixels = vec![0; (size.0 * size.1 * 3) as usize];
    draw_on(&mut pixels, size, draw).map_err(|error| write_error(error.to_string()))?;
    let picture = RgbImage::from_raw(size.0, size.1, pixels).expect("the buffer fits the picture");
    let mut png = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|error| write_error(error.to_string()))?;
    write_whole(path, png.get_ref())
}

fn draw_on(
    pixels: &mut [u8],
    size: (u32, u32),
    draw: impl FnOnce(&Area) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    register_text_font();
    let area = BitMapBackend::with_buffer(pixels, size).into_drawing_area();
    area.fill(&WHITE)?;
    draw(&area)?;
    area.present()?;
    Ok(())
}

/// Hands plotters the one font all text is set in.
fn register_text_font() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // It is a well-formed font; were it not, drawing text would report it.
        let _ = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
}
