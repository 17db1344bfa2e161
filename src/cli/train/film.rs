//! `train --film`: where a film goes, and how it is made while a network trains.

use std::path::{Path, PathBuf, absolute};
use std::str::FromStr;

use anyhow::{Context, Result, ensure};

use super::progress::ProgressLine;
use crate::model::{Model, PassTotals};
use crate::plot::{Drawing, gif};
use crate::reproduce::film::Film;
use crate::store::{PassRow, write_new};
use crate::train::Observer;

/// Where a film goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilmPath {
    /// A GIF file.
    Gif(PathBuf),
    /// A folder of PNG files, one per frame.
    Folder(PathBuf),
}

impl FromStr for FilmPath {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let path = PathBuf::from(path);
        match path.extension() {
            Some(ending) if ending.eq_ignore_ascii_case("gif") => Ok(Self::Gif(path)),
            None if !path.as_os_str().is_empty() => Ok(Self::Folder(path)),
            _ => Err("expected a file that ends in .gif, or a folder for PNG files".to_owned()),
        }
    }
}

impl FilmPath {
    /// The file or the folder.
    pub fn path(&self) -> &Path {
        match self {
            Self::Gif(path) | Self::Folder(path) => path,
        }
    }

    /// Fails if the film could not be written after the training: something is there already, or there is
    /// no folder for it, not even one that the training makes for its run, which is in `run`.
    ///
    /// # Errors
    /// If so.
    pub fn ensure_free(&self, run: &Path) -> Result<()> {
        let path = self.path();
        ensure!(
            !path.exists(),
            "--film is '{}', which exists already: name another, or move it away",
            path.display()
        );
        let whole = absolute(path)?;
        let (Some(folder), Some(named)) = (whole.parent(), path.parent()) else {
            return Ok(());
        };
        ensure!(
            folder.is_dir() || absolute(run)?.starts_with(folder),
            "--film is '{}', but there is no folder '{}': make that folder, or name another place",
            path.display(),
            named.display()
        );
        Ok(())
    }

    /// Writes `frames`.
    ///
    /// # Errors
    /// If something is there already, or it cannot be written.
    pub fn write(&self, frames: &[Drawing]) -> Result<()> {
        match self {
            Self::Gif(path) => write_new(path, &gif(frames))?,
            Self::Folder(path) => {
                std::fs::create_dir(path)
                    .with_context(|| format!("cannot make the folder '{}'", path.display()))?;
                for (number, frame) in frames.iter().enumerate() {
                    write_new(&path.join(format!("{number:03}.png")), &frame.png())?;
                }
            }
        }
        Ok(())
    }
}

/// Shows the progress of a training, and films its first network if that is wanted.
pub struct Filming<'a> {
    /// The progress.
    pub progress: ProgressLine<'a>,
    /// The film.
    pub film: Option<Film<'a>>,
}

impl Observer for Filming<'_> {
    fn progress(&mut self, pass: usize, totals: &PassTotals, samples: usize) {
        self.progress.progress(pass, totals, samples);
    }

    fn pass_done(&mut self, seed: u32, row: &PassRow) {
        self.progress.pass_done(seed, row);
    }

    fn next_look(&self, step: usize) -> Option<usize> {
        self.film.as_ref()?.next(step)
    }

    fn look(&mut self, step: usize, model: &Model, totals: &PassTotals) {
        if let Some(film) = &mut self.film {
            film.add(step, model, totals);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_is_a_gif_or_a_folder() {
        let parse = |text: &str| text.parse::<FilmPath>();
        assert_eq!(parse("a.GIF"), Ok(FilmPath::Gif("a.GIF".into())));
        assert_eq!(parse("frames"), Ok(FilmPath::Folder("frames".into())));
        for wrong in ["", "film.mp4", "film.png"] {
            assert!(parse(wrong).unwrap_err().contains(".gif"), "{wrong}");
        }
    }
}
