//! What can go wrong between a file and a set of digits: which file it was,
//! what was found in it, what was expected, and what to do next.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::IdxKind;

/// What to do about a file that is damaged or the wrong one.
const FRESH_COPY: &str = "fetch the file again";

/// A set of digits that could not be read or divided.
#[derive(Debug, Error)]
pub enum DataError {
    /// The folder given for the four files does not exist or is not a folder.
    #[error(
        "{}: no such folder; expected a folder with the four MNIST files",
        folder.display()
    )]
    MissingFolder {
        /// The folder that was asked for.
        folder: PathBuf,
    },

    /// The folder holds a file under none of the names it is known by.
    #[error(
        "{}: the file is missing; looked for {}: put it there under one of these names",
        folder.display(),
        names.join(", ")
    )]
    MissingFile {
        /// The folder that was searched.
        folder: PathBuf,
        /// Every name that was tried, in order.
        names: Vec<String>,
    },

    /// The operating system would not hand over the file.
    #[error("{}: cannot be read ({source}); check that it is a file you may read", file.display())]
    Unreadable {
        /// The file that was opened.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// The file starts as gzip but does not decompress to its end.
    #[error(
        "{}: the gzip stream is broken ({source}); expected a complete .gz, \
         so the download was probably cut short: {FRESH_COPY}",
        file.display()
    )]
    BrokenGzip {
        /// The compressed file.
        file: PathBuf,
        /// What the decompressor said.
        source: io::Error,
    },

    /// The file, or what it decompresses to, is larger than any digit set.
    #[error(
        "{}: holds more than {limit} bytes once unpacked; the largest MNIST file has 47040016: \
         {FRESH_COPY}",
        file.display()
    )]
    Oversized {
        /// The file that was read.
        file: PathBuf,
        /// The most bytes that are read.
        limit: u64,
    },

    /// A web page was saved under the name of the file.
    #[error(
        "{}: holds a web page (it starts with {start:?}), expected {expected}; \
         a download went wrong and saved the server's answer instead: {FRESH_COPY}",
        file.display()
    )]
    WebPage {
        /// The file that was read.
        file: PathBuf,
        /// The first few characters of the page.
        start: String,
        /// The kind of file that was expected.
        expected: IdxKind,
    },

    /// The file ends before its header does.
    #[error(
        "{}: holds {found} bytes, expected at least the {expected} bytes of an IDX header: \
         {FRESH_COPY}",
        file.display()
    )]
    ShortHeader {
        /// The file that was read.
        file: PathBuf,
        /// Bytes in the file.
        found: usize,
        /// Bytes in a header of this kind.
        expected: usize,
    },

    /// The first four bytes are not those of the expected kind of file.
    #[error(
        "{}: starts with 0x{found:08x}, which is {looks_like}; expected 0x{:08x}, {expected}: \
         check that the file has not been swapped with another, or {FRESH_COPY}",
        file.display(),
        expected.magic()
    )]
    WrongMagic {
        /// The file that was read.
        file: PathBuf,
        /// The first four bytes, most significant first.
        found: u32,
        /// What a file that starts like this usually is.
        looks_like: &'static str,
        /// The kind of file that was expected.
        expected: IdxKind,
    },

    /// The images are not 28 by 28 pixels.
    #[error(
        "{}: its images are {rows} rows by {columns} columns, expected 28 by 28; \
         give the MNIST files, whose digits are that size",
        file.display()
    )]
    WrongDimensions {
        /// The file that was read.
        file: PathBuf,
        /// Rows per image according to the header.
        rows: u32,
        /// Columns per image according to the header.
        columns: u32,
    },

    /// The header announces no items at all.
    #[error("{}: its header announces 0 items, expected at least one: {FRESH_COPY}", file.display())]
    EmptySet {
        /// The file that was read.
        file: PathBuf,
    },

    /// The file ends before the items its header announces.
    #[error(
        "{}: holds {found} bytes, expected {expected} for the {count} items its header announces; \
         the end is missing: {FRESH_COPY}",
        file.display()
    )]
    TooFewBytes {
        /// The file that was read.
        file: PathBuf,
        /// Items according to the header.
        count: u32,
        /// Bytes that a file with that many items has.
        expected: u64,
        /// Bytes in the file once unpacked.
        found: u64,
    },

    /// The file goes on after the items its header announces.
    #[error(
        "{}: holds {found} bytes, expected {expected} for the {count} items its header announces; \
         something was added at the end: {FRESH_COPY}",
        file.display()
    )]
    TooManyBytes {
        /// The file that was read.
        file: PathBuf,
        /// Items according to the header.
        count: u32,
        /// Bytes that a file with that many items has.
        expected: u64,
        /// Bytes in the file once unpacked.
        found: u64,
    },

    /// A label is not a digit.
    #[error(
        "{}: label number {index} (counted from 0) is {label}, expected a digit from 0 to 9; \
         give the MNIST digits, not a set with more classes, or {FRESH_COPY}",
        file.display()
    )]
    LabelOutOfRange {
        /// The file that was read.
        file: PathBuf,
        /// Position of the first such label, counted from 0.
        index: usize,
        /// The value found there.
        label: u8,
    },

    /// An image file and its label file do not belong together.
    #[error(
        "{} holds {images} images but {} holds {labels} labels, expected as many of each: \
         take both files from the same set",
        images_file.display(),
        labels_file.display()
    )]
    CountMismatch {
        /// The file with the images.
        images_file: PathBuf,
        /// Images in it.
        images: usize,
        /// The file with the labels.
        labels_file: PathBuf,
        /// Labels in it.
        labels: usize,
    },

    /// A validation part would leave nothing to train on.
    #[error(
        "cannot set {requested} of {available} digits aside for validation, \
         expected fewer than {available} so that some are left to train on: ask for a smaller part"
    )]
    SplitTooLarge {
        /// Digits asked for in the validation part.
        requested: usize,
        /// Digits in the set.
        available: usize,
    },

    /// The crate was built without the data set inside.
    #[error(
        "this build carries no MNIST (it was made without the cargo feature embedded-mnist); \
         name a folder that holds the four MNIST files"
    )]
    NothingEmbedded,
}
