//! Data files on disk: finding and opening them. All else of this module works on bytes.

use std::collections::BTreeMap;
use std::fs::{self, File, FileType};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::names::{FileName, Role, has_letters};
use super::{DataError, IdxKind, Part, idx};

/// The four files of a set in a folder, in the order of [`Role::ALL`], and what it is called.
pub(super) struct FoundSet {
    pub files: [PathBuf; 4],
    /// What the names of the files start with, nothing for MNIST's own names.
    pub name: String,
}

/// A file or folder under the name of a file of a set.
struct Candidate {
    path: PathBuf,
    role: Role,
    is_folder: bool,
}

/// The candidates by the sets that they belong to.
type Sets = BTreeMap<String, Vec<Candidate>>;

/// Finds the files of a set: in the folder `path`, or those whose names start with the last part of
/// `path` in the folder above, if there is no such folder.
///
/// # Errors
///
/// [`DataError::MissingFolder`], [`DataError::NotAFolder`], [`DataError::Unreadable`],
/// [`DataError::MissingFile`], [`DataError::SeveralSets`] or [`DataError::OtherClasses`].
pub(super) fn find_set(path: &Path) -> Result<FoundSet, DataError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let sets = sets_in(path)?;
            let name = choose(path, &sets)?;
            whole(path, &sets, name)
        }
        Ok(_) => Err(DataError::NotAFolder {
            path: path.to_path_buf(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => named_set(path),
        Err(source) => Err(unreadable(path, source)),
    }
}

/// The set that the last part of `path` names in the folder above.
fn named_set(path: &Path) -> Result<FoundSet, DataError> {
    let missing = || DataError::MissingFolder {
        folder: path.to_path_buf(),
    };
    let (folder, name) = path.parent().zip(path.file_name()).ok_or_else(missing)?;
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let name = name.to_string_lossy().to_ascii_lowercase();
    let sets = match folder.is_dir() {
        true => sets_in(folder)?,
        false => Sets::new(),
    };
    match sets.contains_key(&name) {
        true => whole(folder, &sets, name),
        false => Err(missing()),
    }
}

fn sets_in(folder: &Path) -> Result<Sets, DataError> {
    let mut sets = Sets::new();
    let entries = folder
        .read_dir()
        .map_err(|error| unreadable(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(FileName { set, role }) = name.and_then(FileName::parse) else {
            continue;
        };
        let candidate = Candidate {
            is_folder: path.is_dir(),
            path,
            role,
        };
        sets.entry(set).or_default().push(candidate);
    }
    sets.values_mut()
        .for_each(|candidates| candidates.sort_by_key(Candidate::rank));
    Ok(sets)
}

impl Candidate {
    /// What comes first is taken: files before folders, the names of the publishers before others, and
    /// packed files before plain ones.
    fn rank(&self) -> (bool, bool, bool, PathBuf) {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let plain = name.strip_suffix(".gz");
        let is_published = !plain.unwrap_or(&name).contains(['.', '_']) && !has_capitals(&name);
        (
            self.is_folder,
            !is_published,
            plain.is_none(),
            self.path.clone(),
        )
    }

    /// The file itself, or that of its kind in the folder of its name: some archive tools unpack each
    /// file into such a folder.
    fn file(&self) -> Option<PathBuf> {
        if !self.is_folder {
            return Some(self.path.clone());
        }
        let sets = sets_in(&self.path).ok()?;
        let mut inside = sets.into_values().flatten();
        let inside = inside.find(|inside| inside.role == self.role && !inside.is_folder);
        inside.map(|inside| inside.path)
    }
}

fn has_capitals(name: &str) -> bool {
    name.contains(|letter: char| letter.is_ascii_uppercase())
}

/// Whether all four files are there.
fn is_whole(candidates: &[Candidate]) -> bool {
    let has = |role: &Role| candidates.iter().any(|candidate| candidate.role == *role);
    Role::ALL.iter().all(has)
}

/// The name of the set to read: that with MNIST's own names, or the only one there is.
fn choose(folder: &Path, sets: &Sets) -> Result<String, DataError> {
    let of_digits = || sets.iter().filter(|(name, _)| !has_letters(name));
    let whole = of_digits().filter(|(_, candidates)| is_whole(candidates));
    let whole: Vec<&String> = whole.map(|(name, _)| name).collect();
    match whole[..] {
        // Its own names come first.
        [name, ..] if name.is_empty() => Ok(String::new()),
        [name] => Ok(name.clone()),
        [_, _, ..] => Err(DataError::SeveralSets {
            folder: folder.to_path_buf(),
            sets: whole.into_iter().cloned().collect(),
        }),
        [] => incomplete(folder, sets),
    }
}

/// The name of the set to read where none is whole: the one of which the most is there, or MNIST's.
fn incomplete(folder: &Path, sets: &Sets) -> Result<String, DataError> {
    let of_digits = sets.iter().filter(|(name, _)| !has_letters(name));
    let fullest = of_digits.max_by_key(|(_, candidates)| candidates.len());
    match (fullest, sets.keys().next()) {
        (Some((name, _)), _) => Ok(name.clone()),
        (None, None) => Ok(String::new()),
        (None, Some(set)) => Err(DataError::OtherClasses {
            folder: folder.to_path_buf(),
            set: set.clone(),
        }),
    }
}

/// The files of the set `name`.
fn whole(folder: &Path, sets: &Sets, name: String) -> Result<FoundSet, DataError> {
    let find = |role: Role| {
        let candidates = sets.get(&name).into_iter().flatten();
        let mut files = candidates
            .filter(|candidate| candidate.role == role)
            .filter_map(Candidate::file);
        files.next().ok_or_else(|| DataError::MissingFile {
            folder: folder.to_path_buf(),
            names: role.names_in(&name),
            holds: contents(folder),
        })
    };
    let [a, b, c, d] = Role::ALL;
    Ok(FoundSet {
        files: [find(a)?, find(b)?, find(c)?, find(d)?],
        name,
    })
}

/// The first few names in a folder, in words.
fn contents(folder: &Path) -> String {
    const TOLD: usize = 6;
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.path().is_dir() {
            true => format!("the folder {name}"),
            false => name,
        }
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    match names.len() {
        0 => "nothing".to_owned(),
        count if count > TOLD => {
            let others = count - TOLD;
            names.truncate(TOLD);
            format!("{} and {others} more", names.join(", "))
        }
        _ => names.join(", "),
    }
}

/// The items `part` of a file.
///
/// # Errors
///
/// [`DataError::Unreadable`], [`DataError::NotAFile`], or what [`idx::read`] reports.
pub(super) fn read(file: &Path, kind: IdxKind, part: Part) -> Result<idx::Items, DataError> {
    // A pipe would have to be waited for.
    let found = fs::metadata(file).map_err(|source| unreadable(file, source))?;
    if !found.is_file() {
        return Err(DataError::NotAFile {
            path: file.to_path_buf(),
            what: what_is(found.file_type()),
        });
    }
    let source = File::open(file).map_err(|source| unreadable(file, source))?;
    let source = BufReader::with_capacity(1 << 17, source);
    idx::read(file, source, found.len(), kind, part)
}

#[cfg(unix)]
fn what_is(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn what_is(kind: FileType) -> &'static str {
    match kind.is_dir() {
        true => "a folder",
        false => "a device",
    }
}

fn unreadable(path: &Path, source: io::Error) -> DataError {
    DataError::Unreadable {
        file: path.to_path_buf(),
        source,
    }
}
