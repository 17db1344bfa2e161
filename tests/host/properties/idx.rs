//! Files of digits.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use lenet_gpu::data::{IMAGE_PIXELS, Mnist, MnistBytes};
use proptest::collection::vec;
use proptest::prelude::*;

use super::cases;
use super::damage::Damage;
use crate::untrusted;

/// A header of `words` and the `items` after it.
fn file(words: &[u32], items: &[u8]) -> Vec<u8> {
    let header = words.iter().flat_map(|word| word.to_be_bytes());
    header.chain(items.iter().copied()).collect()
}

fn gzip(raw: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(raw).unwrap();
    encoder.finish().unwrap()
}

/// Pixels and labels of a few digits.
fn digits() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    vec(0..10u8, 1..4).prop_flat_map(|labels| {
        let pixels = vec(any::<u8>(), labels.len() * IMAGE_PIXELS);
        (pixels, Just(labels))
    })
}

/// A whole file of images or labels, plain or gzip, after the byte that says which it is.
fn whole() -> impl Strategy<Value = Vec<u8>> {
    (digits(), 0..4u8, any::<bool>()).prop_map(|((pixels, labels), which, packed)| {
        let count = labels.len() as u32;
        let raw = match which % 2 {
            0 => file(&[0x803, count, 28, 28], &pixels),
            _ => file(&[0x801, count], &labels),
        };
        let stored = if packed { gzip(&raw) } else { raw };
        [vec![which], stored].concat()
    })
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn any_bytes_as_idx_are_digits_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        untrusted::idx(&bytes);
    }

    #[test]
    fn a_damaged_idx_file_is_digits_or_an_error(whole in whole(), damage in Damage::some()) {
        untrusted::idx(&Damage::all_done(&damage, whole));
    }

    #[test]
    fn digits_are_read_as_they_were_written((pixels, labels) in digits(), packed in any::<bool>()) {
        let count = labels.len() as u32;
        let stored = |raw: Vec<u8>| if packed { gzip(&raw) } else { raw };
        let images = stored(file(&[0x803, count, 28, 28], &pixels));
        let digits = stored(file(&[0x801, count], &labels));
        let files = MnistBytes {
            train_images: &images,
            train_labels: &digits,
            test_images: &images,
            test_labels: &digits,
        };
        let read = Mnist::from_bytes(&files, String::new()).unwrap();
        prop_assert_eq!(read.train.images(), pixels);
        prop_assert_eq!(read.train.labels(), labels);
    }
}
