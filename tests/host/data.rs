//! The module `data` from outside: real files in a folder of their own, the
//! built-in set, and pictures of every awkward sort.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::digits::{MNIST, unpacked};
use flate2::Compression;
use flate2::write::GzEncoder;
use image::imageops;
use image::{DynamicImage, GrayImage, Luma, LumaA, Rgba, RgbaImage};
use lenet_gpu::data::picture::{MAX_PIXELS, digit_in, normalise, open};
use lenet_gpu::data::{
    BACKGROUND, DataError, Dataset, IMAGE_PIXELS, IMAGE_SIDE, INK, IdxKind, Mnist, MnistBytes,
    PictureError, level,
};
use tempfile::TempDir;

pub const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
pub const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
pub const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
pub const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

// Files -------------------------------------------------------------------

pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// An image file whose image number i is filled with the byte i.
pub fn image_file(count: u8) -> Vec<u8> {
    let mut file = words(&[0x803, u32::from(count), 28, 28]);
    for image in 0..count {
        file.extend([image; IMAGE_PIXELS]);
    }
    file
}

pub fn label_file(labels: &[u8]) -> Vec<u8> {
    let mut file = words(&[0x801, labels.len() as u32]);
    file.extend(labels);
    file
}

pub fn gzip(raw: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(raw).unwrap();
    encoder.finish().unwrap()
}

/// A folder with a small valid set: three digits to train on, two to test with.
pub fn valid_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.path().join(name), bytes).unwrap();
    write(TRAIN_IMAGES, image_file(3));
    write(TRAIN_LABELS, label_file(&[7, 8, 9]));
    write(TEST_IMAGES, image_file(2));
    write(TEST_LABELS, label_file(&[0, 1]));
    folder
}

/// What loading says when one file of a valid set holds these bytes, plain and
/// as gzip. The message must name the file both times.
fn errors_with(name: &str, bytes: &[u8]) -> [DataError; 2] {
    let plain = error_with(name, name, bytes);
    let packed = error_with(name, &format!("{name}.gz"), &gzip(bytes));
    [plain, packed]
}

fn error_with(replaced: &str, name: &str, bytes: &[u8]) -> DataError {
    let folder = valid_folder();
    fs::remove_file(folder.path().join(replaced)).unwrap();
    let file = folder.path().join(name);
    fs::write(&file, bytes).unwrap();
    let error = Mnist::load(Some(folder.path())).unwrap_err();
    assert_names(&error.to_string(), &file);
    error
}

pub fn assert_names(message: &str, file: &Path) {
    let file = file.display().to_string();
    assert!(message.contains(&file), "{file} is not named in: {message}");
}

macro_rules! assert_variant {
    ($errors:expr, $pattern:pat) => {
        for error in $errors {
            assert!(matches!(error, $pattern), "unexpected: {error:?}: {error}");
        }
    };
}

#[test]
fn plain_files_are_read() {
    let folder = valid_folder();
    let mnist = Mnist::load(Some(folder.path())).unwrap();
    assert_eq!(mnist.train.labels(), [7, 8, 9]);
    assert_eq!(mnist.test.labels(), [0, 1]);
    assert_eq!(*mnist.train.image(2), [2; IMAGE_PIXELS]);
    assert_names(&mnist.source, folder.path());
}

#[test]
fn gzip_is_told_by_its_content_under_every_name() {
    for name in [
        "train-images-idx3-ubyte",
        "train-images-idx3-ubyte.gz",
        "train-images.idx3-ubyte",
        "train-images.idx3-ubyte.gz",
    ] {
        for bytes in [image_file(3), gzip(&image_file(3))] {
            let folder = valid_folder();
            fs::remove_file(folder.path().join(TRAIN_IMAGES)).unwrap();
            fs::write(folder.path().join(name), bytes).unwrap();
            let mnist = Mnist::load(Some(folder.path())).unwrap();
            assert_eq!(mnist.train.len(), 3, "{name}");
        }
    }
}

