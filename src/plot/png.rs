//! Drawings as the bytes of PNG files.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{Rgb, RgbImage};
use zeno::{Cap, Join, Mask, Placement, Stroke, Style};

use super::drawing::{Colour, Mark, Paint, Pen};
use super::font;

/// Paints `marks` in their order on white and encodes the picture.
pub(super) fn render(width: u32, height: u32, marks: &[Mark]) -> Vec<u8> {
    let mut picture = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    for mark in marks {
        paint(&mut picture, mark);
    }
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    picture
        .write_with_encoder(encoder)
        .expect("a picture is encoded into memory");
    bytes
}

fn paint(picture: &mut RgbImage, mark: &Mark) {
    let ((mask, placement), colour) = match mark {
        Mark::Shape { path, paint } => {
            let path = path.as_str();
            match paint {
                Paint::Fill(colour) => (Mask::new(path).render(), *colour),
                Paint::Outline(pen) => {
                    let mut mask = Mask::new(path);
                    (mask.style(stroke(pen)).render(), pen.colour)
                }
            }
        }
        Mark::Text(text) => {
            let outline = font::outline(text);
            if outline.is_empty() {
                return;
            }
            (Mask::new(&outline).render(), Colour::BLACK)
        }
    };
    blend(picture, &mask, placement, colour);
}

fn stroke(pen: &Pen) -> Style<'static> {
    let mut stroke = Stroke::new(pen.width as f32);
    stroke.join(Join::Round).cap(Cap::Butt);
    if pen.dashed {
        stroke.dash(&Pen::DASHES, 0.0);
    }
    Style::Stroke(stroke)
}

/// Covers `picture` with `colour` where `mask` says so; whatever lies outside is left out.
fn blend(picture: &mut RgbImage, mask: &[u8], placement: Placement, colour: Colour) {
    let Colour(red, green, blue) = colour;
    for (index, &coverage) in mask.iter().enumerate() {
        let across = index as i64 % i64::from(placement.width) + i64::from(placement.left);
        let down = index as i64 / i64::from(placement.width) + i64::from(placement.top);
        let place = u32::try_from(across).ok().zip(u32::try_from(down).ok());
        let Some(pixel) = place.and_then(|(x, y)| picture.get_pixel_mut_checked(x, y)) else {
            continue;
        };
        for (part, new) in pixel.0.iter_mut().zip([red, green, blue]) {
            let [old, new, coverage] = [*part, new, coverage].map(u32::from);
            *part = ((old * (255 - coverage) + new * coverage + 127) / 255) as u8;
        }
    }
}
