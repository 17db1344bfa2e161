//! A sheet of paper with a digit, and what may befall it on the way to a file.

use image::imageops;
use image::{GrayImage, ImageBuffer, Luma};

use super::Digit;

const WHITE: f32 = 255.0;

/// Shades of grey, 0 for black and 255 for white, not yet rounded.
#[derive(Clone)]
pub struct Sheet(ImageBuffer<Luma<f32>, Vec<f32>>);

impl Sheet {
    /// A digit in black that fills a white square as it does in MNIST, with smooth edges.
    pub fn of(digit: &Digit, side: u32) -> Self {
        Self::placed(digit, (side, side), side as f32, (0.0, 0.0))
    }

    /// A digit in a square of `size` pixels at `left` and `top` of a sheet.
    pub fn placed(digit: &Digit, sheet: (u32, u32), size: f32, (left, top): (f32, f32)) -> Self {
        let ink = |x: i64, y: i64| {
            let inside = (0..28).contains(&x) && (0..28).contains(&y);
            if inside {
                f32::from(digit.image[(28 * y + x) as usize])
            } else {
                0.0
            }
        };
        Self(ImageBuffer::from_fn(sheet.0, sheet.1, |x, y| {
            // The middle of a pixel, counted in MNIST's from the middle of the first one.
            let of = |at: u32, start: f32| (at as f32 + 0.5 - start) * 28.0 / size - 0.5;
            Luma([WHITE - smooth(ink, of(x, left), of(y, top))])
        }))
    }

    /// Without the outermost part of each side; 1/7 is MNIST's margin.
    pub fn cropped(self, part: f32) -> Self {
        let (width, height) = self.0.dimensions();
        let (x, y) = ((width as f32 * part) as u32, (height as f32 * part) as u32);
        Self(imageops::crop_imm(&self.0, x, y, width - 2 * x, height - 2 * y).to_image())
    }

    /// Only as large as the ink.
    pub fn tight(self) -> Self {
        let inked = || {
            self.0
                .enumerate_pixels()
                .filter(|(_, _, shade)| shade.0[0] < WHITE / 2.0)
        };
        let range = |of: fn((u32, u32)) -> u32| {
            let places = || inked().map(|(x, y, _)| of((x, y)));
            (places().min().unwrap(), places().max().unwrap() + 1)
        };
        let ((left, right), (top, bottom)) = (range(|at| at.0), range(|at| at.1));
        Self(imageops::crop_imm(&self.0, left, top, right - left, bottom - top).to_image())
    }

    /// With the ink of another sheet of the same size.
    pub fn over(self, other: &Sheet) -> Self {
        self.with(|x, y, shade| shade.min(other.0.get_pixel(x as u32, y as u32).0[0]))
    }

    /// Each shade made anew from the place in pixels, the middle of a pixel at a half, and the shade.
    pub fn with(mut self, change: impl Fn(f32, f32, f32) -> f32) -> Self {
        for (x, y, shade) in self.0.enumerate_pixels_mut() {
            shade.0[0] = change(x as f32 + 0.5, y as f32 + 0.5, shade.0[0]);
        }
        self
    }

    /// White becomes `paper`, and black `ink`.
    pub fn toned(self, paper: f32, ink: f32) -> Self {
        self.with(|_, _, shade| ink + (paper - ink) * shade / WHITE)
    }

    /// Under a light that changes with the place, each side counted from 0 to 1.
    pub fn lit(self, light: impl Fn(f32, f32) -> f32) -> Self {
        let (width, height) = self.size();
        self.with(|x, y, shade| shade * light(x / width, y / height))
    }

    /// Covered by `shade` where `covers` says so, each side counted from 0 to 1.
    pub fn covered(self, shade: f32, covers: impl Fn(f32, f32) -> bool) -> Self {
        let (width, height) = self.size();
        self.with(|x, y, old| {
            if covers(x / width, y / height) {
                shade
            } else {
                old
            }
        })
    }

    /// With a frame of some pixels, `inset` pixels from the edge.
    pub fn framed(self, inset: f32, thickness: f32, shade: f32) -> Self {
        let (width, height) = self.size();
        self.with(|x, y, old| {
            let from_edge = x.min(y).min(width - x).min(height - y) - inset;
            if (0.0..thickness).contains(&from_edge) {
                shade
            } else {
                old
            }
        })
    }

    /// With the noise of a sensor, uniform up to `reach` either way.
    pub fn noisy(self, digit: &Digit, reach: f32) -> Self {
        self.with(|x, y, shade| {
            let place = (y as u32).wrapping_mul(8191).wrapping_add(x as u32);
            shade + digit.between(place + 100, -reach, reach)
        })
    }

    pub fn blurred(self, sigma: f32) -> Self {
        Self(imageops::blur(&self.0, sigma))
    }

    /// Seen from elsewhere: what is shown at a place comes from the place that `from` says, counted
    /// from −0.5 to 0.5 from the middle. What comes from beyond the edge is white.
    pub fn seen(self, from: impl Fn(f32, f32) -> (f32, f32)) -> Self {
        let (width, height) = self.size();
        let (limit_x, limit_y) = (self.0.width() as i64, self.0.height() as i64);
        let old = self.clone();
        let shade = |x: i64, y: i64| {
            let inside = (0..limit_x).contains(&x) && (0..limit_y).contains(&y);
            if inside {
                old.0.get_pixel(x as u32, y as u32).0[0]
            } else {
                WHITE
            }
        };
        self.with(|x, y, _| {
            let (x, y) = from(x / width - 0.5, y / height - 0.5);
            let (x, y) = ((x + 0.5) * width - 0.5, (y + 0.5) * height - 0.5);
            bilinear(shade, x, y)
        })
    }

    /// The shades rounded.
    pub fn grey(&self) -> GrayImage {
        GrayImage::from_fn(self.0.width(), self.0.height(), |x, y| {
            Luma([self.0.get_pixel(x, y).0[0].round().clamp(0.0, 255.0) as u8])
        })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (f32, f32) {
        (self.0.width() as f32, self.0.height() as f32)
    }
}

/// Catmull and Rom's interpolation between the values of whole places.
fn smooth(value: impl Fn(i64, i64) -> f32, x: f32, y: f32) -> f32 {
    let weight = |distance: f32| match distance.abs() {
        d if d < 1.0 => 1.5 * d * d * d - 2.5 * d * d + 1.0,
        d if d < 2.0 => -0.5 * d * d * d + 2.5 * d * d - 4.0 * d + 2.0,
        _ => 0.0,
    };
    let around = |at: f32| (at.floor() as i64 - 1)..(at.floor() as i64 + 3);
    let sum: f32 = around(y)
        .flat_map(|row| around(x).map(move |column| (column, row)))
        .map(|(column, row)| {
            weight(x - column as f32) * weight(y - row as f32) * value(column, row)
        })
        .sum();
    sum.clamp(0.0, 255.0)
}

fn bilinear(value: impl Fn(i64, i64) -> f32, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (right_part, lower_part) = (x - left, y - top);
    let row = |y: i64| {
        let (a, b) = (value(left as i64, y), value(left as i64 + 1, y));
        a + (b - a) * right_part
    };
    let (upper, lower) = (row(top as i64), row(top as i64 + 1));
    upper + (lower - upper) * lower_part
}