/// Some archives unpack each file into a folder of the same name.
#[test]
fn a_folder_under_the_name_of_a_file_is_passed_over() {
    let folder = valid_folder();
    let original = folder.path().join(TEST_LABELS);
    fs::rename(&original, folder.path().join("t10k-labels.idx1-ubyte")).unwrap();
    fs::create_dir(original).unwrap();
    assert_eq!(Mnist::load(Some(folder.path())).unwrap().test.len(), 2);
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let error = Mnist::load(Some(&absent)).unwrap_err();
    assert!(matches!(error, DataError::MissingFolder { .. }));
    assert_names(&error.to_string(), &absent);
}

#[test]
fn a_missing_file_is_told_with_the_names_looked_for() {
    for name in [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS] {
        let folder = valid_folder();
        fs::remove_file(folder.path().join(name)).unwrap();
        let error = Mnist::load(Some(folder.path())).unwrap_err();
        assert!(matches!(error, DataError::MissingFile { .. }));
        let message = error.to_string();
        assert_names(&message, folder.path());
        assert_names(&message, Path::new(name));
        assert_names(&message, &PathBuf::from(format!("{name}.gz")));
        assert_names(&message, &PathBuf::from(name.replace("-idx", ".idx")));
    }
}

#[test]
fn labels_given_as_images_are_recognised_and_the_reverse() {
    for error in errors_with(TRAIN_IMAGES, &label_file(&[1, 2, 3])) {
        assert!(matches!(
            error,
            DataError::WrongMagic {
                found: 0x801,
                expected: IdxKind::Images,
                ..
            }
        ));
        assert!(error.to_string().contains("which is an IDX file of labels"));
    }
    for error in errors_with(TEST_LABELS, &image_file(2)) {
        assert!(matches!(
            error,
            DataError::WrongMagic {
                found: 0x803,
                expected: IdxKind::Labels,
                ..
            }
        ));
        assert!(error.to_string().contains("which is an IDX file of images"));
    }
}

