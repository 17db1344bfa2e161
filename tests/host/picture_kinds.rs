//! Whatever else is in a picture, the digit is fitted as MNIST has it, or there is a reason.

use std::path::Path;

use image::{DynamicImage, GrayImage, ImageBuffer, Luma};
use lenet_gpu::data::PictureError;
use lenet_gpu::data::picture::{Normalised, Remark, decode, digit_in, normalise};

use crate::data::aligned_difference;
use crate::digits::MNIST;
use crate::pictures::{Digit, File, Kind, Wanted, kinds};

/// Digits of each kind.
const COUNT: usize = 2;

/// The mean difference per pixel from MNIST's own digit, in levels of 255. Digits of other shape, a
/// frame among them, or a part of one differ by twice as much and more.
const NEAR: f64 = 20.0;

fn digit(index: usize) -> Digit<'static> {
    Digit {
        image: MNIST.test.image(index),
        beside: MNIST.test.image(index + 1),
        seed: index as u32,
    }
}

fn read(file: File) -> Result<Normalised, PictureError> {
    digit_in(&decode(
        &Path::new("picture").with_extension(file.ending),
        file.bytes,
    )?)
}

fn kind(name: &str) -> Kind {
    kinds().into_iter().find(|kind| kind.name == name).unwrap()
}

#[test]
fn digits_are_fitted_as_mnist_has_them() {
    let hard = |kind: &Kind| !kind.plain && kind.wanted == Wanted::Digit;
    let whole = |kind: &Kind| !kind.name.starts_with("cut-");
    let kinds = kinds().into_iter().filter(hard).filter(whole);
    // Each takes time: a 7 of one kind, a 2 of the next.
    for (number, kind) in kinds.enumerate() {
        let index = number % COUNT;
        let found = read((kind.make)(&digit(index)))
            .unwrap_or_else(|error| panic!("{}, digit {index}: {error}", kind.name));
        let difference = aligned_difference(&found.digit, MNIST.test.image(index));
        assert!(
            difference < NEAR,
            "{}, digit {index}: {difference}",
            kind.name
        );
    }
}

#[test]
fn several_digits_are_counted() {
    for (name, expected) in [
        ("two-digits", 2),
        ("three-digits", 3),
        ("one-above-another", 2),
    ] {
        for index in 0..COUNT {
            let error = read((kind(name).make)(&digit(index))).unwrap_err();
            assert!(
                matches!(error, PictureError::SeveralDigits { count } if count == expected),
                "{name}, digit {index}: {error}"
            );
        }
    }
}

/// The bar of a 5 above the rest, dots in a row, and a stroke with gaps.
#[test]
fn strokes_of_one_digit_are_not_several_digits() {
    let bar = |x: u32, y: u32| (60..120).contains(&x) && (40..52).contains(&y);
    let bowl = |x: f32, y: f32| ((x - 85.0).hypot(y - 115.0) - 35.0).abs() < 6.0 && x > 65.0;
    let five = |x: u32, y: u32| bar(x, y) || bowl(x as f32, y as f32);
    let dots = |x: u32, y: u32| (20..180).contains(&y) && x.abs_diff(100) < 7 && y % 22 < 12;
    let gaps =
        |x: u32, y: u32| (x as f32 - 100.0).hypot(y as f32 - 100.0) as u32 / 10 == 6 && y % 50 > 4;
    let shapes: [&dyn Fn(u32, u32) -> bool; 3] = [&five, &dots, &gaps];
    for (number, inked) in shapes.into_iter().enumerate() {
        let shade = |x, y| Luma([if inked(x, y) { 20 } else { 240 }]);
        let picture = GrayImage::from_fn(200, 200, shade);
        assert!(normalise(&picture.into()).is_ok(), "shape {number}");
    }
}

#[test]
fn files_that_are_cut_short_are_refused() {
    for kind in kinds()
        .into_iter()
        .filter(|kind| kind.name.starts_with("cut-"))
    {
        for index in 0..4 {
            let error = read((kind.make)(&digit(index))).unwrap_err();
            assert!(
                matches!(error, PictureError::CutShort { .. }),
                "{}, digit {index}: {error}",
                kind.name
            );
        }
    }
}

#[test]
fn what_was_done_is_said() {
    let remarks = |name: &str| read((kind(name).make)(&digit(0))).unwrap().remarks;
    assert_eq!(remarks("middle-100"), []);
    assert_eq!(remarks("shadow-half"), [Remark::UnevenPaper]);
    assert_eq!(remarks("frame-2px-inside"), [Remark::LinesLeftOut]);
    assert_eq!(remarks("cropped-to-the-ink"), [Remark::ReachesEdge]);
    let last = Remark::Frame {
        number: 4,
        count: 4,
    };
    assert_eq!(remarks("animation-first-frame-blank"), [last]);
}

/// The frame before is shown if a drawing is wiped out at the end.
#[test]
fn of_an_animation_the_last_frame_with_something_on_it_is_read() {
    let sheet = |shade: u8| {
        GrayImage::from_fn(60, 60, |x, y| {
            let inked = x.abs_diff(30) < 4 && y.abs_diff(30) < 20;
            Luma([if inked { shade } else { 255 }])
        })
    };
    let found = read(File::animation([255, 0, 255].map(sheet))).unwrap();
    let second = Remark::Frame {
        number: 2,
        count: 3,
    };
    assert_eq!(found.remarks, [second]);
}

#[test]
fn blank_sheets_of_12_bits_stay_blank() {
    let noise = |x: u32, y: u32| (x.wrapping_mul(7919) ^ y.wrapping_mul(104_729)) % 97;
    for (most, reach) in [(4080, 1), (1020, 0), (97, 1)] {
        let sheet: ImageBuffer<Luma<u16>, Vec<u16>> =
            ImageBuffer::from_fn(100, 100, |x, y| Luma([most - (reach * noise(x, y)) as u16]));
        let error = normalise(&DynamicImage::from(sheet)).unwrap_err();
        assert!(
            matches!(error, PictureError::Blank { .. }),
            "{most}: {error}"
        );
    }
}
