//! Pictures.

use std::fs;
use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use lenet_gpu::data::picture::{digit_in, open};
use proptest::collection::vec;
use proptest::prelude::*;

use super::cases;
use super::damage::Damage;
use crate::{program, untrusted};

/// The first bytes of pictures of every kind that the program reads.
const OPENINGS: [&[u8]; 11] = [
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    b"GIF89a",
    b"BM",
    b"RIFF\0\0\0\0WEBPVP8 ",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"P5 28 28 255\n",
    b"P7\nWIDTH 4\nHEIGHT 4\nDEPTH 1\n",
    b"qoif\0\0\0\x1c\0\0\0\x1c",
    b"\0\0\x01\0\x01\0",
];

/// Writes `bytes` to a file and reads that as a picture.
fn look_at(bytes: &[u8]) {
    let folder = program::directory();
    let file = folder.path().join("digit");
    fs::write(&file, bytes).unwrap();
    match open(&file) {
        // What shows no digit is refused, too.
        Ok(picture) => drop(digit_in(&picture)),
        Err(error) => assert!(error.to_string().contains("digit"), "{error}"),
    }
}

/// A picture with a bar in it, in each of some formats.
fn drawn() -> impl Strategy<Value = Vec<u8>> {
    let formats = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::WebP,
        ImageFormat::Pnm,
        ImageFormat::Qoi,
    ];
    let format = prop::sample::select(formats.to_vec());
    (format, 1..40u32, 1..40u32).prop_map(|(format, width, height)| {
        let is_ink = |x: u32| x * 3 / width == 1;
        let bar = image::RgbImage::from_fn(width, height, |x, _| {
            image::Rgb(if is_ink(x) { [20; 3] } else { [230; 3] })
        });
        let mut file = Cursor::new(Vec::new());
        DynamicImage::from(bar).write_to(&mut file, format).unwrap();
        file.into_inner()
    })
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn any_bytes_as_a_picture_are_one_or_an_error(
        opening in prop::sample::select(&OPENINGS[..]),
        rest in vec(any::<u8>(), 0..300),
    ) {
        look_at(&[opening, &rest].concat());
    }

    #[test]
    fn a_damaged_picture_is_one_or_an_error(file in drawn(), damage in Damage::some()) {
        look_at(&Damage::all_done(&damage, file));
    }

    #[test]
    fn any_pixels_are_a_digit_or_an_error(pixels in vec(any::<u8>(), 3..300)) {
        untrusted::picture(&pixels);
    }
}