#[test]
fn other_files_are_not_taken_for_idx() {
    for (bytes, said) in [
        (&b"PK\x03\x04 and more"[..], "a zip archive"),
        (b"hello, world", "not an IDX file"),
        (
            b"\x00\x00\x0d\x03 floats",
            "32-bit floating-point numbers in 3 dimensions",
        ),
        (b"\x00\x00\x08\x09 deep", "that are understood"),
        (b"\x93NUMPY and more", "an array of NumPy"),
        (b"\x03\x08\x00\x00 swapped", "in reverse order"),
    ] {
        for error in errors_with(TRAIN_IMAGES, bytes) {
            assert!(matches!(error, DataError::WrongMagic { .. }));
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}

#[test]
fn images_of_another_size_are_refused() {
    let mut file = words(&[0x803, 3, 32, 30]);
    file.extend(vec![0; 3 * 32 * 30]);
    assert_variant!(
        errors_with(TRAIN_IMAGES, &file),
        DataError::WrongDimensions { .. }
    );
    for error in errors_with(TRAIN_IMAGES, &file) {
        assert!(error.to_string().contains("holds 3 x 32 x 30"), "{error}");
    }
}

#[test]
fn a_file_that_ends_early_is_refused() {
    let images = image_file(3);
    assert_variant!(
        errors_with(TRAIN_IMAGES, &images[..images.len() - 1]),
        DataError::TooFewBytes {
            count: 3,
            expected: 2368,
            found: 2367,
            ..
        }
    );
    let labels = label_file(&[1, 2, 3]);
    assert_variant!(
        errors_with(TRAIN_LABELS, &labels[..labels.len() - 1]),
        DataError::TooFewBytes { count: 3, .. }
    );
}

#[test]
fn a_file_that_goes_on_is_refused() {
    let mut images = image_file(3);
    images.push(0);
    assert_variant!(
        errors_with(TRAIN_IMAGES, &images),
        DataError::TooManyBytes { count: 3, .. }
    );
    let mut labels = label_file(&[1, 2, 3]);
    labels.push(4);
    assert_variant!(
        errors_with(TRAIN_LABELS, &labels),
        DataError::TooManyBytes { count: 3, .. }
    );
}

#[test]
fn an_absurd_count_is_refused_without_allocating_for_it() {
    for (name, header) in [
        (TRAIN_IMAGES, &[0x803, u32::MAX, 28, 28][..]),
        (TRAIN_LABELS, &[0x801, u32::MAX]),
    ] {
        let [plain, packed] = errors_with(name, &words(header));
        assert_variant!(
            [plain],
            DataError::TooFewBytes {
                count: u32::MAX,
                ..
            }
        );
        assert_variant!([packed], DataError::Oversized { .. });
    }
}

#[test]
fn an_empty_set_is_refused() {
    assert_variant!(
        errors_with(TRAIN_IMAGES, &image_file(0)),
        DataError::EmptySet { .. }
    );
    assert_variant!(
        errors_with(TRAIN_LABELS, &label_file(&[])),
        DataError::EmptySet { .. }
    );
}

#[test]
fn a_short_header_is_refused() {
    for len in [0, 3, 4, 15] {
        assert_variant!(
            errors_with(TRAIN_IMAGES, &image_file(1)[..len]),
            DataError::ShortHeader { expected: 16, .. }
        );
    }
    assert_variant!(
        errors_with(TRAIN_LABELS, &label_file(&[1])[..7]),
        DataError::ShortHeader {
            expected: 8,
            found: 7,
            ..
        }
    );
}

#[test]
fn a_label_over_nine_is_told_with_its_index() {
    assert_variant!(
        errors_with(TRAIN_LABELS, &label_file(&[9, 10, 11])),
        DataError::LabelOutOfRange {
            index: 1,
            label: 10,
            ..
        }
    );
}

#[test]
fn counts_that_differ_are_told_with_both_files() {
    for error in errors_with(TRAIN_LABELS, &label_file(&[1, 2])) {
        let message = error.to_string();
        assert!(message.contains(TRAIN_IMAGES), "{message}");
        assert!(matches!(
            error,
            DataError::CountMismatch {
                images: 3,
                labels: 2,
                ..
            }
        ));
    }
}

#[test]
fn a_web_page_is_recognised() {
    for page in [
        "<!DOCTYPE html><title>Moved</title>",
        "\n  <html lang=en>",
        "<HTML>",
        "\u{feff}<!doctype html>",
        "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
    ] {
        assert_variant!(
            errors_with(TRAIN_IMAGES, page.as_bytes()),
            DataError::WebPage { .. }
        );
        let saved_as_gz = error_with(TRAIN_LABELS, "train-labels-idx1-ubyte.gz", page.as_bytes());
        assert_variant!([saved_as_gz], DataError::WebPage { .. });
    }
}

#[test]
fn a_broken_gzip_stream_is_refused() {
    let whole = gzip(&image_file(3));
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    for bytes in [&whole[..whole.len() - 9], &whole[..2], &damaged] {
        let error = error_with(TRAIN_IMAGES, "train-images-idx3-ubyte.gz", bytes);
        assert_variant!([error], DataError::BrokenGzip { .. });
    }
}

#[test]
fn a_file_that_unpacks_without_end_is_refused() {
    let packed = "train-images-idx3-ubyte.gz";
    let bomb = gzip(&[image_file(3), vec![0; 1 << 20]].concat());
    let error = error_with(TRAIN_IMAGES, packed, &bomb);
    assert_variant!([error], DataError::TooManyBytes { count: 3, .. });
    // A header may announce as much as is to be unpacked.
    let bomb = gzip(&[words(&[0x803, 3_000_000, 28, 28]), vec![0; 1 << 20]].concat());
    let error = error_with(TRAIN_IMAGES, packed, &bomb);
    assert_variant!(
        [error],
        DataError::Oversized {
            bytes: 2_352_000_000,
            ..
        }
    );
}

// Sets --------------------------------------------------------------------

fn small_set(len: u8) -> Dataset {
    let images = (0..len).flat_map(|image| [image; IMAGE_PIXELS]);
    Dataset::new(images.collect(), (0..len).collect()).unwrap()
}

#[test]
fn labels_are_digits_and_every_one_has_its_image() {
    let set = |bytes: usize, labels: &[u8]| Dataset::new(vec![0; bytes], labels.to_vec());
    assert!(set(0, &[]).unwrap().is_empty());
    assert_eq!(set(2 * IMAGE_PIXELS, &[0, 9]).unwrap().labels(), [0, 9]);
    for (bytes, labels, expected) in [
        (
            IMAGE_PIXELS,
            &[10][..],
            "labels is 10, expected digits from 0 to 9",
        ),
        (
            2 * IMAGE_PIXELS,
            &[3, 255],
            "labels is 255, expected digits from 0 to 9",
        ),
        (
            2 * IMAGE_PIXELS - 1,
            &[3, 4],
            "images is 1567 bytes, expected 784 bytes for each of 2 labels",
        ),
        (
            2 * IMAGE_PIXELS,
            &[3],
            "images is 1568 bytes, expected 784 bytes for each of 1 labels",
        ),
        (
            IMAGE_PIXELS,
            &[],
            "images is 784 bytes, expected 784 bytes for each of 0 labels",
        ),
    ] {
        let error = set(bytes, labels).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn the_last_digits_are_split_off_in_order() {
    let (first, last) = small_set(5).split_last(2).unwrap();
    assert_eq!(first, small_set(3));
    assert_eq!(last.labels(), [3, 4]);
    assert_eq!(*last.image(0), [3; IMAGE_PIXELS]);
    assert_eq!(*last.image(1), [4; IMAGE_PIXELS]);
}

#[test]
fn a_split_of_none_keeps_all() {
    let (first, last) = small_set(5).split_last(0).unwrap();
    assert_eq!(first.len(), 5);
    assert!(last.is_empty());
}

#[test]
fn a_split_that_leaves_nothing_is_refused() {
    for n in [5, 6, usize::MAX] {
        let error = small_set(5).split_last(n).unwrap_err();
        assert!(matches!(
            error,
            DataError::SplitTooLarge { available: 5, .. }
        ));
        assert!(error.to_string().contains(&n.to_string()));
    }
}

#[test]
fn the_first_digits_are_taken_or_all() {
    assert_eq!(small_set(5).take_first(2), small_set(2));
    assert_eq!(small_set(5).take_first(5), small_set(5));
    assert_eq!(small_set(5).take_first(usize::MAX), small_set(5));
    assert!(small_set(5).take_first(0).is_empty());
}

#[test]
fn digits_are_shifted_by_whole_pixels() {
    let mut images = vec![0; 2 * IMAGE_PIXELS];
    // The first row and the last pixel of the second picture.
    images[IMAGE_PIXELS..IMAGE_PIXELS + IMAGE_SIDE].fill(7);
    images[2 * IMAGE_PIXELS - 1] = 9;
    let set = Dataset::new(images, vec![3, 4]).unwrap();
    assert_eq!(set.shifted(0, 0), set);
    let moved = set.shifted(1, 2);
    assert_eq!(moved.labels(), set.labels());
    assert_eq!(*moved.image(0), [0; IMAGE_PIXELS]);
    let row = |y: usize| &moved.image(1)[y * IMAGE_SIDE..(y + 1) * IMAGE_SIDE];
    assert_eq!(row(2)[0], 0);
    assert_eq!(row(2)[1..], [7; IMAGE_SIDE - 1]);
    assert!(
        (0..IMAGE_SIDE)
            .filter(|&y| y != 2)
            .all(|y| row(y) == [0; IMAGE_SIDE])
    );
    let back = set.shifted(-1, -1);
    assert_eq!(back.image(1)[IMAGE_PIXELS - IMAGE_SIDE - 2], 9);
    assert_eq!(back.image(1).iter().filter(|&&pixel| pixel > 0).count(), 1);
}

#[test]
fn levels_run_from_background_to_ink() {
    assert_eq!(level(0), BACKGROUND);
    assert!((level(255) - INK).abs() < 1e-6);
    assert!(level(100) < level(101));
}

#[cfg(not(feature = "embedded-mnist"))]
#[test]
fn without_a_built_in_set_a_folder_is_asked_for() {
    let error = Mnist::load(None).unwrap_err();
    assert!(matches!(error, DataError::NothingEmbedded));
    assert!(error.to_string().contains("name a folder"));
}

#[cfg(feature = "embedded-mnist")]
#[test]
fn the_built_in_set_is_mnist() {
    let mnist = Mnist::load(None).unwrap();
    assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
    assert_eq!(mnist.train.images().len(), 60_000 * IMAGE_PIXELS);
    assert_eq!(
        histogram(mnist.train.labels()),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(
        histogram(mnist.test.labels()),
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    );
    assert_eq!(mnist.train.labels()[..5], [5, 0, 4, 1, 9]);
    assert_eq!(mnist.test.labels()[..5], [7, 2, 1, 0, 4]);
}

/// The paper says a mean of roughly 0 and a variance of roughly 1; what its
/// levels make of MNIST is this.
#[cfg(feature = "embedded-mnist")]
#[test]
fn the_levels_nearly_centre_the_training_set() {
    let train = Mnist::load(None).unwrap().train;
    let count = train.images().len() as f64;
    let levels = || train.images().iter().map(|&byte| f64::from(level(byte)));
    let mean = levels().sum::<f64>() / count;
    let variance = levels().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    assert!((mean - 0.067).abs() < 0.001, "mean {mean}");
    assert!((variance - 0.154).abs() < 0.001, "variance {variance}");
}

#[cfg(feature = "embedded-mnist")]
fn histogram(labels: &[u8]) -> [usize; 10] {
    let mut counts = [0; 10];
    for &label in labels {
        counts[usize::from(label)] += 1;
    }
    counts
}

// Pictures ----------------------------------------------------------------

/// A "4" drawn with straight strokes on a field of 1 by 1; how dark it is at a
/// point, from 0 to 1, with an edge `blur` wide.
fn four(x: f32, y: f32, blur: f32) -> f32 {
    const STROKES: [[f32; 4]; 3] = [
        [0.40, 0.15, 0.22, 0.55],
        [0.22, 0.55, 0.76, 0.55],
        [0.62, 0.15, 0.62, 0.85],
    ];
    const HALF_WIDTH: f32 = 0.045;
    let nearest = STROKES
        .iter()
        .map(|&[x0, y0, x1, y1]| {
            let (dx, dy) = (x1 - x0, y1 - y0);
            let along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
            let along = along.clamp(0.0, 1.0);
            (x - x0 - along * dx).hypot(y - y0 - along * dy)
        })
        .fold(f32::INFINITY, f32::min);
    ((HALF_WIDTH - nearest) / blur + 0.5).clamp(0.0, 1.0)
}

/// The amount of ink in a picture of the four that fills a square with one side
/// `size`, whose upper left corner is at `left`, `top`.
fn ink_at(x: u32, y: u32, (left, top): (f32, f32), size: f32) -> f32 {
    let across = (x as f32 + 0.5 - left) / size;
    let down = (y as f32 + 0.5 - top) / size;
    four(across, down, 1.0 / size)
}

/// The four in grey, from a shade of paper to a shade of ink.
fn drawn(side: u32, corner: (f32, f32), size: f32, paper: f32, ink: f32) -> DynamicImage {
    GrayImage::from_fn(side, side, |x, y| {
        Luma([(paper + (ink - paper) * ink_at(x, y, corner, size)).round() as u8])
    })
    .into()
}

fn plain(side: u32) -> DynamicImage {
    drawn(side, (0.0, 0.0), side as f32, 255.0, 0.0)
}

fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: u32 = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| u32::from(a.abs_diff(b)))
        .sum();
    f64::from(sum) / a.len() as f64
}

/// Compares with the four as drawn plainly, black on white, 280 pixels wide.
fn assert_shows_the_four(picture: &DynamicImage, tolerance: f64, what: &str) {
    let digit = normalise(picture).unwrap().digit;
    assert_is_laid_out_like_mnist(&digit, what);
    let difference = aligned_difference(&digit, &normalise(&plain(280)).unwrap().digit);
    println!("{what}: differs by {difference:.2} of 255 levels a pixel");
    assert!(difference <= tolerance, "{what}: differs by {difference}");
}

/// The difference where the digits match best when one is moved by up to a
/// pixel. Digits are placed on whole pixels, so a centre of mass halfway
/// between two may be rounded to either.
pub fn aligned_difference(a: &[u8; IMAGE_PIXELS], b: &[u8; IMAGE_PIXELS]) -> f64 {
    [-29_isize, -28, -27, -1, 0, 1, 27, 28, 29]
        .into_iter()
        .map(|step| {
            let mut moved = *a;
            // The outermost pixels are empty, so nothing comes back in.
            moved.rotate_right(step.rem_euclid(IMAGE_PIXELS as isize) as usize);
            mean_difference(&moved, b)
        })
        .fold(f64::INFINITY, f64::min)
}

fn assert_is_laid_out_like_mnist(digit: &[u8; IMAGE_PIXELS], what: &str) {
    let inked = || (0..IMAGE_PIXELS).filter(|&at| digit[at] > 0);
    let extent = |of: fn(usize) -> usize| {
        inked().map(of).max().unwrap() + 1 - inked().map(of).min().unwrap()
    };
    let longer = extent(|at| at % 28).max(extent(|at| at / 28));
    assert_eq!(longer, 20, "{what}: the longer side");

    let mass: f64 = inked().map(|at| f64::from(digit[at])).sum();
    let centre = |of: fn(usize) -> usize| {
        inked()
            .map(|at| of(at) as f64 * f64::from(digit[at]))
            .sum::<f64>()
            / mass
    };
    for middle in [centre(|at| at % 28), centre(|at| at / 28)] {
        assert!((middle - 14.0).abs() <= 0.51, "{what}: centre at {middle}");
    }
    assert!(digit.contains(&255), "{what}: no full ink");
}

#[test]
fn dark_on_light_and_light_on_dark_are_the_same_digit() {
    let mut inverted = plain(280);
    inverted.invert();
    assert_shows_the_four(&inverted, 0.0, "inverted");
    assert_shows_the_four(
        &drawn(280, (0.0, 0.0), 280.0, 200.0, 150.0),
        2.0,
        "faint pencil",
    );
    assert_shows_the_four(
        &drawn(280, (0.0, 0.0), 280.0, 90.0, 170.0),
        2.0,
        "chalk on a board",
    );
}

#[test]
fn the_size_of_the_picture_does_not_matter() {
    for side in [64, 100, 500, 1024, 1025, 3000] {
        assert_shows_the_four(&plain(side), 5.0, &format!("side {side}"));
    }
    for side in [16, 24, 28] {
        assert_shows_the_four(&plain(side), 15.0, &format!("side {side}"));
    }
}

#[test]
fn the_place_of_the_digit_does_not_matter() {
    for corner in [(0.0, 0.0), (700.0, 20.0), (10.0, 710.0), (700.0, 700.0)] {
        let picture = drawn(1000, corner, 290.0, 255.0, 0.0);
        assert_shows_the_four(&picture, 5.0, &format!("{corner:?}"));
    }
}

#[test]
fn a_tight_crop_still_shows_which_is_paper() {
    let tight = plain(400).crop_imm(70, 42, 260, 318);
    assert_shows_the_four(&tight, 3.0, "tight crop");
}

#[test]
fn transparent_pictures_work_with_dark_and_with_light_strokes() {
    for shade in [0, 60, 255] {
        let picture = RgbaImage::from_fn(280, 280, |x, y| {
            let alpha = (ink_at(x, y, (0.0, 0.0), 280.0) * 255.0).round() as u8;
            Rgba([shade, shade, shade, alpha])
        });
        assert_shows_the_four(&picture.into(), 3.0, &format!("strokes of {shade}"));
    }
}

#[test]
fn a_transparent_surround_is_not_ink() {
    let mut card = image::GrayAlphaImage::from_pixel(400, 400, LumaA([0, 0]));
    imageops::replace(&mut card, &plain(280).to_luma_alpha8(), 60, 60);
    assert_shows_the_four(&card.into(), 0.1, "white card on nothing");
}

/// A fixed sequence of noise, uniform over `-reach..=reach`.
fn noise(reach: i16) -> impl FnMut() -> i16 {
    let mut state = 12345_u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) % (2 * reach as u32 + 1)) as i16 - reach
    }
}

