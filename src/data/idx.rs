//! The IDX files MNIST comes in: a big-endian header and then one value after
//! another, as described at <http://yann.lecun.com/exdb/mnist/>.
//!
//! ```text
//! images   0x00000803, count, rows, columns, then count x rows x columns bytes
//! labels   0x00000801, count,                then count bytes
//! ```
//!
//! Other sets keep the same in other shapes: images as count x 784 or with a channel of one, labels as
//! integers, or in the first of QMNIST's eight columns.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::gzip::Unpacked;
use super::idx_header::{Element, GLIMPSE, Header};
use super::{DataError, IdxKind, Part};
use crate::model::DIGITS;

/// The most bytes of items that are kept from a gzip file, two gibibytes: a file made to unpack without
/// end is not to fill the memory. What a plain file holds, it holds on the disk, too.
const MOST_UNPACKED: u64 = 2 << 30;

/// What was read from a file.
#[derive(Debug)]
pub(super) struct Items {
    /// The items that were asked for: 784 pixels each, or one label.
    pub bytes: Vec<u8>,
    /// The number of items in the file.
    pub count: usize,
    /// Bytes after the end of a gzip stream that were left out.
    pub rubbish: u64,
}

/// The pixels of an image file, `count * 784` bytes, each image row by row and
/// 0 for paper, 255 for ink. `stored` are the bytes of the file, plain or gzip, `file` is its name for
/// messages.
///
/// # Errors
///
/// [`DataError::WebPage`], [`DataError::WrongMagic`],
/// [`DataError::ShortHeader`], [`DataError::WrongDimensions`],
/// [`DataError::EmptySet`], [`DataError::TooFewBytes`], [`DataError::TooManyBytes`],
/// [`DataError::BrokenGzip`], [`DataError::Oversized`] or [`DataError::OutOfMemory`].
pub fn images(file: &Path, stored: &[u8]) -> Result<Vec<u8>, DataError> {
    Ok(read_stored(file, stored, IdxKind::Images, Part::ALL)?.bytes)
}

/// The labels of a label file, one digit from 0 to 9 each. `stored` are the bytes of the file, plain or
/// gzip, `file` is its name for messages.
///
/// # Errors
///
/// As for [`images`], and [`DataError::LabelOutOfRange`].
pub fn labels(file: &Path, stored: &[u8]) -> Result<Vec<u8>, DataError> {
    Ok(read_stored(file, stored, IdxKind::Labels, Part::ALL)?.bytes)
}

/// The items `part` of a file whose bytes are `stored`.
///
/// # Errors
///
/// As [`read`].
pub(super) fn read_stored(
    file: &Path,
    stored: &[u8],
    kind: IdxKind,
    part: Part,
) -> Result<Items, DataError> {
    read(file, stored, stored.len() as u64, kind, part)
}

/// The items `part` of the file `source`, which is `stored_len` bytes long. No more is read than they
/// need.
///
/// # Errors
///
/// As for [`images`] and [`labels`], or [`DataError::Unreadable`].
pub(super) fn read(
    file: &Path,
    source: impl BufRead,
    stored_len: u64,
    kind: IdxKind,
    part: Part,
) -> Result<Items, DataError> {
    let unpacked = Unpacked::new(source).map_err(|source| DataError::Unreadable {
        file: file.to_path_buf(),
        source,
    })?;
    let reading = Reading {
        file,
        plain_len: (!unpacked.is_gzip()).then_some(stored_len),
    };
    reading.items(unpacked, kind, part)
}

/// The reading of a file.
#[derive(Clone, Copy)]
struct Reading<'a> {
    file: &'a Path,
    /// The length of the file, if it is not packed.
    plain_len: Option<u64>,
}

