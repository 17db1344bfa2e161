//! The four files of MNIST, from inside the program or from a folder.

use std::path::{Path, PathBuf};

use super::folder::FoundSet;
use super::idx::Items;
use super::{DataError, Dataset, IdxKind, Part, embedded, folder, idx};

/// The MNIST digits (LeCun, Cortes and Burges).
#[derive(Debug, Clone)]
pub struct Mnist {
    /// The digits to train on: 60,000 in the original.
    pub train: Dataset,
    /// The digits to test with: 10,000 in the original.
    pub test: Dataset,
    /// Where the digits were read from, for people.
    pub source: String,
    /// What was unusual about the files and did no harm, for people.
    pub remarks: Vec<String>,
}

impl Mnist {
    /// Reads the four files from a folder, each plain or gzip, or from inside
    /// the program if no folder is given.
    ///
    /// The files may have the names and shapes that EMNIST's digits and QMNIST are published with. A
    /// folder with several sets is followed by the start of their names: `folder/emnist-digits`.
    /// Nothing is done to the pixels: [`Dataset::look`] tells whether they are like MNIST's, and
    /// [`Conversion::apply`](crate::model::Conversion::apply) makes them so.
    ///
    /// # Errors
    ///
    /// [`DataError::MissingFolder`], [`DataError::NotAFolder`], [`DataError::MissingFile`],
    /// [`DataError::SeveralSets`] or [`DataError::OtherClasses`] if the files
    /// are not there, [`DataError::CountMismatch`] if images and labels do not
    /// belong together, [`DataError::NothingEmbedded`] if no folder is given
    /// and the program was built without the feature `embedded-mnist`, and
    /// otherwise what [`idx::images`] and [`idx::labels`] report,
    /// [`DataError::Unreadable`] or [`DataError::NotAFile`].
    pub fn load(dir: Option<&Path>) -> Result<Mnist, DataError> {
        Self::load_part(dir, Part::ALL)
    }

    /// As [`Mnist::load`], with only `part` of the digits to train on; no more is read of a file than
    /// that.
    ///
    /// # Errors
    ///
    /// As [`Mnist::load`].
    pub fn load_part(dir: Option<&Path>, part: Part) -> Result<Mnist, DataError> {
        let (files, source) = match dir {
            None => (FourFiles::inside()?, "built-in MNIST".to_owned()),
            Some(folder) => FourFiles::in_folder(folder)?,
        };
        Self::of(&files, part, source)
    }

    /// The digits in the bytes of the four files, each plain or gzip, as a page
    /// fetches them from `source`. Errors call the files by their usual names.
    ///
    /// # Errors
    ///
    /// [`DataError::CountMismatch`] if images and labels do not belong
    /// together, and what [`idx::images`] and [`idx::labels`] report.
    pub fn from_bytes(files: &MnistBytes, source: String) -> Result<Mnist, DataError> {
        let files = FourFiles {
            train_images: StoredFile::InMemory("train-images-idx3-ubyte", files.train_images),
            train_labels: StoredFile::InMemory("train-labels-idx1-ubyte", files.train_labels),
            test_images: StoredFile::InMemory("t10k-images-idx3-ubyte", files.test_images),
            test_labels: StoredFile::InMemory("t10k-labels-idx1-ubyte", files.test_labels),
        };
        Self::of(&files, Part::ALL, source)
    }

    fn of(files: &FourFiles, part: Part, source: String) -> Result<Mnist, DataError> {
        let mut remarks = Vec::new();
        Ok(Mnist {
            train: dataset(&files.train_images, &files.train_labels, part, &mut remarks)?,
            test: dataset(
                &files.test_images,
                &files.test_labels,
                Part::ALL,
                &mut remarks,
            )?,
            source,
            remarks,
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

    /// The files of the set in the folder `dir`, and where that is.
    fn in_folder(dir: &Path) -> Result<(Self, String), DataError> {
        let FoundSet { files, name } = folder::find_set(dir)?;
        let source = match name.is_empty() || dir.ends_with(&name) {
            true => dir.display().to_string(),
            false => format!("{}, {name}", dir.display()),
        };
        let [train_images, train_labels, test_images, test_labels] = files.map(StoredFile::OnDisk);
        let files = Self {
            train_images,
            train_labels,
            test_images,
            test_labels,
        };
        Ok((files, source))
    }
}

/// A file on disk, or the bytes of one under a name for messages.
enum StoredFile<'a> {
    OnDisk(PathBuf),
    InMemory(&'static str, &'a [u8]),
}

impl StoredFile<'_> {
    fn name(&self) -> &Path {
        match self {
            StoredFile::OnDisk(path) => path,
            StoredFile::InMemory(name, _) => Path::new(name),
        }
    }

    fn read(&self, kind: IdxKind, part: Part) -> Result<Items, DataError> {
        match self {
            StoredFile::OnDisk(path) => folder::read(path, kind, part),
            StoredFile::InMemory(_, stored) => idx::read_stored(self.name(), stored, kind, part),
        }
    }
}

fn dataset(
    images: &StoredFile,
    labels: &StoredFile,
    part: Part,
    remarks: &mut Vec<String>,
) -> Result<Dataset, DataError> {
    let pixels = images.read(IdxKind::Images, part)?;
    let digits = labels.read(IdxKind::Labels, part)?;
    if pixels.count != digits.count {
        return Err(DataError::CountMismatch {
            images_file: images.name().to_path_buf(),
            images: pixels.count,
            labels_file: labels.name().to_path_buf(),
            labels: digits.count,
        });
    }
    for (file, items) in [(images, &pixels), (labels, &digits)] {
        if items.rubbish > 0 {
            remarks.push(format!(
                "{}: {} bytes after the end of its gzip stream are left out.",
                file.name().display(),
                items.rubbish
            ));
        }
    }
    Ok(Dataset {
        images: pixels.bytes,
        labels: digits.bytes,
    })
}