/// Like a photograph: light that falls off to a corner, a noisy sensor, grey
/// paper.
fn photograph() -> DynamicImage {
    let mut noise = noise(8);
    GrayImage::from_fn(900, 900, |x, y| {
        let light = 1.0 - (0.1 * x as f32 + 0.35 * y as f32) / 900.0;
        let ink = ink_at(x, y, (100.0, 500.0), 300.0);
        let shade = light * (210.0 - 150.0 * ink) + f32::from(noise());
        Luma([shade.clamp(0.0, 255.0) as u8])
    })
    .into()
}

#[test]
fn a_photograph_with_uneven_light_and_noise_shows_the_digit() {
    assert_shows_the_four(&photograph(), 8.0, "photograph");
}

#[test]
fn specks_of_dust_are_left_out() {
    let mut picture = plain(280).into_luma8();
    for (x, y) in [(3, 3), (270, 10), (140, 275)] {
        picture.put_pixel(x, y, Luma([0]));
        picture.put_pixel(x + 1, y, Luma([40]));
    }
    assert_shows_the_four(&picture.into(), 0.0, "dust");
}

#[test]
fn thin_lines_come_out_in_full_ink() {
    let picture = GrayImage::from_fn(900, 900, |x, y| {
        let on_line = (448..452).contains(&x) && (100..800).contains(&y);
        Luma([if on_line { 30 } else { 250 }])
    });
    let digit = normalise(&picture.into()).unwrap().digit;
    assert_is_laid_out_like_mnist(&digit, "thin line");
}

