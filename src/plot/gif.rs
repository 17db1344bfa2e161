//! Drawings as the frames of a GIF file.

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, Frame};

use super::drawing::Drawing;

/// How long a frame is shown, and the last one, in milliseconds.
const MILLISECONDS: (u32, u32) = (150, 4000);
/// Distance of the levels that red, green and blue are rounded to: few, so that a film is a quarter as
/// large, and black and white among them.
const LEVEL: u8 = 17;

/// `frames` as the bytes of a GIF file that begins again after its end.
///
/// # Panics
/// If a frame is 65,536 pixels wide or high.
pub fn gif(frames: &[Drawing]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder
        .set_repeat(Repeat::Infinite)
        .expect("a film is encoded into memory");
    for (number, drawing) in frames.iter().enumerate() {
        let (each, last) = MILLISECONDS;
        let shown = if number + 1 == frames.len() {
            last
        } else {
            each
        };
        let mut pixels = drawing.pixels();
        for part in pixels.iter_mut() {
            *part = part.saturating_add(LEVEL / 2) / LEVEL * LEVEL;
        }
        let pixels = DynamicImage::ImageRgb8(pixels).into_rgba8();
        let delay = Delay::from_numer_denom_ms(shown, 1);
        encoder
            .encode_frame(Frame::from_parts(pixels, 0, 0, delay))
            .expect("a frame is encoded into memory");
    }
    drop(encoder);
    bytes
}

#[cfg(test)]
mod tests {
    use image::AnimationDecoder;
    use image::codecs::gif::GifDecoder;

    use super::*;
    use crate::plot::Colour;

    #[test]
    fn frames_are_shown_one_after_the_other() {
        let frames = [Colour::BLACK, Colour::grey(10 * LEVEL)].map(|colour| {
            let mut drawing = Drawing::new(20.0, 10.0);
            drawing.rectangle((5.0, 0.0), (15.0, 10.0), colour);
            drawing
        });
        let bytes = gif(&frames);
        let decoder = GifDecoder::new(std::io::Cursor::new(bytes)).unwrap();
        let read = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(read.len(), 2);
        for (frame, drawing) in read.iter().zip(&frames) {
            let expected = DynamicImage::ImageRgb8(drawing.pixels()).into_rgba8();
            assert_eq!(frame.buffer(), &expected);
        }
    }
}
