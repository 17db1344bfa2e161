//! The files of a page.

use std::borrow::Cow;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::WebError;
use super::embedded;
use super::place::Place;

/// What a page begins with.
const START: &str = "index.html";

/// A page: its files, in a folder or inside the program.
#[derive(Clone, Debug)]
pub struct Page {
    /// The folder by its true name, without links; none for the page inside the program.
    folder: Option<PathBuf>,
}

impl Page {
    /// The page in a folder, as `scripts/web` builds it.
    ///
    /// # Errors
    ///
    /// [`WebError::MissingFolder`], or [`WebError::NoPage`] if it holds no `index.html`.
    pub fn in_folder(folder: &Path) -> Result<Self, WebError> {
        let missing = |_| WebError::MissingFolder {
            folder: folder.to_owned(),
        };
        let true_name = fs::canonicalize(folder).map_err(missing)?;
        if !true_name.is_dir() {
            return Err(missing(ErrorKind::NotADirectory.into()));
        }
        if !true_name.join(START).is_file() {
            return Err(WebError::NoPage {
                folder: folder.to_owned(),
            });
        }
        Ok(Self {
            folder: Some(true_name),
        })
    }

    /// The page inside the program.
    ///
    /// # Errors
    ///
    /// [`WebError::NothingEmbedded`] if it was built without the feature `web-page`.
    pub fn embedded() -> Result<Self, WebError> {
        match embedded::file(START) {
            Some(_) => Ok(Self { folder: None }),
            None => Err(WebError::NothingEmbedded),
        }
    }

    /// The folder; none for the page inside the program.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The file at `place`; none if the page has none there.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(super) fn read(&self, place: &Place) -> io::Result<Option<Cow<'static, [u8]>>> {
        match &self.folder {
            None => Ok(embedded::file(place.as_str())),
            Some(folder) => Ok(read_within(folder, place)?.map(Cow::Owned)),
        }
    }
}

/// The file at `place` in `folder`, which is a true name; none if there is none, or none within
/// `folder`: a link may lead out of it.
fn read_within(folder: &Path, place: &Place) -> io::Result<Option<Vec<u8>>> {
    let file = folder.join(place.names().collect::<PathBuf>());
    let file = match fs::canonicalize(file) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(error),
        // Missing, below a file, too long a name, a link to itself.
        Err(_) => return Ok(None),
    };
    // Neither folders nor pipes, which would not end.
    if !file.starts_with(folder) || !file.is_file() {
        return Ok(None);
    }
    fs::read(file).map(Some)
}