#[test]
fn blank_pictures_are_refused() {
    for shade in [0, 128, 255] {
        let picture = GrayImage::from_pixel(50, 40, Luma([shade]));
        let error = normalise(&picture.into()).unwrap_err();
        assert!(matches!(error, PictureError::Blank { found: 0, .. }));
    }
    let nothing = RgbaImage::new(30, 30);
    let error = normalise(&nothing.into()).unwrap_err();
    assert!(matches!(error, PictureError::Blank { .. }));

    let mut noise = noise(12);
    let paper = GrayImage::from_fn(300, 300, |_, _| Luma([(220 + noise()) as u8]));
    let error = normalise(&paper.into()).unwrap_err();
    assert!(matches!(error, PictureError::Blank { .. }), "{error}");
    assert!(error.to_string().contains("looks blank"));
}

#[test]
fn the_smallest_pictures_are_refused_without_panic() {
    for (width, height) in [(0, 0), (0, 5), (1, 1)] {
        let error = normalise(&GrayImage::new(width, height).into()).unwrap_err();
        assert!(matches!(error, PictureError::Blank { .. }));
    }
}

#[test]
fn every_small_picture_gives_a_digit_or_an_error() {
    let mut noise = noise(255);
    for width in 1..40 {
        for height in [1, 2, 3, 7, 28, 50] {
            let picture =
                GrayImage::from_fn(width, height, |_, _| Luma([noise().unsigned_abs() as u8]));
            let outcome = normalise(&picture.into());
            assert!(!matches!(outcome, Ok(found) if found.digit.iter().all(|&ink| ink == 0)));
        }
    }
}

