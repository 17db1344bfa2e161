//! The four files of MNIST inside the program, packed by xz.

use std::borrow::Cow;
#[cfg(feature = "embedded-mnist")]
use std::io::{self, Cursor, Read};

#[cfg(feature = "embedded-mnist")]
use lzma_rust2::{XzReaderMt, xz_uncompressed_size};

use super::DataError;

/// A file: its name, and its bytes, unpacked.
pub type File = (&'static str, Cow<'static, [u8]>);

/// A file of the folder `assets/mnist`.
#[cfg(feature = "embedded-mnist")]
struct Packed {
    name: &'static str,
    bytes: &'static [u8],
}

#[cfg(feature = "embedded-mnist")]
macro_rules! asset {
    ($name:literal) => {
        Packed {
            name: $name,
            bytes: include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/assets/mnist/",
                $name,
                ".xz"
            )),
        }
    };
}

#[cfg(feature = "embedded-mnist")]
static FILES: [Packed; 4] = [
    asset!("train-images-idx3-ubyte"),
    asset!("train-labels-idx1-ubyte"),
    asset!("t10k-images-idx3-ubyte"),
    asset!("t10k-labels-idx1-ubyte"),
];

/// Blocks of the largest file, which are unpacked side by side.
#[cfg(feature = "embedded-mnist")]
const BLOCKS: u32 = 8;

#[cfg(feature = "embedded-mnist")]
impl Packed {
    /// The bytes of the file.
    ///
    /// # Panics
    /// If the program was built from broken files.
    fn unpack(&self) -> Vec<u8> {
        self.read()
            .expect("the digits inside the program are whole")
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let packed = Cursor::new(self.bytes);
        let mut bytes = Vec::with_capacity(xz_uncompressed_size(packed.clone())? as usize);
        XzReaderMt::new(packed, false, BLOCKS)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Images and labels to train on, images and labels to test with. The result is one that can fail because
/// without the feature it does.
#[cfg(feature = "embedded-mnist")]
pub fn files() -> Result<[File; 4], DataError> {
    Ok(FILES
        .each_ref()
        .map(|file| (file.name, file.unpack().into())))
}

/// This build has no files inside.
#[cfg(not(feature = "embedded-mnist"))]
pub fn files() -> Result<[File; 4], DataError> {
    Err(DataError::NothingEmbedded)
}

/// The file called `name`, as in `train-images-idx3-ubyte.gz`, for a page that reads the digits: as
/// gzip, but not compressed, because it does not leave the machine.
#[cfg(feature = "web-page")]
pub fn file(name: &str) -> Option<Vec<u8>> {
    use flate2::Compression;
    use flate2::read::GzEncoder;

    let file = FILES
        .iter()
        .find(|file| name.strip_suffix(".gz") == Some(file.name))?;
    let mut bytes = Vec::new();
    GzEncoder::new(&file.unpack()[..], Compression::none())
        .read_to_end(&mut bytes)
        .expect("memory can be read");
    Some(bytes)
}
