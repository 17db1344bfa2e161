//! The four files of MNIST, from inside the program or from a folder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::{DataError, Dataset, IMAGE_PIXELS, idx};

/// The MNIST digits (LeCun, Cortes and Burges).
#[derive(Debug, Clone)]
pub struct Mnist {
    /// The digits to train on: 60,000 in the original.
    pub train: Dataset,
    /// The digits to test with: 10,000 in the original.
    pub test: Dataset,
    /// Where the digits were read from, for people.
    pub source: String,
}

impl Mnist {
    /// Reads the four files from a folder, each plain or gzip, or from inside
    /// the program if no folder is given.
    ///
    /// # Errors
    ///
    /// [`DataError::MissingFolder`] or [`DataError::MissingFile`] if the files
    /// are not there, [`DataError::CountMismatch`] if images and labels do not
    /// belong together, [`DataError::NothingEmbedded`] if no folder is given
    /// and the program was built without the feature `embedded-mnist`, and
    /// otherwise what [`idx::read`], [`idx::images`] and [`idx::labels`] report.
    pub fn load(dir: Option<&Path>) -> Result<Mnist, DataError> {
        let (files, source) = match dir {
            None => (embedded::files()?, "built-in MNIST".to_owned()),
            Some(folder) => (find_all(folder)?, folder.display().to_string()),
        };
        Ok(Mnist {
            train: dataset(&files.train_images, &files.train_labels)?,
            test: dataset(&files.test_images, &files.test_labels)?,
            source,
        })
    }
}

struct FourFiles {
    train_images: StoredFile,
    train_labels: StoredFile,
    test_images: StoredFile,
    test_labels: StoredFile,
}

/// A file on disk, or one inside the program under the name it had.
enum StoredFile {
    OnDisk(PathBuf),
    #[cfg(feature = "embedded-mnist")]
    Embedded(&'static str, &'static [u8]),
}

impl StoredFile {
    fn name(&self) -> &Path {
        match self {
            StoredFile::OnDisk(path) => path,
            #[cfg(feature = "embedded-mnist")]
            StoredFile::Embedded(name, _) => Path::new(name),
        }
    }

    fn raw(&self) -> Result<Cow<'_, [u8]>, DataError> {
        match self {
            StoredFile::OnDisk(path) => idx::read(path).map(Cow::Owned),
            #[cfg(feature = "embedded-mnist")]
            StoredFile::Embedded(_, stored) => idx::unpack(self.name(), stored),
        }
    }
}

fn dataset(images: &StoredFile, labels: &StoredFile) -> Result<Dataset, DataError> {
    let pixels = idx::images(images.name(), &images.raw()?)?;
    let digits = idx::labels(labels.name(), &labels.raw()?)?;
    let (images_count, labels_count) = (pixels.len() / IMAGE_PIXELS, digits.len());
    // The files were checked one by one: only their numbers may not fit.
    Dataset::new(pixels, digits).map_err(|_| DataError::CountMismatch {
        images_file: images.name().to_path_buf(),
        images: images_count,
        labels_file: labels.name().to_path_buf(),
        labels: labels_count,
    })
}

fn find_all(folder: &Path) -> Result<FourFiles, DataError> {
    if !folder.is_dir() {
        return Err(DataError::MissingFolder {
            folder: folder.to_path_buf(),
        });
    }
    Ok(FourFiles {
        train_images: find(folder, "train-images", "idx3-ubyte")?,
        train_labels: find(folder, "train-labels", "idx1-ubyte")?,
        test_images: find(folder, "t10k-images", "idx3-ubyte")?,
        test_labels: find(folder, "t10k-labels", "idx1-ubyte")?,
    })
}

/// Finds a file under the name it was published by, or with the dot that some
/// archive tools leave in its place.
fn find(folder: &Path, stem: &str, format: &str) -> Result<StoredFile, DataError> {
    let names = ['-', '.'].map(|joint| format!("{stem}{joint}{format}"));
    let names: Vec<String> = names
        .into_iter()
        .flat_map(|name| [format!("{name}.gz"), name])
        .collect();
    match names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
    {
        Some(path) => Ok(StoredFile::OnDisk(path)),
        None => Err(DataError::MissingFile {
            folder: folder.to_path_buf(),
            names,
        }),
    }
}

#[cfg(feature = "embedded-mnist")]
mod embedded {
    use super::{DataError, FourFiles, StoredFile};

    /// A file of the folder `assets/mnist`, under its name there.
    macro_rules! asset {
        ($name:literal) => {
            StoredFile::Embedded(
                concat!("assets/mnist/", $name),
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mnist/", $name)),
            )
        };
    }

    /// The files inside the program. The result is one that can fail because
    /// without the feature it does.
    pub fn files() -> Result<FourFiles, DataError> {
        Ok(FourFiles {
            train_images: asset!("train-images-idx3-ubyte.gz"),
            train_labels: asset!("train-labels-idx1-ubyte.gz"),
            test_images: asset!("t10k-images-idx3-ubyte.gz"),
            test_labels: asset!("t10k-labels-idx1-ubyte.gz"),
        })
    }
}

#[cfg(not(feature = "embedded-mnist"))]
mod embedded {
    use super::{DataError, FourFiles};

    /// This build has no files inside.
    pub fn files() -> Result<FourFiles, DataError> {
        Err(DataError::NothingEmbedded)
    }
}