impl Reading<'_> {
    fn items(
        self,
        mut source: Unpacked<impl BufRead>,
        kind: IdxKind,
        part: Part,
    ) -> Result<Items, DataError> {
        let mut start = Vec::new();
        let glimpse = source.by_ref().take(GLIMPSE as u64);
        self.fill(glimpse, &mut start)?;
        let header = Header::of(self.file, &start, kind)?;
        self.check_length(&header)?;
        let count = header.count as usize;
        let ranges = part.ranges(count);
        let is_read_to_its_end = ranges[0].end == count || !ranges[1].is_empty();
        let mut items = start[header.len..].chain(&mut source);
        let mut bytes = self.room_for(&header, ranges[0].len() + ranges[1].len())?;
        self.append(&mut items, &header, ranges[0].len(), &mut bytes)?;
        if !ranges[1].is_empty() {
            self.skip(&mut items, &header, ranges[1].start - ranges[0].end)?;
            self.append(&mut items, &header, ranges[1].len(), &mut bytes)?;
        }
        if is_read_to_its_end {
            self.check_end(&mut items, &header)?;
        }
        if kind == IdxKind::Labels {
            let place = |kept: usize| match kept.checked_sub(ranges[0].len()) {
                Some(after_gap) => ranges[1].start + after_gap,
                None => kept,
            };
            bytes = self.digits(&header, &bytes, place)?;
        }
        Ok(Items {
            bytes,
            count,
            rubbish: source.rubbish(),
        })
    }

    /// Compares lengths before anything is allocated, so a header cannot ask for
    /// memory that the file does not back.
    fn check_length(self, header: &Header) -> Result<(), DataError> {
        if header.count == 0 {
            return Err(DataError::EmptySet { file: self.name() });
        }
        let expected = header.file_len();
        match self.plain_len {
            Some(found) if found < expected => Err(self.too_few(header, found)),
            Some(found) if found > expected => Err(self.too_many(header)),
            _ => Ok(()),
        }
    }

    /// Room for `kept` items, if the file is known to hold them; otherwise it is to grow with what is
    /// read.
    fn room_for(self, header: &Header, kept: usize) -> Result<Vec<u8>, DataError> {
        let needed = kept as u64 * header.item_len() as u64;
        if self.plain_len.is_none() && needed > MOST_UNPACKED {
            return Err(DataError::Oversized {
                file: self.name(),
                count: kept,
                bytes: needed,
                limit: MOST_UNPACKED,
            });
        }
        let mut bytes = Vec::new();
        if self.plain_len.is_some() {
            let room = usize::try_from(needed).map(|needed| bytes.try_reserve_exact(needed));
            if !matches!(room, Ok(Ok(()))) {
                return Err(DataError::OutOfMemory {
                    file: self.name(),
                    bytes: needed,
                });
            }
        }
        Ok(bytes)
    }

    /// Appends the next `count` items.
    fn append(
        self,
        items: &mut impl Read,
        header: &Header,
        count: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(), DataError> {
        let wanted = count as u64 * header.item_len() as u64;
        let found = self.fill(items.take(wanted), bytes)?;
        self.check_found(header, found, wanted)
    }

    /// Passes over the next `count` items.
    fn skip(self, items: &mut impl Read, header: &Header, count: usize) -> Result<(), DataError> {
        let wanted = count as u64 * header.item_len() as u64;
        let found = io::copy(&mut items.take(wanted), &mut io::sink());
        let found = found.map_err(|error| self.failure(error))?;
        self.check_found(header, found, wanted)
    }

    fn check_found(self, header: &Header, found: u64, wanted: u64) -> Result<(), DataError> {
        match found < wanted {
            // How much is missing of the file as a whole is not known here.
            true => Err(self.too_few(header, header.file_len() - (wanted - found))),
            false => Ok(()),
        }
    }

    /// Makes sure that no item follows. The checksum of a gzip stream is compared there, too.
    fn check_end(self, items: &mut impl Read, header: &Header) -> Result<(), DataError> {
        match self.fill(items.take(1), &mut Vec::new())? {
            0 => Ok(()),
            _ => Err(self.too_many(header)),
        }
    }

    /// Appends all of `source` to `bytes`; returns how many bytes that were.
    fn fill(self, mut source: impl Read, bytes: &mut Vec<u8>) -> Result<u64, DataError> {
        let read = source.read_to_end(bytes);
        read.map(|count| count as u64)
            .map_err(|error| self.failure(error))
    }

    /// The digits in `bytes`, of which item number i is number `place(i)` of the file.
    fn digits(
        self,
        header: &Header,
        bytes: &[u8],
        place: impl Fn(usize) -> usize,
    ) -> Result<Vec<u8>, DataError> {
        let labels = || {
            let items = bytes.chunks_exact(header.item_len());
            items.map(|item| first_value(header.element, item))
        };
        let is_digit = |label: &i32| usize::try_from(*label).is_ok_and(|label| label < DIGITS);
        match labels().enumerate().find(|(_, label)| !is_digit(label)) {
            None => Ok(labels().map(|label| label as u8).collect()),
            Some((kept, label)) => Err(DataError::LabelOutOfRange {
                file: self.name(),
                index: place(kept),
                label,
                largest: labels().max().unwrap_or(label),
            }),
        }
    }

    fn name(self) -> PathBuf {
        self.file.to_path_buf()
    }

    fn too_few(self, header: &Header, found: u64) -> DataError {
        DataError::TooFewBytes {
            file: self.name(),
            count: header.count,
            expected: header.file_len(),
            found,
        }
    }

    fn too_many(self, header: &Header) -> DataError {
        DataError::TooManyBytes {
            file: self.name(),
            count: header.count,
            expected: header.file_len(),
        }
    }

    /// What an error while reading means.
    fn failure(self, source: io::Error) -> DataError {
        use io::ErrorKind::{InvalidData, InvalidInput, OutOfMemory, UnexpectedEof};
        let file = self.name();
        match (self.plain_len, source.kind()) {
            (_, OutOfMemory) => DataError::OutOfMemory {
                file,
                bytes: MOST_UNPACKED,
            },
            (None, InvalidData | InvalidInput | UnexpectedEof) => {
                DataError::BrokenGzip { file, source }
            }
            _ => DataError::Unreadable { file, source },
        }
    }
}

/// The first value of an item of integers.
fn first_value(element: Element, item: &[u8]) -> i32 {
    let value = &item[..element.len()];
    match *value {
        [byte] if element == Element::Byte => byte.into(),
        [byte] => byte.cast_signed().into(),
        [high, low] => i16::from_be_bytes([high, low]).into(),
        [a, b, c, d] => i32::from_be_bytes([a, b, c, d]),
        _ => unreachable!("labels are integers of at most four bytes"),
    }
}