#[test]
fn very_long_pictures_are_worked_on() {
    let line = GrayImage::from_fn(9000, 3, |x, _| Luma([if x / 3000 == 1 { 0 } else { 255 }]));
    assert!(normalise(&line.into()).is_ok());
}

#[test]
fn too_little_ink_is_refused() {
    let mut picture = GrayImage::from_pixel(100, 100, Luma([255]));
    for (x, y) in [(50, 50), (51, 50), (50, 51)] {
        picture.put_pixel(x, y, Luma([0]));
    }
    let error = normalise(&picture.into()).unwrap_err();
    assert!(matches!(
        error,
        PictureError::TooLittleInk {
            width: 2,
            height: 2,
            ..
        }
    ));
}

#[cfg(feature = "embedded-mnist")]
mod mnist_digits {
    use image::imageops::FilterType;

    use super::*;

    fn test_digits() -> Dataset {
        Mnist::load(None).unwrap().test.take_first(200)
    }

    fn picture_of(digit: &[u8]) -> GrayImage {
        GrayImage::from_raw(28, 28, digit.to_vec()).unwrap()
    }

    /// The difference over the digits after they went through a PNG file.
    fn mean_change(made: impl Fn(GrayImage) -> GrayImage) -> f64 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("digit.png");
        let digits = test_digits();
        let change = |index: usize| {
            made(picture_of(digits.image(index))).save(&file).unwrap();
            let digit = digit_in(&open(&file).unwrap()).unwrap().digit;
            mean_difference(&digit, digits.image(index))
        };
        (0..digits.len()).map(change).sum::<f64>() / digits.len() as f64
    }

    fn assert_change_below(limit: f64, made: impl Fn(GrayImage) -> GrayImage) {
        let change = mean_change(made);
        println!("changes by {change:.2} of 255 levels a pixel");
        assert!(change < limit, "changes by {change}, limit {limit}");
    }

    fn inverted(mut picture: GrayImage) -> GrayImage {
        imageops::invert(&mut picture);
        picture
    }

    fn enlarged(picture: &GrayImage, filter: FilterType) -> GrayImage {
        imageops::resize(picture, 280, 280, filter)
    }

    #[test]
    fn stay_as_they_are() {
        assert_change_below(1.0, |picture| picture);
        assert_change_below(1.0, inverted);
    }

    #[test]
    fn stay_as_they_are_when_enlarged_with_square_pixels() {
        assert_change_below(1.0, |picture| enlarged(&picture, FilterType::Nearest));
        assert_change_below(1.0, |picture| {
            inverted(enlarged(&picture, FilterType::Nearest))
        });
    }

    #[test]
    fn stay_nearly_as_they_are_when_enlarged_smoothly() {
        for filter in [FilterType::Triangle, FilterType::Lanczos3] {
            assert_change_below(10.0, |picture| inverted(enlarged(&picture, filter)));
        }
    }
}

