//! Digits that the visitor draws.

use image::RgbaImage;
use lenet_gpu::data::picture;
use wasm_bindgen::JsValue;

use crate::values::{failure, refusal};

/// The digit in the pixels of a canvas, made as MNIST's were: 784 bytes.
///
/// # Errors
/// If there is no digit in it.
pub fn digit_in(pixels: Vec<u8>, width: u32, height: u32) -> Result<Vec<u8>, JsValue> {
    let Some(image) = RgbaImage::from_raw(width, height, pixels) else {
        let message = format!("the pixels are not those of a picture of {width} by {height}");
        return Err(refusal(&message));
    };
    let digit = picture::drawn(&image);
    Ok(digit.map_err(|error| failure(&error))?.to_vec())
}
