//! Sets that are not published, laid out or coloured as MNIST is.

use std::fs;
use std::path::Path;

use lenet_gpu::data::{DataError, Dataset, Finding, IMAGE_PIXELS, Mnist, Orientation, Part};
use lenet_gpu::model::Conversion;
use tempfile::TempDir;

use crate::data::{
    TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, assert_names, gzip, image_file,
    label_file, valid_folder, words,
};
use crate::digits::MNIST;

const ALL: [&str; 4] = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];

fn load(folder: &TempDir) -> Result<Mnist, DataError> {
    Mnist::load(Some(folder.path()))
}

/// A valid set whose files are called what `name` makes of their names.
fn renamed(name: impl Fn(&str) -> String) -> TempDir {
    let folder = valid_folder();
    add_set(folder.path(), &name);
    for original in ALL {
        if name(original) != original {
            fs::remove_file(folder.path().join(original)).unwrap();
        }
    }
    folder
}

/// Copies the files of a valid set under other names.
fn add_set(folder: &Path, name: impl Fn(&str) -> String) {
    for original in ALL {
        if name(original) != original {
            let copy = folder.join(name(original));
            fs::copy(folder.join(original), copy).unwrap();
        }
    }
}

fn in_emnist(set: &str) -> impl Fn(&str) -> String {
    move |name| format!("emnist-{set}-{}", name.replace("t10k", "test"))
}

fn replaced(name: &str, bytes: &[u8]) -> TempDir {
    let folder = valid_folder();
    fs::write(folder.path().join(name), bytes).unwrap();
    folder
}

// --- names ---------------------------------------------------------------------------------------

#[test]
fn files_are_read_under_the_names_of_their_publishers() {
    for folder in [
        renamed(in_emnist("digits")),
        renamed(in_emnist("mnist")),
        renamed(|name| format!("qmnist-{}", name.replace("t10k", "test"))),
        renamed(str::to_uppercase),
        renamed(|name| name.replace("-ubyte", "")),
        renamed(|name| name.replace("-idx", ".idx")),
        renamed(|name| format!("{}.GZ", name.to_uppercase())),
        renamed(|name| name.replace("t10k", "test")),
    ] {
        let mnist = load(&folder).unwrap();
        assert_eq!(mnist.train.labels(), [7, 8, 9]);
        assert_eq!(mnist.test.labels(), [0, 1]);
    }
}