// Picture files -----------------------------------------------------------

fn open_error(name: &str, bytes: Option<&[u8]>) -> PictureError {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    if let Some(bytes) = bytes {
        fs::write(&file, bytes).unwrap();
    }
    let error = open(&file).unwrap_err();
    assert_names(&error.to_string(), &file);
    error
}

#[test]
fn every_common_format_opens_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    for extension in ["png", "jpg", "bmp", "gif", "webp", "tiff", "pgm"] {
        let original = folder.path().join("digit").with_extension(extension);
        plain(120).to_rgb8().save(&original).unwrap();
        assert_shows_the_four(&open(&original).unwrap().image, 5.0, extension);

        let renamed = folder.path().join("renamed.dat");
        fs::rename(original, &renamed).unwrap();
        assert!(open(&renamed).is_ok(), "{extension} under another name");
    }
}

#[test]
fn a_missing_picture_is_named() {
    assert!(matches!(
        open_error("absent.png", None),
        PictureError::Missing { .. }
    ));
}

#[test]
fn a_folder_is_not_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(
        matches!(error, PictureError::Unreadable { .. }),
        "{error:?}"
    );
    assert_names(&error.to_string(), folder.path());
}

#[test]
fn damaged_and_foreign_files_are_named() {
    let mut png = std::io::Cursor::new(Vec::new());
    plain(100)
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    let png = png.into_inner();
    for (name, bytes) in [
        ("empty.png", &b""[..]),
        ("text.png", b"not a picture"),
        ("text.txt", b"not a picture"),
        (
            "damaged.png",
            &[&png[..60], &b"damage"[..], &png[66..]].concat(),
        ),
    ] {
        let error = open_error(name, Some(bytes));
        assert!(
            matches!(error, PictureError::Undecodable { .. }),
            "{name}: {error:?}"
        );
    }
}

