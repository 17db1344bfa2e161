//! The least and the greatest level in a square window that slides over a picture.

use image::{GrayImage, Luma};

/// Which of two levels a window keeps.
pub trait Pick: Fn(u8, u8) -> u8 + Copy {}

impl<P: Fn(u8, u8) -> u8 + Copy> Pick for P {}

/// At each pixel, what `pick` chooses from the square of 2·`reach` + 1 pixels
/// around it, as far as the picture goes.
///
/// Rows, then columns, each with three choices per pixel whatever the reach (van
/// Herk 1992, "A fast algorithm for local minimum and maximum filters on
/// rectangular and octagonal kernels").
pub fn square(image: &GrayImage, reach: usize, pick: impl Pick) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut result = image.clone();
    for row in result.as_mut().chunks_exact_mut(width.max(1)) {
        let slid = line(row, reach, pick);
        row.copy_from_slice(&slid);
    }
    for x in 0..width {
        let column: Vec<u8> = (0..height)
            .map(|y| result.as_raw()[y * width + x])
            .collect();
        for (y, level) in (0..).zip(line(&column, reach, pick)) {
            result.put_pixel(x as u32, y, Luma([level]));
        }
    }
    result
}

/// The same along a line.
pub fn line(levels: &[u8], reach: usize, pick: impl Pick) -> Vec<u8> {
    let block = 2 * reach + 1;
    // Chosen from the start of a pixel's block up to it, and from it to the end.
    let (mut before, mut after) = (levels.to_vec(), levels.to_vec());
    for levels in before.chunks_mut(block) {
        for at in 1..levels.len() {
            levels[at] = pick(levels[at - 1], levels[at]);
        }
    }
    for levels in after.chunks_mut(block) {
        for at in (1..levels.len()).rev() {
            levels[at - 1] = pick(levels[at], levels[at - 1]);
        }
    }
    let last = levels.len().saturating_sub(1);
    let chosen = |at: usize| match (at.checked_sub(reach), at + reach) {
        // At an end of the line the window may be a part of a block.
        (None, end) => before[end.min(last)],
        (Some(start), end) if end > last && start / block == last / block => after[start],
        (Some(start), end) => pick(after[start], before[end.min(last)]),
    };
    (0..levels.len()).map(chosen).collect()
}
