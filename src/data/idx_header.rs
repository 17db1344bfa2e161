//! The headers of IDX files: two zeros, the type of the values, the number of dimensions, and each
//! dimension as a big-endian word.

use std::path::Path;

use super::{DataError, IMAGE_PIXELS, IMAGE_SIDE, IdxKind};

const WORD: usize = 4;

/// Bytes that are read to tell what a file is: more than the longest header that is understood.
pub(super) const GLIMPSE: usize = 64;

/// More dimensions than this has no file of images or labels.
const MOST_DIMENSIONS: usize = 4;

/// The columns of QMNIST's labels, the first of which is the digit; the others say who wrote it, and
/// where in NIST's files it stands.
const QMNIST_COLUMNS: u32 = 8;

/// The type of the values in an IDX file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Byte,
    SignedByte,
    Short,
    Int,
    Float,
    Double,
}

impl Element {
    fn of(code: u8) -> Option<Self> {
        Some(match code {
            0x08 => Self::Byte,
            0x09 => Self::SignedByte,
            0x0b => Self::Short,
            0x0c => Self::Int,
            0x0d => Self::Float,
            0x0e => Self::Double,
            _ => return None,
        })
    }

    /// Bytes of a value.
    pub fn len(self) -> usize {
        match self {
            Self::Byte | Self::SignedByte => 1,
            Self::Short => 2,
            Self::Int | Self::Float => 4,
            Self::Double => 8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Byte => "unsigned bytes",
            Self::SignedByte => "signed bytes",
            Self::Short => "16-bit integers",
            Self::Int => "32-bit integers",
            Self::Float => "32-bit floating-point numbers",
            Self::Double => "64-bit floating-point numbers",
        }
    }

    /// Whether items of `kind` may be made of it.
    fn suits(self, kind: IdxKind) -> bool {
        match kind {
            IdxKind::Images => self == Self::Byte,
            IdxKind::Labels => !matches!(self, Self::Float | Self::Double),
        }
    }
}

/// A header that announces items of the expected kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    /// The type of the values.
    pub element: Element,
    /// The number of items.
    pub count: u32,
    /// Values of an item.
    pub values: usize,
    /// Bytes of the header itself.
    pub len: usize,
}

impl Header {
    /// The header that `start`, the first [`GLIMPSE`] bytes of the unpacked file, or all of them, holds.
    pub fn of(file: &Path, start: &[u8], kind: IdxKind) -> Result<Self, DataError> {
        check_not_web_page(file, start, kind)?;
        let short = |expected| DataError::ShortHeader {
            file: file.to_path_buf(),
            found: start.len(),
            expected,
        };
        let Some((&magic, rest)) = start.split_first_chunk::<WORD>() else {
            return Err(short(WORD * (2 + usize::from(kind == IdxKind::Images) * 2)));
        };
        let wrong_magic = |looks_like: String| DataError::WrongMagic {
            file: file.to_path_buf(),
            found: u32::from_be_bytes(magic),
            looks_like,
            expected: kind,
        };
        let Some((element, dimensions)) = understood(magic) else {
            return Err(wrong_magic(looks_like(magic).to_owned()));
        };
        if !element.suits(kind) || !suits(dimensions, kind) {
            return Err(wrong_magic(describe(element, dimensions)));
        }
        let len = WORD * (1 + dimensions);
        let sizes = rest.get(..len - WORD).ok_or_else(|| short(len))?;
        let (words, _) = sizes.as_chunks::<WORD>();
        let sizes: Vec<u32> = words.iter().map(|&word| u32::from_be_bytes(word)).collect();
        let values = values_of(&sizes[1..], kind).ok_or_else(|| DataError::WrongDimensions {
            file: file.to_path_buf(),
            found: sizes.clone(),
            expected: kind,
        })?;
        Ok(Self {
            element,
            count: sizes[0],
            values,
            len,
        })
    }

    /// Bytes of an item.
    pub fn item_len(&self) -> usize {
        self.values * self.element.len()
    }

    /// Bytes of a file with this header.
    pub fn file_len(&self) -> u64 {
        self.len as u64 + u64::from(self.count) * self.item_len() as u64
    }
}

/// Type and number of dimensions in the first four bytes of an IDX file.
fn understood(magic: [u8; WORD]) -> Option<(Element, usize)> {
    let [0, 0, code, dimensions] = magic else {
        return None;
    };
    let dimensions = usize::from(dimensions);
    let element = Element::of(code)?;
    (1..=MOST_DIMENSIONS)
        .contains(&dimensions)
        .then_some((element, dimensions))
}

fn suits(dimensions: usize, kind: IdxKind) -> bool {
    match kind {
        IdxKind::Images => dimensions > 1,
        IdxKind::Labels => dimensions <= 2,
    }
}

/// Values of an item of `kind` whose dimensions are `sizes`; `None` if it has others than that.
fn values_of(sizes: &[u32], kind: IdxKind) -> Option<usize> {
    const SIDE: u32 = IMAGE_SIDE as u32;
    const PIXELS: u32 = IMAGE_PIXELS as u32;
    match (kind, sizes) {
        (IdxKind::Images, [SIDE, SIDE] | [PIXELS] | [1, SIDE, SIDE] | [SIDE, SIDE, 1]) => {
            Some(IMAGE_PIXELS)
        }
        (IdxKind::Labels, [] | [1]) => Some(1),
        (IdxKind::Labels, [QMNIST_COLUMNS]) => Some(QMNIST_COLUMNS as usize),
        _ => None,
    }
}

/// An IDX file by its type and number of dimensions.
fn describe(element: Element, dimensions: usize) -> String {
    match (element, dimensions) {
        (Element::Byte, 1) => IdxKind::Labels.to_string(),
        (Element::Byte, 3) => IdxKind::Images.to_string(),
        _ => format!(
            "an IDX file of {} in {dimensions} dimensions",
            element.name()
        ),
    }
}

/// What a file that starts with these four bytes usually is, if it is no IDX file that is understood.
fn looks_like(start: [u8; WORD]) -> &'static str {
    match start {
        [b'P', b'K', ..] => "a zip archive, which has to be unpacked first",
        [0xfd, b'7', b'z', b'X'] => "an xz file, which has to be unpacked first",
        [b'B', b'Z', b'h', _] => "a bzip2 file, which has to be unpacked first",
        [0x28, 0xb5, 0x2f, 0xfd] => "a zstd file, which has to be unpacked first",
        [0x93, b'N', b'U', b'M'] => "an array of NumPy, not an IDX file",
        [b'P', b'A', b'R', b'1'] => "a Parquet file, not an IDX file",
        [0..=4, 0x08..=0x0e, 0, 0] => "the start of an IDX file with its bytes in reverse order",
        [0, 0, ..] => "no IDX file of a type or with dimensions that are understood",
        _ => "not an IDX file",
    }
}

/// Mirrors that moved or refuse answer with a page in HTML or XML, which
/// download tools save under the name that was asked for.
fn check_not_web_page(file: &Path, start: &[u8], expected: IdxKind) -> Result<(), DataError> {
    const OPENINGS: [&str; 3] = ["<!doctype", "<html", "<?xml"];
    const QUOTED: usize = 24;

    let text = String::from_utf8_lossy(start);
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
