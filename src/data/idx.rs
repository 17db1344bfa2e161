//! The IDX files MNIST comes in: a big-endian header and then one byte after
//! another, as described at <http://yann.lecun.com/exdb/mnist/>.
//!
//! ```text
//! images   0x00000803, count, rows, columns, then count x rows x columns bytes
//! labels   0x00000801, count,                then count bytes
//! ```

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::idx_kind::WORD;
use super::{DataError, IMAGE_PIXELS, IMAGE_SIDE, IdxKind};

/// The most bytes read from one file, compressed or not. More than five times
/// the largest MNIST file, and small enough that a file made to unpack without
/// end does not fill the memory.
const MAX_BYTES: u64 = 256 << 20;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes themselves, or what they unpack to if they are a gzip stream.
/// `file` is only the name used in messages.
///
/// # Errors
///
/// [`DataError::BrokenGzip`] or [`DataError::Oversized`].
pub fn unpack<'a>(file: &Path, stored: &'a [u8]) -> Result<Cow<'a, [u8]>, DataError> {
    if !stored.starts_with(&GZIP_MAGIC) {
        return Ok(Cow::Borrowed(stored));
    }
    let raw =
        read_limited(MultiGzDecoder::new(stored)).map_err(|source| DataError::BrokenGzip {
            file: file.to_path_buf(),
            source,
        })?;
    check_size(file, &raw)?;
    Ok(Cow::Owned(raw))
}

/// The pixels of an image file, `count * 784` bytes, each image row by row and
/// 0 for paper, 255 for ink. `raw` is the unpacked file, `file` its name for
/// messages.
///
/// # Errors
///
/// [`DataError::WebPage`], [`DataError::WrongMagic`],
/// [`DataError::ShortHeader`], [`DataError::WrongDimensions`],
/// [`DataError::EmptySet`], [`DataError::TooFewBytes`] or
/// [`DataError::TooManyBytes`].
pub fn images(file: &Path, raw: &[u8]) -> Result<Vec<u8>, DataError> {
    let (header, pixels) = split_header(file, raw, IdxKind::Images)?;
    check_dimensions(file, word(header, 2), word(header, 3))?;
    check_length(file, word(header, 1), IMAGE_PIXELS, header, pixels)?;
    Ok(pixels.to_vec())
}

/// The labels of a label file, one digit from 0 to 9 each. `raw` is the
/// unpacked file, `file` its name for messages.
///
/// # Errors
///
/// As for [`images`] without the dimensions, and
/// [`DataError::LabelOutOfRange`].
pub fn labels(file: &Path, raw: &[u8]) -> Result<Vec<u8>, DataError> {
    let (header, labels) = split_header(file, raw, IdxKind::Labels)?;
    check_length(file, word(header, 1), 1, header, labels)?;
    check_labels(file, labels)?;
    Ok(labels.to_vec())
}

/// Reads `source`, and stops one byte after the limit, which is enough to know it was passed.
pub(super) fn read_limited(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Fails if `bytes`, read by [`read_limited`], are too many.
pub(super) fn check_size(file: &Path, bytes: &[u8]) -> Result<(), DataError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(DataError::Oversized {
            file: file.to_path_buf(),
            limit: MAX_BYTES,
        });
    }
    Ok(())
}

fn split_header<'a>(
    file: &Path,
    raw: &'a [u8],
    kind: IdxKind,
) -> Result<(&'a [u8], &'a [u8]), DataError> {
    check_not_web_page(file, raw, kind)?;
    let short = || DataError::ShortHeader {
        file: file.to_path_buf(),
        found: raw.len(),
        expected: kind.header_len(),
    };
    if raw.len() < WORD {
        return Err(short());
    }
    check_magic(file, raw, kind)?;
    raw.split_at_checked(kind.header_len()).ok_or_else(short)
}

/// Mirrors that moved or refuse answer with a page in HTML or XML, which
/// download tools save under the name that was asked for.
fn check_not_web_page(file: &Path, raw: &[u8], expected: IdxKind) -> Result<(), DataError> {
    const OPENINGS: [&str; 3] = ["<!doctype", "<html", "<?xml"];
    const GLIMPSE: usize = 64;
    const QUOTED: usize = 24;

    let text = String::from_utf8_lossy(&raw[..raw.len().min(GLIMPSE)]);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let lower = start.to_ascii_lowercase();
    if OPENINGS.iter().any(|opening| lower.starts_with(opening)) {
        return Err(DataError::WebPage {
            file: file.to_path_buf(),
            start: start.chars().take(QUOTED).collect(),
            expected,
        });
    }
    Ok(())
}

fn check_magic(file: &Path, raw: &[u8], expected: IdxKind) -> Result<(), DataError> {
    let found = word(raw, 0);
    if found != expected.magic() {
        return Err(DataError::WrongMagic {
            file: file.to_path_buf(),
            found,
            looks_like: describe_magic(found),
            expected,
        });
    }
    Ok(())
}

fn describe_magic(magic: u32) -> &'static str {
    match magic.to_be_bytes() {
        [0, 0, 8, 3] => "an IDX file of images",
        [0, 0, 8, 1] => "an IDX file of labels",
        [0, 0, 8 | 9 | 11..=14, 1..=4] => "an IDX file of another type",
        [1 | 3, 8, 0, 0] => "an IDX file with its bytes in reverse order",
        [b'P', b'K', ..] => "a zip archive, not an IDX file",
        _ => "not an IDX file",
    }
}

fn check_dimensions(file: &Path, rows: u32, columns: u32) -> Result<(), DataError> {
    if (rows as usize, columns as usize) != (IMAGE_SIDE, IMAGE_SIDE) {
        return Err(DataError::WrongDimensions {
            file: file.to_path_buf(),
            rows,
            columns,
        });
    }
    Ok(())
}

/// Compares lengths before anything is allocated, so a header cannot ask for
/// memory that the file does not back.
fn check_length(
    file: &Path,
    count: u32,
    item_len: usize,
    header: &[u8],
    items: &[u8],
) -> Result<(), DataError> {
    let file = file.to_path_buf();
    if count == 0 {
        return Err(DataError::EmptySet { file });
    }
    let expected = header.len() as u64 + u64::from(count) * item_len as u64;
    let found = (header.len() + items.len()) as u64;
    if found < expected {
        return Err(DataError::TooFewBytes {
            file,
            count,
            expected,
            found,
        });
    }
    if found > expected {
        return Err(DataError::TooManyBytes {
            file,
            count,
            expected,
            found,
        });
    }
    Ok(())
}

fn check_labels(file: &Path, labels: &[u8]) -> Result<(), DataError> {
    match labels.iter().position(|&label| label > 9) {
        None => Ok(()),
        Some(index) => Err(DataError::LabelOutOfRange {
            file: file.to_path_buf(),
            index,
            label: labels[index],
        }),
    }
}

/// The big-endian word at a position counted in words. The callers have made
/// sure that the bytes are there.
fn word(bytes: &[u8], position: usize) -> u32 {
    let at = position * WORD;
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