#[test]
fn of_several_sets_one_has_to_be_named() {
    let folder = renamed(in_emnist("digits"));
    let digits = folder.path().join("emnist-digits-train-images-idx3-ubyte");
    for original in ALL {
        fs::copy(
            folder.path().join(in_emnist("digits")(original)),
            folder.path().join(in_emnist("mnist")(original)),
        )
        .unwrap();
    }
    let error = load(&folder).unwrap_err();
    assert!(matches!(error, DataError::SeveralSets { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("emnist-digits, emnist-mnist"), "{message}");
    // What the message asks for.
    let named = folder.path().join("emnist-digits");
    assert_names(&message, &named);
    let mnist = Mnist::load(Some(&named)).unwrap();
    assert_eq!(mnist.train.len(), 3);
    assert_names(&mnist.source, &named);
    // Letters are no candidates.
    fs::write(&digits, image_file(3)).unwrap();
    for original in ALL {
        let path = folder.path().join(in_emnist("mnist")(original));
        let letters = folder.path().join(in_emnist("letters")(original));
        fs::rename(path, letters).unwrap();
    }
    assert!(load(&folder).unwrap().source.contains("emnist-digits"));
}

#[test]
fn mnists_own_names_come_first() {
    let folder = valid_folder();
    add_set(folder.path(), in_emnist("digits"));
    let mnist = load(&folder).unwrap();
    assert_eq!(mnist.source, folder.path().display().to_string());
}

#[test]
fn sets_of_letters_are_named() {
    for set in ["letters", "balanced", "byclass", "bymerge"] {
        let error = load(&renamed(in_emnist(set))).unwrap_err();
        assert!(matches!(error, DataError::OtherClasses { .. }), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains(&format!("holds emnist-{set}")),
            "{message}"
        );
        assert!(message.contains("emnist-digits"), "{message}");
    }
    let error = load(&replaced(TRAIN_LABELS, &label_file(&[1, 26, 14]))).unwrap_err();
    assert!(
        error.to_string().contains("is 26 and the largest 26"),
        "{error}"
    );
}

#[test]
fn a_file_in_a_folder_of_its_name_is_read() {
    for inside in [
        TRAIN_IMAGES,
        "train-images.idx3-ubyte",
        "train-images-idx3-ubyte.gz",
    ] {
        let folder = valid_folder();
        let nest = folder.path().join(TRAIN_IMAGES);
        fs::remove_file(&nest).unwrap();
        fs::create_dir(&nest).unwrap();
        fs::write(nest.join(inside), image_file(3)).unwrap();
        assert_eq!(load(&folder).unwrap().train.len(), 3, "{inside}");
        fs::rename(nest.join(inside), nest.join("other")).unwrap();
        let error = load(&folder).unwrap_err();
        assert!(matches!(error, DataError::MissingFile { .. }), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains("the folder train-images-idx3-ubyte"),
            "{message}"
        );
    }
}

#[test]
fn what_is_no_folder_or_no_file_is_called_what_it_is() {
    let folder = valid_folder();
    let file = folder.path().join(TRAIN_IMAGES);
    let error = Mnist::load(Some(&file)).unwrap_err();
    assert!(matches!(error, DataError::NotAFolder { .. }), "{error:?}");
    assert_names(&error.to_string(), &file);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_not_missing() {
    use std::os::unix::net::UnixListener;

    let folder = valid_folder();
    let file = folder.path().join(TRAIN_IMAGES);
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    let error = load(&folder).unwrap_err();
    assert!(matches!(error, DataError::Unreadable { .. }), "{error:?}");
    fs::remove_file(&file).unwrap();
    let _socket = UnixListener::bind(&file).unwrap();
    let error = load(&folder).unwrap_err();
    assert!(error.to_string().contains("is a socket"), "{error}");
    assert_names(&error.to_string(), &file);
}

// --- shapes and types ----------------------------------------------------------------------------

#[test]
fn images_have_every_shape_of_784_bytes() {
    let pixels = &image_file(3)[16..];
    for header in [
        &[0x802, 3, 784][..],
        &[0x804, 3, 1, 28, 28],
        &[0x804, 3, 28, 28, 1],
    ] {
        let folder = replaced(TRAIN_IMAGES, &[&words(header), pixels].concat());
        assert_eq!(load(&folder).unwrap().train.images(), pixels);
    }
    for header in [&[0x802, 3, 785][..], &[0x804, 3, 28, 28, 3]] {
        let folder = replaced(TRAIN_IMAGES, &words(header));
        let error = load(&folder).unwrap_err();
        assert!(
            matches!(error, DataError::WrongDimensions { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn labels_may_be_integers_and_qmnists() {
    let ints = |header: &[u32], labels: &[i32]| {
        let values = labels.iter().flat_map(|label| label.to_be_bytes());
        [words(header), values.collect()].concat()
    };
    let qmnist: Vec<i32> = [7, 8, 9]
        .iter()
        .flat_map(|&digit| [digit, 4, 500, -1, 0, 6, 7, 12])
        .collect();
    for file in [
        ints(&[0xc01, 3], &[7, 8, 9]),
        ints(&[0xc02, 3, 1], &[7, 8, 9]),
        ints(&[0xc02, 3, 8], &qmnist),
        [words(&[0xb01, 3]), vec![0, 7, 0, 8, 0, 9]].concat(),
        [words(&[0x901, 3]), vec![7, 8, 9]].concat(),
    ] {
        let folder = replaced(TRAIN_LABELS, &file);
        assert_eq!(load(&folder).unwrap().train.labels(), [7, 8, 9]);
    }
    for (file, said) in [
        (
            ints(&[0xc01, 3], &[7, -1, 9]),
            "label number 1 (counted from 0) is -1",
        ),
        (ints(&[0xc01, 3], &[7, 263, 9]), "is 263"),
        (ints(&[0xc02, 3, 10], &[0; 30]), "holds 3 x 10"),
        (
            ints(&[0xd01, 3], &[0; 3]),
            "32-bit floating-point numbers in 1 dimensions",
        ),
    ] {
        let error = load(&replaced(TRAIN_LABELS, &file)).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_names(&error.to_string(), Path::new(TRAIN_LABELS));
    }
}

#[test]
fn bytes_after_a_gzip_stream_are_left_out() {
    let packed = gzip(&image_file(3));
    let zeros = load(&replaced(TRAIN_IMAGES, &[&packed[..], &[0; 512]].concat())).unwrap();
    let rubbish = load(&replaced(TRAIN_IMAGES, &[&packed[..], b"rubbish"].concat())).unwrap();
    assert_eq!(zeros.train, rubbish.train);
    assert_eq!(zeros.train.len(), 3);
    assert_eq!(zeros.remarks, [""; 0]);
    let [remark] = &rubbish.remarks[..] else {
        panic!("{:?}", rubbish.remarks);
    };
    assert!(remark.contains("7 bytes after the end"), "{remark}");
    assert_names(remark, Path::new(TRAIN_IMAGES));
}

// --- parts ---------------------------------------------------------------------------------------

#[test]
fn no_more_is_read_than_the_part_asked_for() {
    let labels: Vec<u8> = (0..10).collect();
    let folder = valid_folder();
    let packed = |name: &str| folder.path().join(format!("{name}.gz"));
    fs::write(packed(TRAIN_LABELS), gzip(&label_file(&labels))).unwrap();
    fs::write(packed(TRAIN_IMAGES), gzip(&image_file(10))).unwrap();
    let part = |first, last| {
        let part = Part { first, last };
        Mnist::load_part(Some(folder.path()), part).unwrap().train
    };
    let labels_of = |first, last| part(first, last).labels().to_vec();
    assert_eq!(labels_of(Some(2), 0), [0, 1]);
    assert_eq!(labels_of(Some(2), 3), [0, 1, 7, 8, 9]);
    assert_eq!(labels_of(Some(8), 3), labels);
    assert_eq!(*part(Some(2), 3).image(4), [9; IMAGE_PIXELS]);
    // The third image is not there; who asks for two does not miss it. Bytes that do not repeat are
    // stored as they are, so that a cut of the file is one of what it holds.
    let noise = |place: usize| (place * place % 251 * 7 + place / 3 % 256) as u8;
    let images: Vec<u8> = (0..10 * IMAGE_PIXELS).map(noise).collect();
    let images = [words(&[0x803, 10, 28, 28]), images].concat();
    let whole = gzip(&images);
    fs::write(packed(TRAIN_IMAGES), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(part(Some(2), 0).len(), 2);
    let error = load(&folder).unwrap_err();
    assert!(matches!(error, DataError::BrokenGzip { .. }), "{error:?}");
}

#[test]
fn counts_are_compared_whatever_is_read() {
    let folder = replaced(TRAIN_LABELS, &label_file(&[7, 8]));
    let part = Part {
        first: Some(1),
        last: 0,
    };
    let error = Mnist::load_part(Some(folder.path()), part).unwrap_err();
    let expected = matches!(
        error,
        DataError::CountMismatch {
            images: 3,
            labels: 2,
            ..
        }
    );
    assert!(expected, "{error:?}");
}

/// A plain file of three gibibytes, nearly all of it a hole: its first digits are read without the rest.
#[cfg(target_os = "linux")]
#[test]
fn the_first_digits_of_a_huge_file_are_read() {
    const COUNT: u32 = 4_000_000;
    let folder = valid_folder();
    for (name, header, item) in [
        (
            TRAIN_IMAGES,
            &[0x803, COUNT, 28, 28][..],
            IMAGE_PIXELS as u64,
        ),
        (TRAIN_LABELS, &[0x801, COUNT], 1),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, words(header)).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        let len = 4 * header.len() as u64 + u64::from(COUNT) * item;
        file.set_len(len).unwrap();
    }
    let part = Part {
        first: Some(5),
        last: 0,
    };
    let mnist = Mnist::load_part(Some(folder.path()), part).unwrap();
    assert_eq!(mnist.train.images(), [0; 5 * IMAGE_PIXELS]);
}

// --- looks ---------------------------------------------------------------------------------------

fn some_digits() -> Dataset {
    MNIST.train.clone().take_first(500)
}

fn findings(set: &Dataset) -> Vec<Finding> {
    set.look().unwrap().findings()
}

fn names(set: &Dataset) -> Vec<&'static str> {
    findings(set).iter().map(Finding::name).collect()
}

/// `set` with each byte changed.
fn with_bytes(set: &Dataset, change: impl Fn(u8) -> u8) -> Dataset {
    let images = set.images().iter().map(|&byte| change(byte)).collect();
    Dataset::new(images, set.labels().to_vec()).unwrap()
}

/// `set` with the pixel at row y and column x of each image taken from `source(y, x)`.
fn with_places(set: &Dataset, source: impl Fn(usize, usize) -> (usize, usize)) -> Dataset {
    let pixel = |index: usize, place: usize| {
        let (y, x) = source(place / 28, place % 28);
        set.image(index)[28 * y + x]
    };
    let images =
        (0..set.len()).flat_map(|index| (0..IMAGE_PIXELS).map(move |place| (index, place)));
    let images = images.map(|(index, place)| pixel(index, place)).collect();
    Dataset::new(images, set.labels().to_vec()).unwrap()
}

#[test]
fn mnist_looks_like_mnist() {
    assert_eq!(findings(&MNIST.train), []);
    assert_eq!(findings(&MNIST.test), []);
    // In pieces as small as they are told from each other.
    for start in (0..2000).step_by(50) {
        let (_, piece) = MNIST
            .train
            .clone()
            .take_first(2000 - start)
            .split_last(25)
            .unwrap();
        assert_eq!(findings(&piece), [], "25 digits up to {}", 2000 - start);
    }
}

#[test]
fn black_on_white_is_seen_and_turned() {
    let inverted = with_bytes(&some_digits(), |byte| 255 - byte);
    assert_eq!(names(&inverted), ["inverted"]);
    let text = findings(&inverted)[0].to_string();
    assert!(text.contains("most of their border is 255"), "{text}");
    let conversion = Conversion {
        invert: true,
        ..Conversion::default()
    };
    assert_eq!(conversion.apply(inverted).unwrap(), some_digits());
}

#[test]
fn every_way_to_lie_is_seen() {
    let set = some_digits();
    type Source = fn(usize, usize) -> (usize, usize);
    let ways: [(Orientation, Source); 7] = [
        (Orientation::Transposed, |y, x| (x, y)),
        (Orientation::RotatedRight, |y, x| (27 - x, y)),
        (Orientation::UpsideDown, |y, x| (27 - y, 27 - x)),
        (Orientation::RotatedLeft, |y, x| (x, 27 - y)),
        (Orientation::Mirrored, |y, x| (y, 27 - x)),
        (Orientation::Flipped, |y, x| (27 - y, x)),
        (Orientation::TransposedUpsideDown, |y, x| (27 - x, 27 - y)),
    ];
    for (way, source) in ways {
        for set in [set.clone(), set.clone().take_first(58)] {
            let turned = with_places(&set, source);
            let found = findings(&turned);
            let [Finding::Turned(found)] = found[..] else {
                panic!("{way:?}: {found:?}");
            };
            assert_eq!(found.best, way);
            assert!(found.correlation > found.as_they_are + 0.1, "{found:?}");
        }
    }
    let conversion = Conversion {
        transpose: true,
        ..Conversion::default()
    };
    let transposed = with_places(&set, |y, x| (x, y));
    assert_eq!(conversion.apply(transposed).unwrap(), set);
}

#[test]
fn all_at_once_is_seen_at_once() {
    let turned = with_places(&some_digits(), |y, x| (x, y));
    let turned = with_bytes(&turned, |byte| u8::from(byte < 128));
    assert_eq!(names(&turned), ["narrow-range", "inverted", "turned"]);
    let conversion = Conversion {
        ink: 1,
        invert: true,
        transpose: true,
    };
    let back = conversion.apply(turned).unwrap();
    assert_eq!(
        back,
        with_bytes(&some_digits(), |byte| if byte < 128 { 0 } else { 255 })
    );
    assert_eq!(names(&back), [""; 0]);
}

#[test]
fn other_ranges_are_seen_and_scaled() {
    let set = some_digits();
    for ink in [1_u8, 16, 100] {
        let scaled = with_bytes(&set, |byte| (u32::from(byte) * u32::from(ink) / 255) as u8);
        let found = findings(&scaled);
        assert_eq!(
            found,
            [Finding::NarrowRange {
                darkest: 0,
                brightest: ink
            }]
        );
        let conversion = Conversion {
            ink,
            ..Conversion::default()
        };
        let back = conversion.apply(scaled).unwrap();
        assert_eq!(back.images().iter().max(), Some(&255));
        assert_eq!(names(&back), [""; 0]);
    }
    let conversion = Conversion {
        ink: 16,
        ..Conversion::default()
    };
    let error = conversion.apply(set.clone()).unwrap_err().to_string();
    assert_eq!(
        error,
        "ink is 16, expected at least 255, the largest byte there is"
    );
    assert_eq!(
        names(&with_bytes(&set, |_| 7)),
        ["narrow-range", "not-digits"]
    );
    let grey = with_bytes(&set, |byte| 60 + (u32::from(byte) * 195 / 255) as u8);
    assert_eq!(names(&grey), ["grey-paper"]);
}

#[test]
fn something_else_than_digits_is_only_said() {
    let labels = MNIST.train.labels()[1..].iter().chain(&[0]).copied();
    let shuffled = Dataset::new(MNIST.train.images().to_vec(), labels.collect()).unwrap();
    let [found] = findings(&shuffled)[..] else {
        panic!("{:?}", findings(&shuffled));
    };
    assert_eq!(found.name(), "not-digits");
    assert!(!found.is_harmful());
}

#[test]
fn too_few_digits_are_not_judged() {
    let transposed = with_places(&some_digits().take_first(10), |y, x| (x, y));
    assert_eq!(transposed.look().unwrap().resemblance, None);
    assert_eq!(some_digits().take_first(0).look(), None);
}

// --- checksums -----------------------------------------------------------------------------------

#[test]
fn a_checksum_is_that_of_pixels_and_labels() {
    let set = some_digits();
    let record = set.record();
    assert_eq!(record.digits, 500);
    assert!(record.checksum.starts_with("xxh3-128:"), "{record:?}");
    assert_eq!(some_digits().record(), record);
    assert!(MNIST.train.begins_with(&record));
    assert!(!MNIST.test.begins_with(&record));
    assert!(!set.clone().take_first(499).begins_with(&record));
    let other_pixel = with_bytes(&set, |byte| byte.max(1));
    let mut labels = set.labels().to_vec();
    labels[499] ^= 1;
    let other_label = Dataset::new(set.images().to_vec(), labels).unwrap();
    assert_ne!(other_pixel.record(), record);
    assert_ne!(other_label.record(), record);
}
