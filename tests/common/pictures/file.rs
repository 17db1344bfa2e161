//! Pictures as the bytes of files.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, GrayImage, ImageFormat};

/// A picture file.
pub struct File {
    /// Its content.
    pub bytes: Vec<u8>,
    /// The ending of its name.
    pub ending: &'static str,
}

impl File {
    /// A picture in a format that loses nothing.
    pub fn of(image: impl Into<DynamicImage>, format: ImageFormat) -> Self {
        let mut bytes = Cursor::new(Vec::new());
        image
            .into()
            .write_to(&mut bytes, format)
            .expect("a format that can be written");
        Self {
            bytes: bytes.into_inner(),
            ending: format.extensions_str()[0],
        }
    }

    pub fn png(image: impl Into<DynamicImage>) -> Self {
        Self::of(image, ImageFormat::Png)
    }

    /// With a quality from 1 to 100.
    pub fn jpeg(image: &GrayImage, quality: u8) -> Self {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode_image(image)
            .expect("a grey JPEG can be written");
        Self {
            bytes,
            ending: "jpg",
        }
    }

    /// An animation of these frames.
    pub fn animation(frames: impl IntoIterator<Item = GrayImage>) -> Self {
        let mut bytes = Vec::new();
        let frames = frames
            .into_iter()
            .map(|frame| Frame::new(DynamicImage::from(frame).into_rgba8()));
        GifEncoder::new(&mut bytes)
            .encode_frames(frames)
            .expect("a GIF can be written");
        Self {
            bytes,
            ending: "gif",
        }
    }

    /// Only the first part of it, as after a download that broke off.
    pub fn cut(mut self, part: f32) -> Self {
        self.bytes
            .truncate((self.bytes.len() as f32 * part) as usize);
        self
    }
}
