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
    /// The folder given for the four files does not exist.
    #[error(
        "{}: no such folder; expected a folder with the four MNIST files",
        folder.display()
    )]
    MissingFolder {
        /// The folder that was asked for.
        folder: PathBuf,
    },

    /// What was given for the folder of the four files is none.
    #[error("{}: is not a folder; name the folder that holds the four MNIST files", path.display())]
    NotAFolder {
        /// What was given.
        path: PathBuf,
    },

    /// The folder holds a file under none of the names it is known by.
    #[error(
        "{}: the file is missing; looked for {}, and the folder holds {holds}: \
         put it there under one of these names",
        folder.display(),
        names.join(", ")
    )]
    MissingFile {
        /// The folder that was searched.
        folder: PathBuf,
        /// Every name that was looked for, in order.
        names: Vec<String>,
        /// What is in the folder, in words.
        holds: String,
    },

    /// The folder holds the files of more than one set.
    #[error(
        "{}: holds the files of several sets ({}), and it is not clear which are meant: \
         name one after the folder, as in {}",
        folder.display(),
        sets.join(", "),
        folder.join(&sets[0]).display()
    )]
    SeveralSets {
        /// The folder.
        folder: PathBuf,
        /// What the names of the files of each set start with; at least two.
        sets: Vec<String>,
    },

    /// The folder holds only sets of letters.
    #[error(
        "{}: holds {set}, whose classes are not the ten digits: take EMNIST's digits, \
         emnist-digits or emnist-mnist",
        folder.display()
    )]
    OtherClasses {
        /// The folder.
        folder: PathBuf,
        /// What the names of its files start with.
        set: String,
    },

    /// The operating system would not hand over the file or list the folder.
    #[error("{}: cannot be read ({source}); check that it is there and that you may read it", file.display())]
    Unreadable {
        /// The file or folder that was opened.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// Something other than a file has the name of a file.
    #[error("{}: is {what}, expected a file: put the file itself there", path.display())]
    NotAFile {
        /// What was found.
        path: PathBuf,
        /// What it is.
        what: &'static str,
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

    /// A gzip file announces more than is unpacked into the memory.
    #[error(
        "{}: {count} of its items take {bytes} bytes, but no more than {limit} are unpacked from a gzip \
         file: unpack it first",
        file.display()
    )]
    Oversized {
        /// The file that was read.
        file: PathBuf,
        /// Items that were asked for.
        count: usize,
        /// Bytes that these have.
        bytes: u64,
        /// The most bytes that are unpacked.
        limit: u64,
    },

    /// The items that were asked for do not fit into the memory.
    #[error("{}: the memory has no room for {bytes} bytes of it", file.display())]
    OutOfMemory {
        /// The file that was read.
        file: PathBuf,
        /// Bytes that were asked for.
        bytes: u64,
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
        looks_like: String,
        /// The kind of file that was expected.
        expected: IdxKind,
    },

    /// The items do not have the shape of digits or their labels.
    #[error(
        "{}: holds {}, expected {expected} of {}: give the files of digits of that size",
        file.display(),
        found.iter().map(u32::to_string).collect::<Vec<_>>().join(" x "),
        expected.shapes()
    )]
    WrongDimensions {
        /// The file that was read.
        file: PathBuf,
        /// The dimensions in the header.
        found: Vec<u32>,
        /// The kind of file that was expected.
        expected: IdxKind,
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
        "{}: goes on after {expected} bytes, which is where the {count} items its header announces end; \
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
    },

    /// A label is not a digit.
    #[error(
        "{}: label number {index} (counted from 0) is {label} and the largest {largest}, expected \
         digits from 0 to 9; give the MNIST digits, not a set with more classes such as EMNIST's \
         letters, or {FRESH_COPY}",
        file.display()
    )]
    LabelOutOfRange {
        /// The file that was read.
        file: PathBuf,
        /// Position of the first such label, counted from 0.
        index: usize,
        /// The value found there.
        label: i32,
        /// The largest label that was read.
        largest: i32,
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
