//! Pictures that move.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::{LimitError, LimitErrorKind};
use image::{AnimationDecoder, DynamicImage, Frames, ImageError, ImageFormat, ImageResult};

use super::remark::Remark;
use super::shades;

/// A picture that moves has frames of this many of the largest pictures together
/// at most.
const MOST_PICTURES: u64 = 16;

/// Of a picture that moves, the last frame that is not all of one shade: of a
/// drawing that was recorded, the whole drawing. None for a still picture. A
/// picture has `most_pixels`.
///
/// # Errors
///
/// If a frame is damaged, or the frames have too many pixels together.
pub fn last_drawn(
    format: ImageFormat,
    bytes: &[u8],
    most_pixels: u64,
) -> ImageResult<Option<(DynamicImage, Remark)>> {
    let Some(frames) = frames(format, bytes)? else {
        return Ok(None);
    };
    let (mut count, mut pixels) = (0, 0);
    let mut shown = None;
    for frame in frames {
        let image = DynamicImage::from(frame?.into_buffer());
        count += 1;
        pixels += u64::from(image.width()) * u64::from(image.height());
        if pixels > MOST_PICTURES * most_pixels {
            let limit = LimitError::from_kind(LimitErrorKind::DimensionError);
            return Err(ImageError::Limits(limit));
        }
        if shown.is_none() || !shades::is_blank(&image) {
            shown = Some((count, image));
        }
    }
    Ok(shown
        .filter(|_| count > 1)
        .map(|(number, image)| (image, Remark::Frame { number, count })))
}

/// All frames; none if the picture cannot move.
fn frames(format: ImageFormat, bytes: &[u8]) -> ImageResult<Option<Frames<'_>>> {
    let bytes = Cursor::new(bytes);
    Ok(match format {
        ImageFormat::Gif => Some(GifDecoder::new(bytes)?.into_frames()),
        ImageFormat::Png => {
            let decoder = PngDecoder::new(bytes)?;
            match decoder.is_apng()? {
                true => Some(decoder.apng()?.into_frames()),
                false => None,
            }
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(bytes)?;
            decoder.has_animation().then(|| decoder.into_frames())
        }
        _ => None,
    })
}
