//! Digits on plain paper: sizes, pens, lights, noise, formats.

use image::imageops::FilterType;
use image::{GrayImage, ImageFormat, LumaA, Rgb, RgbImage};

use super::sheet::Sheet;
use super::{Digit, File, Make};

pub(super) const KINDS: &[(&str, Make)] = &[
    ("mnist", |digit| File::png(mnist(digit))),
    ("mnist-black-on-white", |digit| {
        File::png(inverted(mnist(digit)))
    }),
    ("square-pixels-280", |digit| {
        let large = image::imageops::resize(&mnist(digit), 280, 280, FilterType::Nearest);
        File::png(inverted(large))
    }),
    ("small-40", |digit| File::png(Sheet::of(digit, 40).grey())),
    ("middle-100", |digit| {
        File::png(Sheet::of(digit, 100).grey())
    }),
    ("large-600", |digit| File::png(Sheet::of(digit, 600).grey())),
    ("photograph-size-1100", |digit| {
        File::png(Sheet::of(digit, 1100).grey())
    }),
    ("corner-of-a-page", |digit| {
        let place = (digit.between(1, 0.0, 420.0), digit.between(2, 0.0, 520.0));
        File::png(Sheet::placed(digit, (600, 700), 150.0, place).grey())
    }),
    ("faint-pencil", |digit| {
        File::png(Sheet::of(digit, 200).toned(205.0, 150.0).grey())
    }),
    ("chalk", |digit| {
        File::png(Sheet::of(digit, 200).toned(50.0, 190.0).grey())
    }),
    ("light-from-a-side", |digit| {
        let (across, down) = (digit.between(1, -0.3, 0.3), digit.between(2, -0.3, 0.3));
        let sheet = Sheet::of(digit, 300).toned(200.0, 40.0);
        File::png(
            sheet
                .lit(|x, y| 1.0 + across * (x - 0.5) + down * (y - 0.5))
                .grey(),
        )
    }),
    ("light-in-the-middle", |digit| {
        let sheet = Sheet::of(digit, 300).toned(230.0, 40.0);
        let light = |x: f32, y: f32| 1.0 - 0.4 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
        File::png(sheet.lit(light).grey())
    }),
    ("noise", |digit| {
        File::png(
            Sheet::of(digit, 300)
                .toned(200.0, 60.0)
                .noisy(digit, 15.0)
                .grey(),
        )
    }),
    ("noise-and-light", |digit| {
        let sheet = Sheet::of(digit, 500).toned(200.0, 60.0).blurred(2.0);
        File::png(sheet.lit(|x, _| 1.0 - 0.3 * x).noisy(digit, 10.0).grey())
    }),
    ("out-of-focus", |digit| {
        File::png(Sheet::of(digit, 300).blurred(7.0).grey())
    }),
    ("jpeg-quality-30", |digit| {
        File::jpeg(&Sheet::of(digit, 200).grey(), 30)
    }),
    ("turned", |digit| {
        let angle = digit.between(1, -0.14, 0.14);
        let turn = |x: f32, y: f32| {
            (
                x * angle.cos() - y * angle.sin(),
                x * angle.sin() + y * angle.cos(),
            )
        };
        File::png(Sheet::of(digit, 300).seen(turn).grey())
    }),
    ("seen-from-below", |digit| {
        let from = |x: f32, y: f32| (x / (1.0 - 0.3 * y), y / (1.0 - 0.3 * y));
        File::png(Sheet::of(digit, 300).seen(from).grey())
    }),
    ("blue-on-yellow", |digit| {
        let grey = Sheet::of(digit, 200).grey();
        File::png(RgbImage::from_fn(200, 200, |x, y| {
            let paper = f32::from(grey.get_pixel(x, y).0[0]) / 255.0;
            let mix = |ink: f32, sheet: f32| (ink + (sheet - ink) * paper) as u8;
            Rgb([mix(30.0, 250.0), mix(50.0, 240.0), mix(170.0, 190.0)])
        }))
    }),
    ("strokes-on-nothing", |digit| {
        let grey = Sheet::of(digit, 200).grey();
        let shade = if digit.seed % 2 == 0 { 20 } else { 255 };
        File::png(image::GrayAlphaImage::from_fn(200, 200, |x, y| {
            LumaA([shade, 255 - grey.get_pixel(x, y).0[0]])
        }))
    }),
    ("cropped-near", |digit| {
        File::png(Sheet::of(digit, 200).cropped(0.12).grey())
    }),
    ("cropped-to-the-ink", |digit| {
        File::png(Sheet::of(digit, 200).tight().grey())
    }),
    ("gif", |digit| {
        File::animation([Sheet::of(digit, 120).grey()])
    }),
    ("webp", |digit| {
        let grey = image::DynamicImage::from(Sheet::of(digit, 120).grey());
        File::of(grey.into_rgb8(), ImageFormat::WebP)
    }),
];

fn mnist(digit: &Digit) -> GrayImage {
    GrayImage::from_raw(28, 28, digit.image.to_vec()).expect("784 pixels")
}

fn inverted(mut image: GrayImage) -> GrayImage {
    image::imageops::invert(&mut image);
    image
}
