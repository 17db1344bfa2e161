//! Files for pictures, whose kind their ending tells.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::result_files::ensure_new;
use crate::plot::Drawing;
use crate::store::write_new;

/// A file for a picture, `.svg` or `.png`.
#[derive(Clone, Debug)]
pub struct PictureFile {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Svg,
    Png,
}

impl PictureFile {
    /// The file that `text` names.
    ///
    /// # Errors
    /// If its ending is that of no picture.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        let kind = match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("svg") => Kind::Svg,
            Some("png") => Kind::Png,
            _ => return Err("a picture is written as .svg or .png: end the name so".to_owned()),
        };
        Ok(Self { path, kind })
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that it can be written and is not there yet; errors call it what `option` names.
    ///
    /// # Errors
    /// If it cannot, or is.
    pub fn ensure_new(&self, option: &str) -> Result<()> {
        ensure_new(option, &self.path)
    }

    /// Writes `drawing`, which a screen reader calls `label`.
    ///
    /// # Errors
    /// If something is there, or it cannot be written.
    pub fn write(&self, drawing: &Drawing, label: &str) -> Result<()> {
        let bytes = match self.kind {
            Kind::Svg => drawing.svg(label).into_bytes(),
            Kind::Png => drawing.png(),
        };
        Ok(write_new(&self.path, &bytes)?)
    }
}