/// Only the header is there: the size is refused before the pixels are read.
#[test]
fn a_picture_with_too_many_pixels_is_refused() {
    let header = b"P5 20000 10000 255\n";
    assert!(u64::from(20000_u32) * 10000 > MAX_PIXELS);
    assert!(matches!(
        open_error("huge.pgm", Some(header)),
        PictureError::TooLarge {
            width: 20000,
            height: 10000,
            ..
        }
    ));
}

// --- MNIST from memory ---------------------------------------------------------------------------

#[test]
fn fetched_files_are_digits_plain_and_gzip() {
    let [train_images, train_labels] =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"].map(unpacked);
    let [test_images, test_labels] =
        ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"].map(|name| gzip(&unpacked(name)));
    let files = MnistBytes {
        train_images: &train_images,
        train_labels: &train_labels,
        test_images: &test_images,
        test_labels: &test_labels,
    };
    let mnist = Mnist::from_bytes(&files, "a server".to_owned()).unwrap();
    assert!(mnist.train == MNIST.train && mnist.test == MNIST.test);
    assert_eq!(mnist.source, "a server");

    let swapped = MnistBytes {
        test_labels: &train_labels,
        ..files
    };
    let error = Mnist::from_bytes(&swapped, String::new()).unwrap_err();
    assert!(
        error.to_string().contains("t10k-labels-idx1-ubyte"),
        "{error}"
    );
}
