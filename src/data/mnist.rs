//! The four files of MNIST, from inside the program or from a folder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::{DataError, Dataset, IMAGE_PIXELS, embedded, folder, idx};

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
    /// otherwise what [`idx::images`] and [`idx::labels`] report,
    /// [`DataError::Unreadable`], [`DataError::BrokenGzip`] or
    /// [`DataError::Oversized`].
    pub fn load(dir: Option<&Path>) -> Result<Mnist, DataError> {
        let (files, source) = match dir {
            None => (FourFiles::inside()?, "built-in MNIST".to_owned()),
            Some(folder) => (FourFiles::in_folder(folder)?, folder.display().to_string()),
        };
        Self::of(&files, source)
    }

    /// The digits in the bytes of the four files, each plain or gzip, as a page
    /// fetches them from `source`. Errors call the files by their usual names.
    ///
    /// # Errors
    ///
    /// [`DataError::CountMismatch`] if images and labels do not belong
    /// together, [`DataError::BrokenGzip`], [`DataError::Oversized`], and what
    /// [`idx::images`] and [`idx::labels`] report.
    pub fn from_bytes(files: &MnistBytes, source: String) -> Result<Mnist, DataError> {
        let files = FourFiles {
            train_images: StoredFile::InMemory(
                "train-images-idx3-ubyte",
                files.train_images.into(),
            ),
            train_labels: StoredFile::InMemory(
                "train-labels-idx1-ubyte",
                files.train_labels.into(),
            ),
            test_images: StoredFile::InMemory("t10k-images-idx3-ubyte", files.test_images.into()),
            test_labels: StoredFile::InMemory("t10k-labels-idx1-ubyte", files.test_labels.into()),
        };
        Self::of(&files, source)
    }

    fn of(files: &FourFiles, source: String) -> Result<Mnist, DataError> {
        Ok(Mnist {
            train: dataset(&files.train_images, &files.train_labels)?,
            test: dataset(&files.test_images, &files.test_labels)?,
            source,
        })
    }
}

/// The bytes of the four files of MNIST, for [`Mnist::from_bytes`].
#[derive(Debug, Clone, Copy)]
pub struct MnistBytes<'a> {
    /// `train-images-idx3-ubyte`.
    pub train_images: &'a [u8],
    /// `train-labels-idx1-ubyte`.
    pub train_labels: &'a [u8],
    /// `t10k-images-idx3-ubyte`.
    pub test_images: &'a [u8],
    /// `t10k-labels-idx1-ubyte`.
    pub test_labels: &'a [u8],
}

struct FourFiles<'a> {
    train_images: StoredFile<'a>,
    train_labels: StoredFile<'a>,
    test_images: StoredFile<'a>,
    test_labels: StoredFile<'a>,
}

impl FourFiles<'_> {
    /// The files inside the program.
    fn inside() -> Result<Self, DataError> {
        let [train_images, train_labels, test_images, test_labels] =
            embedded::files()?.map(|(name, bytes)| StoredFile::InMemory(name, bytes));
        Ok(Self {
            train_images,
            train_labels,
            test_images,
            test_labels,
        })
    }

    fn in_folder(dir: &Path) -> Result<Self, DataError> {
        let find = |stem, format| folder::find(dir, stem, format).map(StoredFile::OnDisk);
        folder::check(dir)?;
        Ok(Self {
            train_images: find("train-images", "idx3-ubyte")?,
            train_labels: find("train-labels", "idx1-ubyte")?,
            test_images: find("t10k-images", "idx3-ubyte")?,
            test_labels: find("t10k-labels", "idx1-ubyte")?,
        })
    }
}

/// A file on disk, or the bytes of one under a name for messages.
enum StoredFile<'a> {
    OnDisk(PathBuf),
    InMemory(&'static str, Cow<'a, [u8]>),
}

impl StoredFile<'_> {
    fn name(&self) -> &Path {
        match self {
            StoredFile::OnDisk(path) => path,
            StoredFile::InMemory(name, _) => Path::new(name),
        }
    }

    fn raw(&self) -> Result<Cow<'_, [u8]>, DataError> {
        match self {
            StoredFile::OnDisk(path) => folder::read(path).map(Cow::Owned),
            StoredFile::InMemory(_, stored) => idx::unpack(self.name(), stored),
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
