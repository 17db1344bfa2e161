//! Digits that the visitor draws, and lines of them.

use image::RgbaImage;
use lenet_gpu::data::picture::{self, WrittenLine};
use wasm_bindgen::JsValue;

use crate::values::{failure, refusal};

/// The digit in the pixels of a canvas, made as MNIST's were: 784 bytes.
///
/// # Errors
/// If there is no digit in it.
pub fn digit_in(pixels: Vec<u8>, width: u32, height: u32) -> Result<Vec<u8>, JsValue> {
    let digit = picture::drawn(&canvas(pixels, width, height)?);
    Ok(digit.map_err(|error| failure(&error))?.to_vec())
}

/// The line of digits in the pixels of a canvas.
///
/// # Errors
/// If there is none in it.
pub fn line_in(pixels: Vec<u8>, width: u32, height: u32) -> Result<WrittenLine, JsValue> {
    let line = picture::line_on_canvas(&canvas(pixels, width, height)?);
    line.map_err(|error| failure(&error))
}

fn canvas(pixels: Vec<u8>, width: u32, height: u32) -> Result<RgbaImage, JsValue> {
    RgbaImage::from_raw(width, height, pixels).ok_or_else(|| {
        let message = format!("the pixels are not those of a picture of {width} by {height}");
        refusal(&message)
    })
}
