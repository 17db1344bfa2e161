//! What stands out from the paper.

use image::GrayImage;

/// The least difference between paper and ink, in levels of 255, on average.
/// The noise of a sensor on blank paper stays below.
pub const MIN_CONTRAST: u8 = 20;

/// How far each pixel is from the paper, on the side of the ink.
pub struct Depths {
    /// 0 for what is on the other side.
    pub ink: GrayImage,
    /// Depths up to this are the paper's own unevenness.
    pub noise: u8,
}
