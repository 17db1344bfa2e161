//! The four files of MNIST inside the program.

use super::DataError;

/// A file: its name in the crate, and its bytes.
pub type File = (&'static str, &'static [u8]);

/// A file of the folder `assets/mnist`.
#[cfg(feature = "embedded-mnist")]
macro_rules! asset {
    ($name:literal) => {
        (
            concat!("assets/mnist/", $name),
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mnist/", $name)),
        )
    };
}

#[cfg(feature = "embedded-mnist")]
static FILES: [File; 4] = [
    asset!("train-images-idx3-ubyte.gz"),
    asset!("train-labels-idx1-ubyte.gz"),
    asset!("t10k-images-idx3-ubyte.gz"),
    asset!("t10k-labels-idx1-ubyte.gz"),
];

/// Images and labels to train on, images and labels to test with. The result is one that can fail because
/// without the feature it does.
#[cfg(feature = "embedded-mnist")]
pub fn files() -> Result<[File; 4], DataError> {
    Ok(FILES)
}

/// This build has no files inside.
#[cfg(not(feature = "embedded-mnist"))]
pub fn files() -> Result<[File; 4], DataError> {
    Err(DataError::NothingEmbedded)
}

/// The file called `name` in `assets/mnist`, for a page that reads the digits.
#[cfg(feature = "web-page")]
pub fn file(name: &str) -> Option<&'static [u8]> {
    let is_it = |(path, _): &&File| path.rsplit('/').next() == Some(name);
    FILES.iter().find(is_it).map(|(_, bytes)| *bytes)
}
