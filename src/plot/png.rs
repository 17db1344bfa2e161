//! Drawings as the bytes of PNG files.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{Rgb, RgbImage};
use zeno::{Cap, Join, Mask, Placement, Stroke, Style};

use super::drawing::{Colour, Drawing, Mark, Paint, Pen};
use super::font;

impl Drawing {
    /// The picture as the bytes of a PNG file.
    pub fn png(&self) -> Vec<u8> {
        encode(&self.pixels())
    }

    /// The picture's pixels.
    pub(super) fn pixels(&self) -> RgbImage {
        let mut picture = RgbImage::from_pixel(self.width, self.height, Rgb([255; 3]));
        for mark in &self.marks {
            paint(&mut picture, mark);
        }
        picture
    }
}

fn encode(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
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
            (Mask::new(&outline).render(), text.colour)
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

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use crate::plot::{Anchor, COLOURS, Colour, Drawing, TEXT};

    fn pixels(drawing: &Drawing) -> RgbImage {
        image::load_from_memory(&drawing.png()).unwrap().into_rgb8()
    }

    #[test]
    fn a_rectangle_covers_its_pixels_and_no_others() {
        let mut drawing = Drawing::new(20.0, 10.0);
        drawing.rectangle((2.0, 3.0), (4.0, 5.0), COLOURS[0]);
        // Partly outside: cut off.
        drawing.rectangle((18.0, -2.0), (9.0, 3.0), Colour::BLACK);
        let picture = pixels(&drawing);
        assert_eq!(picture.dimensions(), (20, 10));
        let Colour(red, green, blue) = COLOURS[0];
        for (x, y, pixel) in picture.enumerate_pixels() {
            let expected = match (x, y) {
                (2..6, 3..8) => [red, green, blue],
                (18.., 0) => [0; 3],
                _ => [255; 3],
            };
            assert_eq!(pixel.0, expected, "at {x}, {y}");
        }
    }

    #[test]
    fn text_lies_on_its_side_of_its_place() {
        for (anchor, columns) in [(Anchor::Start, 50..100), (Anchor::End, 0..50)] {
            let mut drawing = Drawing::new(100.0, 20.0);
            drawing.text("HIH", (50.0, 10.0), TEXT, anchor);
            let picture = pixels(&drawing);
            let dark = picture
                .enumerate_pixels()
                .filter(|(.., pixel)| pixel.0[0] < 128);
            let dark: Vec<(u32, u32)> = dark.map(|(x, y, _)| (x, y)).collect();
            assert!(dark.len() > 30, "{dark:?}");
            // Capitals of 10 pixels around the middle.
            let inside = |&(x, y): &(u32, u32)| columns.contains(&x) && (5..15).contains(&y);
            assert!(dark.iter().all(inside), "{dark:?}");
        }
    }
}
